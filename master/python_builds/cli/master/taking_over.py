"""What a spare does when the database is its own, and other masters before they start."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from twisted.python import log

from python_builds.adapters.database.one_master import master_name
from python_builds.adapters.workers.docker_engines import remove_leftovers
from python_builds.cli.master.prepared_database import prepare_database
from python_builds.core.settings.settings import Settings


def take_over(settings: Settings, environment: Mapping[str, str]) -> None:
    """Bring the database up to date, and remove the containers that the master before has left.

    Raises:
        FarmError: if the database cannot be prepared.
    """
    folder = settings.state_dir / "master"
    with _without_pid(folder / "twistd.pid"):
        prepare_database(settings, folder, folder / "startup.log", environment)
    for problem in remove_leftovers(settings.docker_hosts, master_name(settings)):
        log.msg(f"warning: {problem}")


@contextlib.contextmanager
def _without_pid(path: Path) -> Iterator[None]:
    """Have Buildbot's command, which wants no master to run, not see this process."""
    was_there = path.exists()
    path.unlink(missing_ok=True)
    try:
        yield
    finally:
        if was_there:
            path.write_text(str(os.getpid()))
