"""What monitoring wants to know of a farm that runs: how it is, and its figures, as plain data.

Whether it lives is another question than whether it does its work. A master whose database is away must not be started
anew for that: its builds wait and go on. So it lives as long as it answers, it is ready where its database answers, and
it is well where python.org is polled, the planner looks and a host can build, too. Nothing here is a sentence or a
name: who may read it need not be asked.
"""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from packaging.version import Version

from python_builds.core.planning.plan_report import PlanReport
from python_builds.core.upstream.release_list import ListedRelease, ReleaseList
from python_builds.core.upstream.tags import parse_tag

PLANS_MISSED = 3
"""Times that the planner looks, after which it counts as stuck."""

PLAN_PATIENCE = datetime.timedelta(minutes=5)
"""And at least so long: a look at a large store takes a while."""


@dataclass(frozen=True, kw_only=True)
class HostSigns:
    """How one host is."""

    name: str
    is_up: bool
    workers: Mapping[str, int]
    """How many of its workers are in each state."""


@dataclass(frozen=True, kw_only=True)
class Signs:
    """What was seen."""

    now: datetime.datetime
    started: datetime.datetime
    database_silence: float
    """Seconds; 0 where it answers."""
    polls: bool
    """Whether python.org is a source."""
    polled: datetime.datetime | None
    """When that last went well."""
    poll_patience: datetime.timedelta
    plans: bool
    """Whether the planner is on: an operator may pause it."""
    planned: datetime.datetime | None
    """When it last looked at all there is."""
    plan_seconds: float
    hosts: tuple[HostSigns, ...]

    @property
    def is_ready(self) -> bool:
        """Whether it can do what it is asked for."""
        return not self.database_silence

    @property
    def checks(self) -> dict[str, dict[str, object]]:
        """Say of each part whether it is well, with figures."""
        polls = self.poll_patience
        plans = max(PLANS_MISSED * datetime.timedelta(seconds=self.plan_seconds), PLAN_PATIENCE)
        up = sum(host.is_up for host in self.hosts)
        return {
            "database": {"ok": self.is_ready, "silent_seconds": round(self.database_silence)},
            "poll": {
                "ok": not self.polls or self._is_recent(self.polled, polls),
                **self._age(self.polled),
            },
            "planner": {"ok": not self.plans or self._is_recent(self.planned, plans), **self._age(self.planned)},
            "hosts": {"ok": up > 0 or not self.hosts, "up": up, "down": len(self.hosts) - up},
        }

    @property
    def is_well(self) -> bool:
        """Whether all parts are."""
        return all(check["ok"] for check in self.checks.values())

    def _is_recent(self, when: datetime.datetime | None, patience: datetime.timedelta) -> bool:
        """A farm that has just started is given the same time for the first."""
        return self.now - max(filter(None, (when, self.started))) <= patience

    def _age(self, when: datetime.datetime | None) -> dict[str, object]:
        return {"age_seconds": None if when is None else round((self.now - when).total_seconds())}


@dataclass(frozen=True, kw_only=True)
class Queue:
    """What waits for one builder."""

    builds: int = 0
    oldest: int | None = None
    """Since when (Unix)."""


@dataclass(frozen=True, kw_only=True)
class Unpublished:
    """Complete releases that are not published on every platform where they are wanted."""

    count: int = 0
    newest: datetime.datetime | None = None
    """When the farm first saw the newest of them."""
    oldest: datetime.datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Figures:
    """What is counted."""

    signs: Signs
    builders: Mapping[str, str]
    """All builders of this farm, each with its platform, or nothing where it is of none: these bound all labels."""
    queues: Mapping[str, Queue] = field(default_factory=dict)
    running: Mapping[str, int] = field(default_factory=dict)
    ended: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """Builds since the master started, by builder and result."""
    store_errors: Mapping[str, int] = field(default_factory=dict)
    unpublished: Unpublished = Unpublished()
    missing: Mapping[str, int] = field(default_factory=dict)
    """Products that are wanted and not published, by state."""
    alerts: int = 0


def unpublished(plan: PlanReport | None, releases: ReleaseList | None) -> Unpublished:
    """Find the releases that are complete at python.org and not published everywhere."""
    behind = {parse_tag(line.version).version for line in (plan.lines if plan else ())}
    seen = [one.first_seen for one in _complete(releases) if Version(one.version) in behind]
    return Unpublished(count=len(seen), newest=max(seen, default=None), oldest=min(seen, default=None))


def _complete(releases: ReleaseList | None) -> Iterable[ListedRelease]:
    return (one for one in (releases.releases if releases else ()) if one.complete)
