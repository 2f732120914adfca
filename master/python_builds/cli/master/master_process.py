"""The master on this machine as a process: started in the background, found again, stopped with all it has started."""

import contextlib
import fcntl
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests

from python_builds.adapters.database.one_master import master_name, require_free_database
from python_builds.adapters.database.waiting_note import waits_for
from python_builds.adapters.publishing.readiness import key_warnings
from python_builds.adapters.store.s3_probe import probe
from python_builds.adapters.store.store import make_s3_store
from python_builds.adapters.workers.docker_engines import remove_leftovers
from python_builds.cli.master.ports import listen, web_port
from python_builds.cli.master.prepared_database import (
    forget_database,
    prepare_database,
    require_server,
    require_sound_database,
)
from python_builds.cli.master.processes import ending, kill
from python_builds.cli.master.running_farm import Farm, note_path, running, write_note
from python_builds.cli.workers.worker_choice import engine_environment, with_engine
from python_builds.core.errors import FarmError, SigningError
from python_builds.core.settings.setting_types import CHECKOUT
from python_builds.core.settings.settings import Settings, variable
from python_builds.core.workers.docker_hosts import DockerHost
from python_builds.farm.workers.local_worker import end_leftovers, worker_folder

START_SECONDS, STOP_SECONDS = 120, 60
_BIN = Path(sys.executable).parent


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


def _launch(settings: Settings, keep: bool, engine: DockerHost | None) -> Farm:
    settings = with_engine(settings, engine)
    folder = settings.state_dir / "master"
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)  # the database holds the key of the web UI's sessions
    (folder / "twistd.pid").unlink(missing_ok=True)
    spool = settings.state_dir / "spool"
    if spool.exists():
        shutil.rmtree(spool)
    spool.mkdir(mode=0o700)
    spare = settings.standby and keep
    if not spare:  # which does it once the database is its own
        require_server(settings)
        require_free_database(settings)
        for problem in remove_leftovers(settings.docker_hosts, master_name(settings)):
            print(f"warning: {problem}", file=sys.stderr)
    tac = folder / "buildbot.tac"
    tac.unlink(missing_ok=True)
    tac.symlink_to(CHECKOUT / "master" / "buildbot.tac")
    if settings.s3_bucket:
        for problem in probe(make_s3_store(settings)):
            print(f"warning: {problem}", file=sys.stderr)
    _warn_of_keys(settings)
    _draw_password(settings)
    listen("worker", settings.worker_host, settings.worker_port)
    settings = settings.model_copy(update={"web_port": web_port(settings, keep)})
    environment = {**os.environ, **engine_environment(engine), variable("web_port"): str(settings.web_port)}
    if not keep:  # who asks for one build does not ask for all that is missing
        environment[variable("automatic_builds")] = environment[variable("standby")] = "false"
    startup = folder / "startup.log"
    startup.write_bytes(b"")
    if not spare:
        prepare_database(settings, folder, startup, environment)
    with startup.open("ab") as output:
        process = subprocess.Popen(
            [str(_BIN / "twistd"), "--nodaemon", "--pidfile=twistd.pid", "--python=buildbot.tac"],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            umask=0o077,
        )
    farm = Farm(pid=process.pid, url=settings.local_url, keep=keep, engine=engine, automatic=keep)
    write_note(settings, farm)
    return farm


def _warn_of_keys(settings: Settings) -> None:
    """Say what is wrong with the signing keys: the farm runs all the same, and tells whom it is to tell."""
    try:
        problems = key_warnings(settings)
    except SigningError as error:
        problems = [str(error)]
    for problem in problems:
        print(f"warning: {problem}", file=sys.stderr)


def _draw_password(settings: Settings) -> None:
    """Make the password of the web UI's account, once, unless the operator has a file of his own."""
    if settings.web_password() is None:
        new = settings.password_file.with_suffix(".new")
        new.touch(mode=0o600)
        new.write_text(f"{secrets.token_urlsafe(16)}\n")
        new.rename(settings.password_file)


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
