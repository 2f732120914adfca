"""Looks at the farm for monitoring, and counts the builds that end. It looks when somebody asks, once for all who do.

All of it comes from memory and two small files, but for one question to the database about what waits. While the
database is away the answer is the last one: monitoring must not wait for what it watches.
"""

import datetime
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from buildbot.process.results import Results
from buildbot.util.service import BuildbotService
from twisted.internet import defer, threads
from twisted.python import log
from twisted.python.failure import Failure

from python_builds.adapters.metrics_text import metrics_text
from python_builds.adapters.planning.overview_files import read_looks
from python_builds.adapters.store.store_errors import ErrorCount
from python_builds.core.planning.agenda import FAILED, PENDING, WAITING
from python_builds.core.planning.pauses import PLANNER
from python_builds.core.planning.vital_signs import Figures, HostSigns, Queue, Signs, unpublished
from python_builds.core.platforms.platform import Platform
from python_builds.core.settings.settings import Settings
from python_builds.farm.builders import platform_builders
from python_builds.farm.database.database_watch import NAME as WATCH
from python_builds.farm.planning import request_rows
from python_builds.farm.web.overview_farm import WORKER_STATES, hosts, worker_state
from python_builds.farm.workers.image_watch import watch_of

NAME = "vital signs"

LASTS_SECONDS = 2
"""A look is good for as long, however many ask."""


PATIENCE = 3
"""Seconds that an answer waits for the database; without, what waits is what it was."""


class VitalSigns(BuildbotService):
    """Knows how the farm is."""

    name = NAME

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.counts: list[ErrorCount] = []
        self.ended: Counter[tuple[str, str]] = Counter()
        self.queues: Mapping[str, Queue] = {}
        self.looked_at = 0.0
        self.is_asking = False
        self.lock = defer.DeferredLock()
        super().__init__(*args, **kwargs)

    def reconfigService(self, platforms: Sequence[Platform], settings: Settings, store_errors: ErrorCount) -> Any:
        """Take the platforms, the settings, and what counts the store's errors: `reconfig` brings another one."""
        self.settings = settings
        self.platforms = platform_builders(platforms, settings)
        if store_errors not in self.counts:
            self.counts.append(store_errors)
        return defer.succeed(None)

    @defer.inlineCallbacks
    def startService(self) -> Any:
        """Begin to count."""
        self.started = datetime.datetime.now(datetime.UTC)
        yield super().startService()
        self.consumer = yield self.master.mq.startConsuming(self._has_ended, ("builds", None, "finished"))

    @defer.inlineCallbacks
    def stopService(self) -> Any:
        """Count no more."""
        yield self.consumer.stopConsuming()
        yield super().stopService()

    @defer.inlineCallbacks
    def _has_ended(self, _: Any, build: Mapping[str, Any]) -> Any:
        builder = yield self.master.data.get(("builders", build["builderid"]))
        self.ended[builder["name"], Results[build["results"]]] += 1

    def signs(self) -> Any:
        """Say how it is."""
        return self.lock.run(self._signs)

    def metrics(self) -> Any:
        """Write all figures for Prometheus."""
        return self.lock.run(self._metrics)

    @defer.inlineCallbacks
    def _signs(self) -> Any:
        yield self._look()
        return self.seen

    @defer.inlineCallbacks
    def _metrics(self) -> Any:
        yield self._look()
        return self.text

    @defer.inlineCallbacks
    def _look(self) -> Any:
        clock = self.master.reactor
        if self.looked_at and clock.seconds() - self.looked_at < LASTS_SECONDS:
            return
        silence = self.master.service_manager.namedServices[WATCH].silence
        yield self._count_queues(clock)
        live = self._live()
        self.seen, self.text = yield threads.deferToThread(self._put_together, silence, live)
        self.looked_at = clock.seconds()

    def _count_queues(self, clock: Any) -> Any:
        """Ask the database, unless it still owes the last answer, and wait for it for a moment."""
        if self.is_asking:
            return defer.succeed(None)
        self.is_asking = True
        waited: defer.Deferred[None] = defer.Deferred()
        late = clock.callLater(PATIENCE, waited.callback, None)

        def done(result: Any) -> None:
            self.is_asking = False
            if isinstance(result, Failure):
                log.err(result, "what waits was not counted")
            if late.active():
                late.cancel()
                waited.callback(None)

        self._ask_for_queues().addBoth(done)
        return waited

    @defer.inlineCallbacks
    def _ask_for_queues(self) -> Any:
        ids = {}
        for name, builder in self.master.botmaster.builders.items():
            ids[(yield builder.getBuilderId())] = name
        waiting = yield request_rows.waiting(self.master)
        self.queues = {
            ids[number]: Queue(builds=one.requests, oldest=one.since)
            for number, one in waiting.items()
            if number in ids
        }

    def _live(self) -> dict[str, Any]:
        """Say what the master's own objects know, in their thread."""
        builders = self.master.botmaster.builders
        planner = self.master.scheduler_manager.namedServices.get(PLANNER)
        ended = {(name, result): self.ended[name, result] for name in builders for result in Results}
        return {
            "hosts": self._hosts(),
            "planner": (planner is not None and planner.enabled, getattr(planner, "looked_at", None)),
            "builders": {name: self.platforms[name][0].name if name in self.platforms else "" for name in builders},
            "running": {name: len(builder.building) for name, builder in builders.items()},
            "ended": ended,
        }

    def _hosts(self) -> tuple[HostSigns, ...]:
        workers = self.master.workers.workers
        watch = watch_of(self.master)
        silent = watch.seen.silent if watch is not None else {}
        busy = {build.workername for builder in self.master.botmaster.builders.values() for build in builder.building}
        found = []
        for host in hosts(self.settings, workers, ()):
            states = Counter(worker_state(workers[c.worker], builds=c.worker in busy) for c in host.containers)
            found.append(
                HostSigns(
                    name=host.name,
                    is_up=not host.trouble and host.name not in silent,
                    workers={state: states[state] for state in WORKER_STATES},
                )
            )
        return tuple(found)

    def _put_together(self, silence: float, live: dict[str, Any]) -> tuple[Signs, bytes]:
        """Read the files, in a thread."""
        plan, releases = read_looks(self.settings.state_dir)
        plans, planned = live["planner"]
        signs = Signs(
            now=datetime.datetime.now(datetime.UTC),
            started=self.started,
            database_silence=silence,
            polls="python.org" in self.settings.sources.split(),
            polled=releases.last_success if releases else None,
            poll_patience=datetime.timedelta(hours=self.settings.poll_overdue_hours),
            plans=plans,
            planned=planned,
            plan_seconds=self.settings.plan_seconds,
            hosts=live["hosts"],
        )
        states = Counter(line.state for line in (plan.lines if plan else ()))
        figures = Figures(
            signs=signs,
            builders=live["builders"],
            queues=self.queues,
            running=live["running"],
            ended=live["ended"],
            store_errors={k: sum(count.counted()[k] for count in self.counts) for k in self.counts[0].counted()},
            unpublished=unpublished(plan, releases),
            missing={state: states[state] for state in (PENDING, WAITING, FAILED)},
            alerts=len(plan.alerts) if plan else 0,
        )
        return signs, metrics_text(figures)
