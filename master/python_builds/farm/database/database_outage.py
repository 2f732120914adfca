"""A database that is away is waited for: whoever asks it gets the answer when it is back, and not an error.

Buildbot asks again where SQLite is locked or MySQL is gone, for a day, and takes every other failure for final. A build
that could not write a line of its log then stood until the master was restarted, holding its worker.
"""

import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import event
from sqlalchemy.dialects import plugins
from sqlalchemy.engine import URL, CreateEnginePlugin, Engine, ExceptionContext
from sqlalchemy.exc import OperationalError
from twisted.python import log

NAME = "python-builds"
plugins.register(NAME, __name__, "WaitForDatabase")

WORDS = "Lost connection"
"""What Buildbot looks for in an error before it asks again."""

SECONDS = 1
"""Between two attempts to connect."""

SAY_SECONDS = 60
"""Between two lines about the same."""

_SQLITE_ERROR = 1
"""SQLite's code for a statement that it does not understand, which is no better later."""


class WaitForDatabase(CreateEnginePlugin):
    """Makes an engine patient, by SQLAlchemy's own hooks."""

    was_there = False
    away: float | None = None
    """Since when nobody could connect."""
    said = 0.0
    check: Callable[[Any], None] | None = None
    """Is given each new connection, where somebody wants to look at it first."""

    def __init__(self, url: URL, kwargs: dict[str, Any]) -> None:
        """Take nothing of the engine's arguments."""

    def update_url(self, url: URL) -> URL:
        """Leave the URL as it is."""
        return url

    def engine_created(self, engine: Engine) -> None:
        """Listen to what fails."""
        engine.update_execution_options(**{NAME: self})  # by which who has the engine finds this
        event.listen(engine, "do_connect", self._connect)
        event.listen(engine, "handle_error", _have_buildbot_ask_again, retval=True)

    def _connect(self, dialect: Any, record: Any, arguments: Any, options: Any) -> Any:
        """Connect, in the thread of whoever asks, however long it takes.

        The first time it is an error: a farm that starts says at once what is wrong.
        """
        while True:
            try:
                made = dialect.connect(*arguments, **options)
                if self.check is not None:
                    self.check(made)
            except dialect.loaded_dbapi.OperationalError as error:
                if not self.was_there:
                    raise
                self._say(error)
                time.sleep(SECONDS)
            else:
                self.was_there = True
                if self.away is not None:
                    log.msg(f"the database is there again, after {time.monotonic() - self.away:.0f} s")
                    self.away = None
                return made

    def _say(self, error: Exception) -> None:
        """Write a line, for all threads that wait."""
        now = time.monotonic()
        if self.away is None or now - self.said >= SAY_SECONDS:
            self.away, self.said = self.away or now, now
            log.msg(f"the database is waited for, {now - self.away:.0f} s so far: {' '.join(str(error).split())}")


def _have_buildbot_ask_again(context: ExceptionContext) -> BaseException | None:
    """Give an error that Buildbot asks again after, where it is the database's state and not what it was asked.

    That is what DB-API's OperationalError means: "not necessarily under the control of the programmer".
    """
    error = context.original_exception
    operational = isinstance(context.sqlalchemy_exception, OperationalError)
    final = getattr(error, "sqlite_errorcode", None) == _SQLITE_ERROR
    if context.is_pre_ping or final or not (operational or context.is_disconnect):
        return None
    return OperationalError(None, None, ConnectionError(f"{WORDS}: {error}"))
