"""The master on this machine as a process: started in the background, found again, stopped with all it has started."""

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import requests

from python_builds.adapters.database.waiting_note import waits_for
from python_builds.cli.master.before_start import UMASK, prepare_start
from python_builds.cli.master.prepared_database import forget_database, require_sound_database
from python_builds.cli.master.processes import ending, kill
from python_builds.cli.master.running_farm import Farm, note_path, running, write_note
from python_builds.core.errors import FarmError
from python_builds.core.settings.settings import Settings
from python_builds.core.workers.docker_hosts import DockerHost
from python_builds.farm.workers.local_worker import end_leftovers, worker_folder

START_SECONDS, STOP_SECONDS = 120, 60


def start(settings: Settings, *, keep: bool, engine: DockerHost | None = None) -> tuple[Farm, bool]:
    """Start the farm unless it runs; return it and whether it was started here.

    `engine` is this machine's own Docker engine, for its containers to be the workers.

    Raises:
        FarmError: if it does not come up, with the end of its log.
    """
    with _lock(settings, "start.lock"):
        farm = running(settings)
        started = farm is None
        if farm is None:
            farm = _launch(settings, keep, engine)
        elif keep and not farm.keep:
            farm = farm.model_copy(update={"keep": True})
            write_note(settings, farm)
        try:
            _wait_until_it_serves(settings, farm)
        except BaseException:
            if started:
                _end(settings, farm)
                forget_database(settings.state_dir / "master")
            raise
    return farm, started


def stop(settings: Settings) -> Farm | None:
    """Stop the farm and whatever its worker has left; return what was stopped."""
    with _lock(settings, "start.lock"):
        farm = running(settings)
        _end(settings, farm)
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


def become(settings: Settings, engine: DockerHost | None = None) -> NoReturn:
    """Become the master: for whoever keeps a process running, as systemd and container engines do.

    Raises:
        FarmError: if one runs already, or this one cannot start.
    """
    with _lock(settings, "start.lock"):
        if (farm := running(settings)) is not None:
            raise FarmError(f"the farm runs already, as process {farm.pid}: `make stop` stops it")
        ready = prepare_start(settings, keep=True, engine=engine)
        write_note(settings, Farm(pid=os.getpid(), url=ready.settings.local_url, keep=True, engine=engine))
    sys.stdout.flush()
    os.chdir(ready.folder)
    os.umask(UMASK)
    os.execve(ready.command[0], ready.command, ready.environment)  # noqa: S606 - there is no shell to want


def _launch(settings: Settings, keep: bool, engine: DockerHost | None) -> Farm:
    ready = prepare_start(settings, keep=keep, engine=engine)
    with ready.log.open("ab") as output:
        process = subprocess.Popen(
            ready.command,
            cwd=ready.folder,
            env=ready.environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            umask=UMASK,
        )
    farm = Farm(pid=process.pid, url=ready.settings.local_url, keep=keep, engine=engine, automatic=keep)
    write_note(settings, farm)
    return farm


def _wait_until_it_serves(settings: Settings, farm: Farm) -> None:
    folder = settings.state_dir / "master"
    deadline = time.monotonic() + START_SECONDS
    session = requests.Session()
    session.trust_env = False  # a proxy for the world outside does not lead to this machine
    while time.monotonic() < deadline:
        with contextlib.suppress(requests.RequestException):
            if session.get(f"{farm.url}api/v2/masters", timeout=5).status_code in (200, 401, 403):
                return
        if waits_for(settings):
            return
        how = ending(farm.pid, 0.2)
        if how is not None:
            require_sound_database(settings, folder)
            said = f"{_tail(folder / 'startup.log')}\n{_tail(folder / 'twistd.log')}"
            raise FarmError(f"the master ended while it started{how}:\n{said}")
    require_sound_database(settings, folder)
    raise FarmError(f"the master does not answer at {farm.url} after {START_SECONDS} s; see {folder / 'twistd.log'}")


@contextlib.contextmanager
def _lock(settings: Settings, name: str, kind: int = fcntl.LOCK_EX) -> Iterator[Any]:
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    with (settings.state_dir / name).open("w") as file:
        fcntl.flock(file, kind)
        yield file


def _end(settings: Settings, farm: Farm | None) -> None:
    """Stop a master, gently at first, and whatever its worker has left."""
    if farm is not None:
        kill(farm.pid, signal.SIGTERM)
        if ending(farm.pid, STOP_SECONDS) is None:
            kill(farm.pid, signal.SIGKILL)
            ending(farm.pid, 5)
    end_leftovers(worker_folder(settings.state_dir))
    note_path(settings).unlink(missing_ok=True)


def _tail(path: Path, lines: int = 20) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else ""
