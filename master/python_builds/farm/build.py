"""How this farm's builds end: stopped by the master's shutdown means later, a lost worker means again, not for ever.

Buildbot ends a build that its master's shutdown interrupts as CANCELLED, never to be retried, and retries one that lost
its worker without bound (buildbot issue #6029, and the failure matrix in DECISIONS.md).
"""

from typing import Any

from buildbot.process.build import Build
from buildbot.process.results import CANCELLED, EXCEPTION, RETRY, SKIPPED
from twisted.internet import defer

MAX_ATTEMPTS = 3
LOST = "lost its worker"


class FarmBuild(Build):
    """A build that survives restarts and gives up in the end."""

    results: int

    @defer.inlineCallbacks
    def buildFinished(self, text: list[str], results: int) -> Any:
        """Decide about a retry, then finish."""
        if self.stopped_reason == "Master Shutdown" and CANCELLED in (results, self.results):
            self.results = results = RETRY
        elif RETRY in (results, self.results):
            earlier = yield self.master.data.get(("buildrequests", self.requests[0].id, "builds"))
            lost = 1 + sum(str(build["state_string"]).startswith(LOST) for build in earlier)
            text = [f"{LOST} ({lost} of {MAX_ATTEMPTS} times)"]
            if lost >= MAX_ATTEMPTS:
                self.results = results = EXCEPTION
                text.append("and is given up; see the logs of its steps, then force it again")
        elif results == SKIPPED:
            text = self.text
        yield super().buildFinished(text, results)
