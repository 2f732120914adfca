"""The planner: a scheduler that computes what is missing and asks the `release` builder for it.

It looks at start, on a timer, after each poll of python.org and whenever a request has come to its end. What it knows
it reads each time, from the store, from Buildbot's database and from the poller's file, so that a crash at any moment
neither loses nor repeats anything. Changes only wake it.
"""

import datetime
from collections.abc import Mapping
from typing import Any

from buildbot.changes.filter import ChangeFilter
from buildbot.schedulers.base import ReconfigurableBaseScheduler
from buildbot.util import poll
from twisted.internet import defer, threads
from twisted.python import log

from python_builds.adapters.planning.report_file import write_report
from python_builds.adapters.store.store import make_store
from python_builds.core.building.requests import PLANNED
from python_builds.core.errors import PythonBuildsError
from python_builds.core.planning import alerts
from python_builds.core.planning.agenda import PlannedRequest
from python_builds.core.planning.plan_report import PlanReport
from python_builds.core.platforms.platform import Platform
from python_builds.core.settings.settings import Settings
from python_builds.farm.indexes.manifest_steps import MANIFEST
from python_builds.farm.planning.announcing import announce
from python_builds.farm.planning.build_history import BuildHistory
from python_builds.farm.planning.observing import PROFILE, Farm, observe
from python_builds.farm.planning.requesting import request_once
from python_builds.farm.planning.seen_images import with_images
from python_builds.farm.workers import image_watch

COALESCE_SECONDS = 1
"""Between an event and the look: builds often end together."""

SHARE = 9
"""An event waits this many times as long as the last look took, so that looks leave the processor to the builds."""


class Planner(ReconfigurableBaseScheduler):
    """Asks for what is missing."""

    _soon: Any = None
    _later: Any = None
    _finished: Any = None
    _images: Any = None
    _has_looked = False
    looked_at: datetime.datetime | None = None
    """When it last looked at all there is."""
    _took = 0.0

    def checkConfig(self, settings: Settings, builders: Mapping[str, Any], **kwargs: Any) -> None:
        """Check the arguments."""
        super().checkConfig(builderNames=[kwargs["release"]])

    @defer.inlineCallbacks
    def reconfigService(
        self,
        settings: Settings,
        builders: Mapping[str, tuple[Platform, str]],
        recipes: Mapping[str, str],
        release: str,
        category: str,
    ) -> Any:
        """Take the arguments: the platform builders and their recipes, and the builder that is asked."""
        yield super().reconfigService(builderNames=[release])
        self.settings = settings
        self.farm = Farm(settings=settings, store=make_store(settings), builders=builders, recipes=recipes)
        self.release = release
        self.category = category
        self.history = BuildHistory(self.master, builders, release)
        if self.look.running:
            yield self.look.stop()
            self.look.start(interval=settings.plan_seconds, now=True)

    @defer.inlineCallbacks
    def activate(self) -> Any:
        """Begin to look."""
        yield super().activate()
        if not self.enabled or self.look.running:
            return
        if self._change_consumer is None:
            yield self.startConsumingChanges(change_filter=ChangeFilter(category=self.category))
        self._finished = yield self.master.mq.startConsuming(
            lambda *_: self.wake(), ("buildrequests", None, "complete")
        )
        self._images = yield self.master.mq.startConsuming(lambda *_: self.wake(), image_watch.CHANGED)
        self.look.start(interval=self.settings.plan_seconds, now=True)

    @defer.inlineCallbacks
    def deactivate(self) -> Any:
        """Look no more."""
        yield super().deactivate()
        if self._finished is not None:
            yield self._finished.stopConsuming()
            self._finished = None
            yield self._images.stopConsuming()
        for call in (self._soon, self._later):
            if call is not None and call.active():
                call.cancel()
        yield self.look.stop()

    def gotChange(self, change: Any, important: bool) -> Any:
        """Take a change for what it is: a reason to look."""
        self.wake()
        return defer.succeed(None)

    def wake(self) -> None:
        """Look soon, once for many reasons."""
        if self._soon is None or not self._soon.active():
            delay = min(max(COALESCE_SECONDS, SHARE * self._took), self.settings.plan_seconds)
            self._soon = self.master.reactor.callLater(delay, self.look)

    @poll.method
    @defer.inlineCallbacks
    def look(self) -> Any:
        """Compute what is missing, ask for it, tell what changed, and leave the report."""
        now = datetime.datetime.now(datetime.UTC)
        began = self.master.reactor.seconds()
        since = yield self._first_look(now)
        # In this order, so that what ends meanwhile is seen at least once: asked for, then tried, then published.
        pending = yield self.history.pending()
        attempts = yield self.history.attempts()
        indexes = yield self.history.index_builds()
        yield self._go_on_with_indexes(indexes)
        try:
            farm = yield with_images(self.master, self.farm)
            seen = yield threads.deferToThread(observe, farm, pending, attempts, indexes, now, since)
        except (PythonBuildsError, OSError) as error:
            log.msg(f"the planner could not look: {error}")
            failed = PlanReport(made_at=now, problems=(f"nothing could be looked at: {error}",))
            yield threads.deferToThread(write_report, self.settings.state_dir, failed)
            return
        self._took = self.master.reactor.seconds() - began
        for request in seen.agenda.requests:
            yield self._request(request)
        yield announce(self, seen.report.alerts, seen.published)
        yield threads.deferToThread(write_report, self.settings.state_dir, seen.report)
        self.looked_at = now
        self._look_again(seen.report, now)

    def _look_again(self, seen: PlanReport, now: datetime.datetime) -> None:
        """Be there when the first wait is over."""
        if self._later is not None and self._later.active():
            self._later.cancel()
        delays = [(line.until - now).total_seconds() for line in seen.lines if line.until is not None]
        if delays and self.look.running:
            self._later = self.master.reactor.callLater(max(COALESCE_SECONDS, min(delays)), self.look)

    @defer.inlineCallbacks
    def _go_on_with_indexes(self, seen: alerts.IndexBuilds) -> Any:
        """Ask at the first look for what failed before the master started: what was to try again ended with it."""
        if not self._has_looked and seen.failures:
            yield self.master.scheduler_manager.namedServices[MANIFEST].addBuildsetForSourceStampsWithDefaults(
                reason="the indexes could not be written before the farm started"
            )
        self._has_looked = True

    @defer.inlineCallbacks
    def _request(self, planned: PlannedRequest) -> Any:
        request = planned.request
        properties = {
            "python_version": str(request.tag.version),
            "variant": request.tag.variant,
            "platforms": request.platforms,
            "architectures": request.architectures,
            "profile": PROFILE,
            "force": False,
            PLANNED: True,
        }
        yield request_once(
            self,
            planned.external_id,
            builders=[self.release],
            reason=f"missing: {', '.join(product.builder for product in request.products)}",
            properties=properties,
            priority=planned.priority,
        )

    @defer.inlineCallbacks
    def _first_look(self, now: datetime.datetime) -> Any:
        first = yield self.getState("first_look", None)
        if first is None:
            yield self.setState("first_look", now.isoformat())
            return now
        return datetime.datetime.fromisoformat(first)
