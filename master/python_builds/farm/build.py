"""How this farm's builds end: a shutdown of the master means later, a lost worker means again, but not for ever.

Buildbot ends a build that its master's shutdown interrupts as CANCELLED, never to be retried, and retries one that lost
its worker without bound (DECISIONS.md has more).
"""

from typing import Any

from buildbot.process.build import Build
from buildbot.process.results import CANCELLED, EXCEPTION, RETRY, SKIPPED, SUCCESS
from twisted.internet import defer

MAX_ATTEMPTS = 3
LOST = "lost its worker"


class FarmBuild(Build):
    """A build that survives restarts and gives up in the end."""

    results: int
    stopped_reason: str | None
    nothing_to_do = False
    """Set by a step that found that the build's product exists."""

    @defer.inlineCallbacks
    def stopBuild(self, *args: Any, **kwargs: Any) -> Any:
        """Stop, and keep the first reason: what a person cancelled stays cancelled when the master stops too."""
        first = self.stopped_reason
        yield super().stopBuild(*args, **kwargs)
        if first is not None:
            self.stopped_reason = first

    @defer.inlineCallbacks
    def buildFinished(self, text: list[str], results: int) -> Any:
        """Decide about a retry, then finish."""
        if self.stopped_reason == "Master Shutdown" and CANCELLED in (results, self.results):
            self.results = results = RETRY
        elif RETRY in (results, self.results):
            earlier = yield self.master.data.get(("buildrequests", self.requests[0].id, "builds"))
            lost = 1 + sum(str(build["state_string"]).startswith(LOST) for build in earlier)
            text = [f"{LOST} ({lost} of {MAX_ATTEMPTS} times): {' '.join(text)}"]
            if lost >= MAX_ATTEMPTS:
                self.results = results = EXCEPTION
                text.append("- given up; see the logs of its steps, then force it again")
        elif self.nothing_to_do and results in (SUCCESS, SKIPPED):
            self.results = results = SKIPPED
            text = self.text
        yield super().buildFinished(text, results)
