"""Whether the database answers: asked now and then, so that log and web UI say why everything waits when it does not.

Whatever takes an answer away (no server, one that stands still, a locked file, a full disk) keeps it from this, too.
"""

from typing import Any

from buildbot.util.service import BuildbotService
from sqlalchemy import text
from twisted.internet import defer
from twisted.internet.task import LoopingCall
from twisted.python import log

NAME = "database watch"

EVERY_SECONDS = 5
"""Between two questions; the next comes only after an answer."""

SILENT_SECONDS = 10
"""Without an answer, after which it counts as away."""


class DatabaseWatch(BuildbotService):
    """Knows since when there was no answer."""

    name = NAME
    asked: float | None = None
    """When the question was asked that has no answer yet."""

    def reconfigService(self) -> Any:
        """Take no arguments."""
        return defer.succeed(None)

    @defer.inlineCallbacks
    def startService(self) -> Any:
        """Begin to ask."""
        yield super().startService()
        self.loop = LoopingCall(self.ask)
        self.loop.clock = self.master.reactor
        self.loop.start(EVERY_SECONDS).addErrback(log.err, "the database is not watched any more")

    @defer.inlineCallbacks
    def stopService(self) -> Any:
        """Ask no more."""
        self.loop.stop()
        yield super().stopService()

    @defer.inlineCallbacks
    def ask(self) -> Any:
        """Ask for the least that there is."""
        clock = self.master.reactor
        self.asked = clock.seconds()
        late = clock.callLater(SILENT_SECONDS, log.msg, "the database does not answer; builds and pages wait for it")
        try:
            yield self.master.db.pool.do(lambda connection: connection.execute(text("SELECT 1")).scalar())
        except Exception:  # noqa: BLE001 - an error is an answer, and Buildbot has logged it
            log.msg("the database answers with an error")
        if late.active():
            late.cancel()
        else:
            log.msg(f"the database answers again, after {clock.seconds() - self.asked:.0f} s")
        self.asked = None

    @property
    def silence(self) -> float:
        """Since how many seconds it is away; 0 if it is not."""
        waited = 0.0 if self.asked is None else self.master.reactor.seconds() - self.asked
        return waited if waited >= SILENT_SECONDS else 0
