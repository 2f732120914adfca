"""`make run`, `make stop`, `make status`: the farm on this machine, in the background.

python -m python_builds.commands.farm run|stop|status
"""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import requests

from python_builds.commands.client import Client
from python_builds.facts.errors import FarmError, PythonBuildsError
from python_builds.facts.settings import CHECKOUT, ConfigurationError, Settings, load_settings, variable
from python_builds.farm.local_worker import end_leftovers, worker_folder

START_SECONDS, STOP_SECONDS = 120, 60
_BIN = Path(sys.executable).parent


@dataclass(frozen=True, kw_only=True)
class Farm:
    """A master that runs on this machine."""

    pid: int
    url: str
    keep: bool
    """Whether it was started by `make run`; one that `make build` started goes with the last build."""


def running(settings: Settings) -> Farm | None:
    """Find the master of this state folder. A process id alone may be another process by now, so ask where it works."""
    folder = settings.state_dir / "master"
    try:
        pid = int((folder / "twistd.pid").read_text())
        if Path(f"/proc/{pid}/cwd").resolve(strict=True) != folder.resolve():
            return None
    except (OSError, ValueError):
        return None
    noted: dict[str, Any] = {"url": settings.public_url, "keep": True}
    with contextlib.suppress(OSError, ValueError):
        noted |= json.loads(_note(settings).read_text())
    return Farm(pid=pid, url=noted["url"], keep=noted["keep"])


def start(settings: Settings, *, keep: bool) -> tuple[Farm, bool]:
    """Start the farm unless it runs; return it and whether it was started here.

    Raises:
        FarmError: if it does not come up, with the end of its log.
    """
    with _lock(settings, "start.lock"):
        farm = running(settings)
        started = farm is None
        if farm is None:
            farm = _launch(settings, keep)
        elif keep and not farm.keep:
            farm = Farm(pid=farm.pid, url=farm.url, keep=True)
            _write_note(settings, farm)
        _wait_until_it_serves(settings, farm)
    return farm, started


def stop(settings: Settings) -> Farm | None:
    """Stop the farm and whatever its worker has left; return what was stopped."""
    with _lock(settings, "start.lock"):
        farm = running(settings)
        if farm is not None:
            os.kill(farm.pid, signal.SIGTERM)
            if not _gone(farm.pid, STOP_SECONDS):
                os.kill(farm.pid, signal.SIGKILL)
                _gone(farm.pid, 5)
        end_leftovers(str(worker_folder(settings.state_dir)))
        _note(settings).unlink(missing_ok=True)
        return farm


@contextlib.contextmanager
def in_use(settings: Settings) -> Iterator[None]:
    """Keep the farm for as long as this lasts; the last one out stops a farm that nobody asked to keep."""
    with _lock(settings, "users.lock", fcntl.LOCK_SH) as file:
        try:
            yield
        finally:
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                farm = running(settings)
                if farm is not None and not farm.keep:
                    stop(settings)


def status(settings: Settings) -> str:
    """Say in a few lines what the farm does."""
    farm = running(settings)
    if farm is None:
        return "not running (`make run` starts it)"
    client = Client(farm.url, settings)
    lines = [f"running: {farm.url} (process {farm.pid})"]
    names = {b["builderid"]: b["name"] for b in client.get("builders")["builders"]}
    for build in client.get("builds", complete=False)["builds"]:
        lines.append(f"  building  {names[build['builderid']]} #{build['number']}: {build['state_string']}")
    for waiting in client.get("buildrequests", complete=False, claimed=False)["buildrequests"]:
        lines.append(f"  waiting   {names[waiting['builderid']]} (request {waiting['buildrequestid']})")
    return "\n".join(lines if len(lines) > 1 else [*lines, "  idle"])


def _launch(settings: Settings, keep: bool) -> Farm:
    folder = settings.state_dir / "master"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "twistd.pid").unlink(missing_ok=True)
    shutil.rmtree(settings.state_dir / "spool", ignore_errors=True)
    tac = folder / "buildbot.tac"
    tac.unlink(missing_ok=True)
    tac.symlink_to(CHECKOUT / "master" / "buildbot.tac")
    settings = settings.model_copy(update={"web_port": _port(settings, keep)})
    environment = {**os.environ, variable("web_port"): str(settings.web_port)}
    startup = folder / "startup.log"
    upgrade = [str(_BIN / "buildbot"), "upgrade-master", "--quiet", str(folder)]
    with startup.open("wb") as output:
        done = subprocess.run(upgrade, env=environment, stdout=output, stderr=subprocess.STDOUT, timeout=300)
    if done.returncode:
        raise FarmError(f"the database could not be prepared:\n{_tail(startup)}")
    with startup.open("ab") as output:
        process = subprocess.Popen(
            [str(_BIN / "twistd"), "--nodaemon", "--pidfile=twistd.pid", "--python=buildbot.tac"],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    farm = Farm(pid=process.pid, url=settings.public_url, keep=keep)
    _write_note(settings, farm)
    return farm


def _wait_until_it_serves(settings: Settings, farm: Farm) -> None:
    folder = settings.state_dir / "master"
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(requests.RequestException):
            if requests.get(f"{farm.url}api/v2/masters", timeout=5).status_code in (200, 401, 403):
                return
        if _gone(farm.pid, 0.2):
            raise FarmError(
                f"the master ended at once:\n{_tail(folder / 'startup.log')}\n{_tail(folder / 'twistd.log')}"
            )
    raise FarmError(f"the master does not answer at {farm.url} after {START_SECONDS} s; see {folder / 'twistd.log'}")


def _port(settings: Settings, keep: bool) -> int:
    """Take the port of the settings; a farm for one build makes do with any other if it is taken."""
    family = socket.AF_INET6 if ":" in settings.web_host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.web_host, settings.web_port))
        except OSError as error:
            if keep:
                raise FarmError(
                    f"{settings.web_host}:{settings.web_port} cannot be listened on ({error.strerror}); "
                    f"set {variable('web_port')} to a free port"
                ) from None
            probe.bind((settings.web_host, 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def _lock(settings: Settings, name: str, kind: int = fcntl.LOCK_EX) -> Iterator[Any]:
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    with (settings.state_dir / name).open("w") as file:
        fcntl.flock(file, kind)
        yield file


def _gone(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while True:
        try:
            if os.waitpid(pid, os.WNOHANG)[0] == pid:
                return True
        except ChildProcessError:
            if not Path(f"/proc/{pid}").exists():
                return True
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.1)


def _note(settings: Settings) -> Path:
    return settings.state_dir / "farm.json"


def _write_note(settings: Settings, farm: Farm) -> None:
    _note(settings).write_text(json.dumps(asdict(farm)))


def _tail(path: Path, lines: int = 20) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else ""


def main(argv: list[str]) -> int:
    """Do what the one argument says."""
    try:
        settings = load_settings()
        match argv:
            case ["run"]:
                farm, started = start(settings, keep=True)
                print(f"{'started' if started else 'running'}: {farm.url} (process {farm.pid}); `make stop` stops it")
            case ["stop"]:
                stopped = stop(settings)
                print(f"stopped process {stopped.pid}" if stopped else "nothing was running")
            case ["status"]:
                print(status(settings))
            case _:
                print(__doc__, file=sys.stderr)
                return 2
    except (PythonBuildsError, ConfigurationError) as error:
        print(f"python-builds: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
