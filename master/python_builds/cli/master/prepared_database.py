"""The database before a start: made or brought up to date by Buildbot's own command, unless that has been done.

That command takes as long as all the rest of a start. What was prepared is noted, and forgotten by a start that fails.
"""

import contextlib
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import buildbot
from sqlalchemy import NullPool, create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from python_builds.core.errors import FarmError
from python_builds.core.settings.settings import Settings

SECONDS = 300
CONNECT_SECONDS = 10
NOTE = "database-prepared"

UNKNOWN_FORM = "alembic.util.exc.CommandError: Can't locate revision identified by"
"""What Buildbot's command says of a database that a newer Buildbot has brought up to date."""

_NEWER = (
    f"the database was brought up to date by a newer Buildbot, and {buildbot.version} does not know its form: put the "
    "copy from before that upgrade in its place, or start with an empty one: builds and their logs are lost then, and "
    "what is published is in the store"
)


def prepare_database(settings: Settings, folder: Path, log: Path, environment: Mapping[str, str]) -> None:
    """Make the database of the master in a folder, or bring it up to date.

    Raises:
        FarmError: with the reason or the end of the log, if it cannot be.
    """
    require_server(settings)
    if is_prepared(settings, folder):
        return
    command = [str(Path(sys.executable).parent / "buildbot"), "upgrade-master", "--quiet", str(folder)]
    with log.open("ab") as output:
        try:
            done = subprocess.run(
                command, env=environment, stdout=output, stderr=subprocess.STDOUT, umask=0o077, timeout=SECONDS
            )
        except subprocess.TimeoutExpired as error:
            raise FarmError(f"the database could not be prepared in {SECONDS} s; see {log}") from error
    if done.returncode:
        require_sound_database(settings, folder)
        said = log.read_text(errors="replace")
        raise FarmError(_NEWER if UNKNOWN_FORM in said else f"the database could not be prepared:\n{said[-4000:]}")
    (folder / NOTE).write_text(note_of(settings))


def require_server(settings: Settings) -> None:
    """Connect to a database that is a server: a sentence about it comes now, or never.

    Raises:
        FarmError: if it cannot be connected to.
    """
    url = make_url(settings.database_url.get_secret_value())
    if url.drivername == "sqlite":
        return
    try:
        create_engine(url, poolclass=NullPool, connect_args={"connect_timeout": CONNECT_SECONDS}).connect().close()
    except ImportError as error:
        raise FarmError(
            f"PostgreSQL's client library is missing ({str(error).splitlines()[-1]}): apt-get install libpq5"
        ) from error
    except DBAPIError as error:
        why = " ".join(str(error.orig).split())
        raise FarmError(f"the database {url.render_as_string(hide_password=True)} cannot be used: {why}") from error


def is_prepared(settings: Settings, folder: Path) -> bool:
    """Say whether it was: by this Buildbot, for this host's name, which is part of the master's, and is still there."""
    file = _sqlite_file(settings, folder)
    if file is not None and not (file.exists() and file.stat().st_size):
        return False
    with contextlib.suppress(FileNotFoundError):
        return (folder / NOTE).read_text() == note_of(settings)
    return False


def require_sound_database(settings: Settings, folder: Path) -> None:
    """Look for the reason of a start that failed in a database that is a file. It reads the whole file.

    Raises:
        FarmError: if the file is damaged.
    """
    file = _sqlite_file(settings, folder)
    if file is None or not file.exists():
        return
    try:
        with contextlib.closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as connection:
            (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.DatabaseError as error:
        found = str(error)
    if found != "ok":
        raise FarmError(
            f"the database {file} is damaged ({found}). Put a copy in its place, or move it away and start with a "
            "new one: builds and their logs are lost then, and what is published is in the store"
        )


def _sqlite_file(settings: Settings, folder: Path) -> Path | None:
    url = make_url(settings.database_url.get_secret_value())
    return folder / url.database if url.drivername == "sqlite" and url.database else None


def forget_database(folder: Path) -> None:
    """Have the next start look at the database again."""
    (folder / NOTE).unlink(missing_ok=True)


def note_of(settings: Settings) -> str:
    """Write what is noted of a database that is prepared."""
    url = make_url(settings.database_url.get_secret_value()).render_as_string(hide_password=True)
    return f"{buildbot.version} {socket.gethostname()} {url}\n"
