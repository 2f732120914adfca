"""The lock of a PostgreSQL database: a session's advisory lock, and a row that says whose it was last.

The server ends the lock with the session, and the session when the master's machine answers no more (TCP's keepalive,
asked for by the session itself, as the server's own waits for two hours). A master that was cut off may not know: so
whoever takes the lock writes its name into the row and ends all sessions of the one before, and a master compares the
row whenever it connects anew. What another wrote meanwhile ends it.
"""

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, NullPool, create_engine, text
from sqlalchemy.exc import DBAPIError

KEY = int.from_bytes(b"pybuilds")
"""Of the lock, in this database."""

MASTER = "python-builds"
"""What a master's sessions are called in the server, by which they are ended."""

SPARE = "python-builds lock"
"""What a session is called that has the lock or waits for it."""

NETWORK = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 60_000,
}
"""libpq's options by which a PostgreSQL whose machine is gone is not waited for as if it were thinking."""

SESSION = {
    "tcp_keepalives_idle": "10s",
    "tcp_keepalives_interval": "5s",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "25s",
    "client_connection_check_interval": "10s",
    "statement_timeout": "0",
    "lock_timeout": "0",
}
"""A machine that is gone is noticed after 25 seconds, and who waits may wait.

Keepalives notice it where the server has nothing to send. Where an answer was lost, TCP sends that again for a quarter
of an hour, and no keepalive: the time-out of what was sent ends this. A spare that ends while it waits is noticed by
the check.
"""

SET = text("SELECT set_config(name, :value, false) FROM pg_settings WHERE name = :name")
"""Servers older than 12 and 14 lack some of them."""

TABLE = """CREATE TABLE IF NOT EXISTS python_builds_master (
    one boolean PRIMARY KEY DEFAULT true CHECK (one), token text NOT NULL, who text NOT NULL)"""

OWN = text(
    "INSERT INTO python_builds_master (token, who) VALUES (:token, :who) "
    "ON CONFLICT (one) DO UPDATE SET token = excluded.token, who = excluded.who"
)
TOKEN = "SELECT token FROM python_builds_master"  # noqa: S105 - no secret
END_OTHERS = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = :name "
    "AND datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
)
LOCKED = text(
    "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database WHERE datname = current_database() "
    "AND locktype = 'advisory' AND granted AND (classid::bigint << 32) + objid::bigint = :key"
)

AGAIN_SECONDS = 1
"""Between two attempts of a master to be connected again, and two looks whether it still is."""

SPARE_SECONDS = 10
"""Between those of a spare: where the server itself was away, the master is to be the first."""


class PostgresLock:
    """The lock, for one process."""

    def __init__(self, url: str, who: str) -> None:
        self.who = who
        self.token = this_process()
        arguments = {**NETWORK, "application_name": SPARE}
        self._engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT", connect_args=arguments)
        self._session: Connection | None = None
        self._is_held = False

    def take(self) -> str:
        """Take it; if another has it, say who, and else nothing."""
        session = self._connect()
        if not session.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": KEY}):
            with session:
                return self._read(session)
        self._own(session)
        return ""

    def owner(self) -> str:
        """Say who has it; nothing if nobody has."""
        with self._connect() as session:
            return self._read(session) if session.scalar(LOCKED, {"key": KEY}) else ""

    def wait(self, say: Callable[[str], None]) -> None:
        """Wait until it is this process's, however long; `say` is told now and then what is waited for."""
        while True:
            try:
                session = self._connect()
                say(f"waits as the spare of {self._read(session)}")
                session.execute(text("SELECT pg_advisory_lock(:key)"), {"key": KEY})
                self._own(session)
            except DBAPIError as error:
                say(f"the database cannot be asked: {_line(error)}")
                time.sleep(SPARE_SECONDS)
            else:
                return

    def keep(self) -> str:
        """Look after the lock, for ever; returns, saying who has it, only when it is lost."""
        while True:
            time.sleep(AGAIN_SECONDS)
            try:
                if self._session is None:
                    self._session, self._is_held = self._connect(), False
                if self._is_held:
                    self._session.execute(text("SELECT 1"))
                elif lost := self._lost(self._session):
                    return lost
            except DBAPIError:
                self._leave()

    def _lost(self, session: Connection) -> str:
        """Take it again, unless another had it in between: then say who."""
        # It may be this process's own session still, of which the server does not know yet that it is gone.
        self._is_held = bool(session.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": KEY}))
        return "" if session.scalar(text(TOKEN)) == self.token else self._read(session)

    def _leave(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            with contextlib.suppress(DBAPIError):
                session.close()

    def _own(self, session: Connection) -> None:
        session.execute(text(TABLE))
        session.execute(OWN, {"token": self.token, "who": self.who})
        session.execute(END_OTHERS, {"name": MASTER})
        self._session, self._is_held = session, True

    def _connect(self) -> Connection:
        session = self._engine.connect()
        for name, value in SESSION.items():
            session.execute(SET, {"name": name, "value": value})
        return session

    @staticmethod
    def _read(session: Connection) -> str:
        there = session.scalar(text("SELECT to_regclass('python_builds_master') IS NOT NULL"))
        who = session.scalar(text("SELECT who FROM python_builds_master")) if there else None
        return str(who or "a master that has just begun")


def other_owner(connection: Any) -> str:
    """Say, in a DB-API connection, who else was the last to take the lock; nothing if this process was."""
    with connection.cursor() as cursor:
        row = cursor.execute("SELECT token, who FROM python_builds_master").fetchone()
    connection.rollback()
    token, who = row or ("", "nobody")
    return "" if token == this_process() else str(who)


def this_process() -> str:
    """Tell this process from every other, on this machine and elsewhere, today and later."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    fields = Path("/proc/self/stat").read_text().rpartition(")")[2].split()
    return f"{boot} {Path('/proc/self').readlink()} {fields[19]}"


def _line(error: DBAPIError) -> str:
    return " ".join(str(error.orig).split())
