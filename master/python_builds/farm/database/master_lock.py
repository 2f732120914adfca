"""The master's part of the lock on its database: it starts with the lock, as a spare it waits for it, and ends with it.

`OneMaster` is started before Buildbot's master by buildbot.tac, `MasterFence` is one of the master's services: what it
has seen by `reconfig` is imported anew, so they share nothing but the process.
"""

import os
import sys
import threading
from collections.abc import Callable
from typing import Any

from buildbot.util.service import BuildbotService
from sqlalchemy.exc import DBAPIError
from twisted.application.service import Service
from twisted.internet import defer
from twisted.python import log

from python_builds.adapters.database.one_master import make_lock, refusal
from python_builds.adapters.database.postgres_lock import PostgresLock, other_owner
from python_builds.adapters.database.waiting_note import waiting_path
from python_builds.core.errors import FarmError
from python_builds.core.settings.settings import Settings
from python_builds.farm.database.database_outage import NAME as PATIENCE

LOST = 75
"""Exit status of a master that has lost its database to another: start it again, as a spare."""


class OneMaster(Service):
    """Holds the start of the process up until the database is its own, and ends it where that cannot be."""

    def __init__(self, settings: Settings, prepare: Callable[[], None]) -> None:
        """Take the settings, and what a spare has to do before it takes over."""
        self.settings = settings
        self.prepare = prepare

    def privilegedStartService(self) -> None:
        """Take the lock: called before anything is started, and before signals are caught."""
        lock = self.lock = make_lock(self.settings)  # a file's ends when nobody has it
        waiting_path(self.settings).unlink(missing_ok=True)
        try:
            if self.settings.standby and isinstance(lock, PostgresLock):
                self._take_over(lock)
            elif owner := lock.take():
                raise FarmError(refusal(self.settings, owner))
        except (FarmError, DBAPIError) as error:
            log.msg(f"the master does not start: {error}")
            print(f"the master does not start: {error}", file=sys.__stderr__)  # the other one is the log by now
            raise SystemExit(1) from error
        if isinstance(lock, PostgresLock):
            threading.Thread(target=lambda: end_for(lock.keep()), name="database lock", daemon=True).start()

    def _take_over(self, lock: PostgresLock) -> None:
        if lock.take():
            lock.wait(self._say)
            log.msg("the database is free: this spare takes over")
            waiting_path(self.settings).unlink()
        self.prepare()

    def _say(self, sentence: str) -> None:
        log.msg(sentence)
        waiting_path(self.settings).write_text(sentence)


class MasterFence(BuildbotService):
    """Looks at every new connection to the database: a master that is no more must do nothing there."""

    name = "master fence"

    def reconfigService(self) -> Any:
        """Take no arguments."""
        return defer.succeed(None)

    @defer.inlineCallbacks
    def startService(self) -> Any:
        """Begin to look."""
        yield super().startService()
        self.master.db.pool.engine.get_execution_options()[PATIENCE].check = _check


def _check(connection: Any) -> None:
    if owner := other_owner(connection):
        end_for(owner)


def end_for(owner: str) -> None:
    """End this process, by no way that would write anything more."""
    log.msg(f"the database is another master's by now: {owner}. This one ends at once")
    os._exit(LOST)
