"""What a step runs in a thread of the master's: it ends when it is done, stopped, or has taken too long.

Who blocks in the thread is told by `Stop`. Where nothing listens to that (a name that is being looked up, a bucket's
library), the step does not wait: it ends, and the thread does when its own limits end it.
"""

from collections.abc import Callable
from typing import Any

from twisted.internet import defer, threads
from twisted.python import log
from twisted.python.failure import Failure

from python_builds.adapters.stop import Stop, Stopped

MAX_STEP_SECONDS = 4 * 3600
"""Seconds that any step may take; the slowest, an optimized build's second compilation, took 5 minutes on 2 cores."""

GRACE = 10
"""Seconds that a thread has to end what it does, once it is stopped."""

THREADS = 64
"""The most that the master has at a time, for its steps and DNS: Twisted's 10 are used up by as many slow servers."""


class InThread:
    """One function in a thread."""

    def __init__(self, reactor: Any) -> None:
        self.reactor = reactor
        self.stop = Stop()
        self.reason = ""
        self._waited: defer.Deferred[Any] = defer.Deferred()
        self._timers: list[Any] = []

    @defer.inlineCallbacks
    def run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run it; raises Stopped if it did not come to its end."""
        self._timers.append(
            self.reactor.callLater(
                MAX_STEP_SECONDS, self.end, f"it did not end within {MAX_STEP_SECONDS // 3600} hours"
            )
        )
        try:
            self.stop.check()
            threads.deferToThread(function, *arguments).addBoth(self._ended)
            return (yield self._waited)
        finally:
            for timer in self._timers:
                if timer.active():
                    timer.cancel()

    def end(self, why: str | Failure) -> None:
        """Have it end soon; Buildbot gives a failure where a worker was lost."""
        reason = why if isinstance(why, str) else "its worker was lost"
        if not self.reason and not self._waited.called:
            self.reason = reason
            self._timers.append(self.reactor.callLater(GRACE, self._leave))
            self.stop.set(reason)

    def _ended(self, result: Any) -> None:
        if not self._waited.called:
            self._waited.callback(result)
        elif isinstance(result, Failure) and not result.check(Stopped):
            log.err(result, "a thread that nobody waits for any more")

    def _leave(self) -> None:
        if not self._waited.called:
            self._waited.errback(
                Stopped(f"{self.reason}; what it was waiting for does not answer and is left to its own limits")
            )
