"""A build of the indexes that failed is tried again: nobody asked for it by name, so nobody else would."""

from typing import Any

from buildbot.process.properties import Properties
from buildbot.process.results import EXCEPTION, FAILURE
from twisted.internet import defer
from twisted.python import log

from python_builds.farm.building.build import FarmBuild
from python_builds.farm.indexes.manifest_steps import MANIFEST

WAITS = (60, 5 * 60, 15 * 60, 3600)
"""Seconds between the attempts; the last one for as long as it takes."""

ATTEMPT = "attempt"
"""The property that counts them."""


class IndexBuild(FarmBuild):
    """One for all that is published, so one timer is enough however many builds of it fail meanwhile."""

    @defer.inlineCallbacks
    def buildFinished(self, text: list[str], results: int) -> Any:
        """Say when it is tried again, if it failed and nobody stopped it."""
        if results in (FAILURE, EXCEPTION) and self.stopped_reason is None:
            attempt = int(self.getProperty(ATTEMPT) or 0)
            wait = WAITS[min(attempt, len(WAITS) - 1)]
            text = [*text, f"- tried again in {wait // 60} min"]
            if not (timer := getattr(self.builder, "index_timer", None)) or not timer.active():
                self.builder.index_timer = self.master.reactor.callLater(wait, self._again, attempt + 1)
        yield super().buildFinished(text, results)

    @defer.inlineCallbacks
    def _again(self, attempt: int) -> Any:
        properties = Properties()
        properties.setProperty(ATTEMPT, attempt, MANIFEST)
        scheduler = self.master.scheduler_manager.namedServices[MANIFEST]
        try:
            yield scheduler.addBuildsetForSourceStampsWithDefaults(
                reason=f"the indexes could not be written; attempt {attempt + 1}", properties=properties
            )
        except Exception:  # noqa: BLE001 - such as a database that is away: nobody waits for this
            log.err(None, "asking for the indexes again")
            self.builder.index_timer = self.master.reactor.callLater(WAITS[-1], self._again, attempt)
