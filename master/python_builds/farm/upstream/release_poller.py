"""Makes python.org's releases visible: one change for each that is complete, with its version as `python_version`.

A change is made once. The first look at python.org makes one for the newest release of each minor only, and takes the
rest as known. Nothing is lost or repeated when the master dies in between: the list of releases is written first, then
the changes, then what is known; and before a change is written the database is asked whether it is there.
"""

import time
from typing import Any

from buildbot.changes.base import ReconfigurablePollingChangeSource
from buildbot.data.resultspec import Filter
from buildbot.util.state import StateMixin
from twisted.internet import defer
from twisted.python import log

from python_builds.adapters.stop import Stopped
from python_builds.adapters.upstream.release_watch import ReleaseWatch
from python_builds.core.settings.settings import Settings
from python_builds.core.upstream.release_list import ReleaseList
from python_builds.core.upstream.releases import Release, minor
from python_builds.farm.steps.in_thread import InThread

CATEGORY = "release"
SLACK = 1
"""Seconds after the time at which python.org may be asked again."""


class ReleasePoller(ReconfigurablePollingChangeSource, StateMixin):
    """Polls python.org's release API."""

    _again: Any = None
    _looking: InThread | None = None

    def checkConfig(self, settings: Settings, pollInterval: float, **bounds: float) -> None:
        """Check the arguments."""
        super().checkConfig(name=self.name, pollInterval=pollInterval, pollAtLaunch=True)

    @defer.inlineCallbacks
    def reconfigService(self, settings: Settings, pollInterval: float, **bounds: float) -> Any:
        """Take the arguments; tests make the bounds of ReleaseWatch shorter."""
        self.watch = ReleaseWatch(settings, poll_seconds=pollInterval, **bounds)
        yield super().reconfigService(name=self.name, pollInterval=pollInterval, pollAtLaunch=True)

    @defer.inlineCallbacks
    def deactivate(self) -> Any:
        """Poll no more."""
        self._forget()
        if self._looking is not None:
            self._looking.end("the farm stops")
        yield super().deactivate()

    @defer.inlineCallbacks
    def poll(self) -> Any:
        """Make a change for each release that is new and complete."""
        self._forget()
        known = yield self.getState("known", None)
        self._looking = InThread(self.master.reactor)
        try:
            poll = yield self._looking.run(self.watch.poll, known, self._looking.stop)
        except Stopped:
            return
        finally:
            self._looking = None
        for remark in poll.remarks:
            log.msg(remark)
        for release in poll.new:
            yield self._add_change(release)
        # Without any answer yet, the first look is still to come.
        if poll.seen:
            yield self.setState("known", sorted({*(known or ()), *poll.seen}))
        yield self._tell(poll.releases)
        if poll.releases.next_try_at and self.doPoll.running:
            wait = poll.releases.next_try_at.timestamp() - time.time() + SLACK
            self._again = self.master.reactor.callLater(max(wait, SLACK), self.doPoll)

    @defer.inlineCallbacks
    def _add_change(self, release: Release) -> Any:
        version = str(release.version)
        same = [Filter("revision", "eq", [version]), Filter("category", "eq", [CATEGORY])]
        if (yield self.master.data.get(("changes",), filters=same)):
            return
        yield self.master.data.updates.addChange(
            author="python.org",
            comments=f"CPython {version}",
            revision=version,
            branch=minor(release.version),
            category=CATEGORY,
            revlink=release.url,
            properties={"python_version": version, "prerelease": release.is_prerelease},
        )

    @defer.inlineCallbacks
    def _tell(self, releases: ReleaseList) -> Any:
        """Leave in Buildbot's state how the polls go, beside the file."""
        health = releases.model_dump(mode="json", include={"last_success", "last_problem", "failures", "next_try_at"})
        yield self.setState("health", health)

    def _forget(self) -> None:
        if self._again is not None and self._again.active():
            self._again.cancel()
        self._again = None


def make_change_sources(settings: Settings) -> list[ReleasePoller]:
    """Make the poller, where the settings name python.org as a source."""
    if "python.org" not in settings.sources.split():
        return []
    return [ReleasePoller(name="python.org", settings=settings, pollInterval=settings.poll_seconds)]
