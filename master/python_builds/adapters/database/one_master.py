"""One master at a time has a database: Buildbot would let a second one in, which does everything a second time.

The database itself says who has it: a lock that ends with its owner, by whatever it ends. Of SQLite that is a lock on a
file beside the database's; postgres_lock.py has PostgreSQL's, which a spare master may wait for.
"""

import datetime
import fcntl
import os
import socket
from pathlib import Path
from typing import IO, Protocol

from sqlalchemy.engine import make_url

from python_builds.adapters.database.postgres_lock import PostgresLock
from python_builds.core.errors import FarmError
from python_builds.core.settings.settings import Settings, variable


class DatabaseLock(Protocol):
    """What FileLock and PostgresLock both are."""

    def take(self) -> str:
        """Take it; if another has it, say who, and else nothing."""

    def owner(self) -> str:
        """Say who has it; nothing if nobody has."""


class FileLock:
    """A lock on a file: the kernel ends it with its process."""

    def __init__(self, path: Path, who: str) -> None:
        self.path = path
        self.who = who
        self._file: IO[str] | None = None

    def take(self) -> str:
        """Take it; if another has it, say who, and else nothing."""
        file = self.path.open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return self._read()
        file.truncate(0)
        file.write(self.who)
        file.flush()
        self._file = file
        return ""

    def owner(self) -> str:
        """Say who has it; nothing if nobody has."""
        if not self.path.exists():
            return ""
        with self.path.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return self._read()
        return ""

    def _read(self) -> str:
        return self.path.read_text() or "a master that has just begun"


def make_lock(settings: Settings) -> DatabaseLock:
    """Make the lock of the settings' database, which nobody takes yet."""
    file = database_file(settings)
    who = this_master(settings)
    if file is None:
        return PostgresLock(settings.database_url.get_secret_value(), who)
    return FileLock(file.with_name(f"{file.name}.master"), who)


def database_file(settings: Settings) -> Path | None:
    """Say where the database's file is, if it is SQLite's."""
    url = make_url(settings.database_url.get_secret_value())
    if url.get_backend_name() != "sqlite" or not url.database:
        return None
    return settings.state_dir / "master" / url.database


def this_master(settings: Settings) -> str:
    """Describe this process to whoever runs another."""
    now = datetime.datetime.now(datetime.UTC)
    folder = settings.state_dir / "master"
    return f"{socket.gethostname()}:{folder} (process {os.getpid()}), since {now:%Y-%m-%d %H:%M:%S} UTC"


def master_name(settings: Settings) -> str:
    """Name the master as Buildbot knows it: by machine and folder, or by a database that several machines reach.

    A spare then takes over as the same master: what the dead one had claimed is its own again at once, and the
    containers that it left are found by their names.
    """
    url = make_url(settings.database_url.get_secret_value())
    if url.get_backend_name() == "sqlite":
        return f"{os.uname().nodename}:{settings.state_dir / 'master'}"
    return f"python-builds:{url.host or 'local'}:{url.port or 5432}/{url.database}"


def require_free_database(settings: Settings) -> None:
    """See that no other master has the database.

    Raises:
        FarmError: naming who has it.
    """
    if owner := make_lock(settings).owner():
        raise FarmError(refusal(settings, owner))


def refusal(settings: Settings, owner: str) -> str:
    """Say why this master does not start, and what helps."""
    url = make_url(settings.database_url.get_secret_value()).render_as_string(hide_password=True)
    spare = "" if database_file(settings) else f", or set {variable('standby')}=true to have this one wait as its spare"
    return f"the database {url} is another master's: {owner}. Stop that one, or give this one its own{spare}"
