"""What comes before a master: its folder and database are made ready, and what it could not start for is said."""

import os
import secrets
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from python_builds.adapters.database.one_master import master_name, require_free_database
from python_builds.adapters.publishing.readiness import key_warnings
from python_builds.adapters.store.s3_probe import probe
from python_builds.adapters.store.store import make_s3_store
from python_builds.adapters.workers.docker_engines import remove_leftovers
from python_builds.cli.master.ports import listen, web_port
from python_builds.cli.master.prepared_database import prepare_database, require_server
from python_builds.cli.workers.worker_choice import engine_environment, with_engine
from python_builds.core.errors import SigningError
from python_builds.core.settings.setting_types import CHECKOUT
from python_builds.core.settings.settings import Settings, variable
from python_builds.core.workers.docker_hosts import DockerHost

UMASK = 0o077
"""Of a master: its database holds the key of the web UI's sessions."""


@dataclass(frozen=True, kw_only=True)
class Ready:
    """A master that may be started."""

    settings: Settings
    folder: Path
    """It works there."""
    environment: dict[str, str]
    log: Path
    """Takes what is said before the master has its own log."""

    @property
    def command(self) -> list[str]:
        """Give what starts it, and stays in the foreground."""
        twistd = Path(sys.executable).parent / "twistd"
        return [str(twistd), "--nodaemon", "--pidfile=twistd.pid", "--python=buildbot.tac"]


def prepare_start(settings: Settings, *, keep: bool, engine: DockerHost | None) -> Ready:
    """Do all that comes before the master's process; `keep` is said of one that is to run for long.

    Raises:
        FarmError: if it cannot start, with the reason.
    """
    settings = with_engine(settings, engine)
    folder = settings.state_dir / "master"
    _make_folders(settings, folder)
    spare = settings.standby and keep
    if not spare:  # which does it once the database is its own
        require_server(settings)
        require_free_database(settings)
        _warn(remove_leftovers(settings.docker_hosts, master_name(settings)))
    if settings.s3_bucket:
        _probe_bucket(settings)
    _warn_of_keys(settings)
    _draw_password(settings)
    listen("worker", settings.worker_host, settings.worker_port)
    settings = settings.model_copy(update={"web_port": web_port(settings, keep)})
    environment = {**os.environ, **engine_environment(engine), variable("web_port"): str(settings.web_port)}
    if not keep:  # who asks for one build does not ask for all that is missing
        environment[variable("automatic_builds")] = environment[variable("standby")] = "false"
    log = folder / "startup.log"
    log.write_bytes(b"")
    if not spare:
        prepare_database(settings, folder, log, environment)
    return Ready(settings=settings, folder=folder, environment=environment, log=log)


def _make_folders(settings: Settings, folder: Path) -> None:
    """Make the master's folder, with nothing in it of one that died but what stays."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)  # the database holds the key of the web UI's sessions
    (folder / "twistd.pid").unlink(missing_ok=True)
    spool = settings.state_dir / "spool"
    if spool.exists():
        shutil.rmtree(spool)
    spool.mkdir(mode=0o700)
    tac = folder / "buildbot.tac"
    tac.unlink(missing_ok=True)
    tac.symlink_to(CHECKOUT / "master" / "buildbot.tac")


def _warn(problems: list[str]) -> None:
    for problem in problems:
        print(f"warning: {problem}", file=sys.stderr)


def _probe_bucket(settings: Settings) -> None:
    """Say what the bucket's server can, and what it cannot."""
    probed = probe(make_s3_store(settings))
    print(probed.can)
    _warn(probed.problems)


def _warn_of_keys(settings: Settings) -> None:
    """Say what is wrong with the signing keys: the farm runs all the same, and tells whom it is to tell."""
    try:
        _warn(key_warnings(settings))
    except SigningError as error:
        _warn([str(error)])


def _draw_password(settings: Settings) -> None:
    """Make the password of the web UI's account, once, unless the operator has a file of his own."""
    if settings.web_password() is None:
        new = settings.password_file.with_suffix(".new")
        new.touch(mode=0o600)
        new.write_text(f"{secrets.token_urlsafe(16)}\n")
        new.rename(settings.password_file)
