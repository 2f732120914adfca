"""The overview: what there is to say of every release on every platform, and of the farm, as plain data.

It answers what an operator asks at a glance: what is missing; what failed, and why; which release is not where; how
long the queue is; how the last poll of python.org went; what was published today. overview_making.py makes it,
overview_page.py and overview_text.py write it for people.
"""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from python_builds.core.planning.estimates import Estimates, Line, Running
from python_builds.core.planning.plan_report import PlanReport
from python_builds.core.planning.unwanted import Policy
from python_builds.core.platforms.platform import Platform
from python_builds.core.upstream.release_list import ReleaseList
from python_builds.core.upstream.tags import Tag

PUBLISHED, BUILDING, QUEUED, FAILED, WAITING = "published", "building", "queued", "failed", "tried again later"
UNWANTED, NO_WORKER, NO_IMAGE = "not wanted", "no worker", "no image"
STATES = (PUBLISHED, BUILDING, QUEUED, FAILED, WAITING, NO_IMAGE, NO_WORKER, UNWANTED)
QUIET = (UNWANTED, NO_WORKER)
"""States that nobody has to do anything about."""


@dataclass(frozen=True, kw_only=True)
class Published:
    """What clients find of a product."""

    revision: int
    at: datetime.datetime
    checked: bool = True


@dataclass(frozen=True, kw_only=True)
class Container:
    """What one worker of a host does."""

    worker: str
    state: str
    container: str = ""
    """The id by which its Docker engine knows it, shortened as Docker does."""


@dataclass(frozen=True, kw_only=True)
class Host:
    """A Docker host, or this machine, with its workers."""

    name: str
    architecture: str
    containers: tuple[Container, ...]
    trouble: str = ""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """All that an overview is made of."""

    now: datetime.datetime
    platforms: Sequence[Platform]
    builders: Mapping[str, tuple[Platform, str]]
    lacking: Mapping[str, str]
    """Why there is no builder for a platform and architecture, as NO_WORKER, by the name it would have."""
    policy: Policy
    overdue: datetime.timedelta
    plan: PlanReport | None = None
    releases: ReleaseList | None = None
    polls: bool = True
    published: Mapping[str, Mapping[Tag, Published]] = field(default_factory=dict)
    """By builder."""
    running: tuple[Running, ...] = ()
    queue: tuple[Line, ...] = ()
    hosts: tuple[Host, ...] = ()
    paused: tuple[str, ...] = ()
    """What an operator has paused, a sentence each."""
    problems: tuple[str, ...] = ()
    """What could not be looked at."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One release on one platform and architecture."""

    tag: Tag
    platform: str
    architecture: str
    state: str
    words: str = ""
    """Why, or what goes on."""
    link: str = ""
    """Of the log or the build, from `#` on in the web UI."""
    until: datetime.datetime | None = None
    """When it is tried again; None if it is not, or if it did not fail."""
    published: Published | None = None
    running: Running | None = None
    is_missing: bool = False
    """Wanted, and not published."""
    has_failed: bool = False
    """The last try failed, whether it is published or not."""
    is_overdue: bool = False

    @property
    def where(self) -> str:
        """Name the platform with the architecture, as the builder is called."""
        return f"{self.platform}-{self.architecture}"


@dataclass(frozen=True, kw_only=True)
class Row:
    """One release."""

    tag: Tag
    cells: Mapping[str, tuple[Cell, ...]]
    """By platform, one for each architecture."""

    @property
    def every(self) -> list[Cell]:
        """All cells, in their order."""
        return [cell for cells in self.cells.values() for cell in cells]


@dataclass(frozen=True, kw_only=True)
class Overview:
    """All that there is to say."""

    seen: Seen
    columns: tuple[str, ...]
    """Platforms."""
    rows: tuple[Row, ...]
    not_yet: Mapping[Tag, str]
    """Why a release cannot be built yet."""
    unwanted: Mapping[str, tuple[Tag, ...]]
    """Releases that are nowhere and that nobody wants anywhere, by why."""
    lacking: Mapping[str, tuple[str, ...]]
    """Platforms and architectures without a column, by why."""
    estimates: Estimates

    def _every(self) -> Iterable[Cell]:
        return (cell for row in self.rows for cell in row.every)

    @property
    def missing(self) -> list[Cell]:
        """List what is wanted and not published."""
        return [cell for cell in self._every() if cell.is_missing]

    @property
    def failed(self) -> list[Cell]:
        """List what failed, published or not."""
        return [cell for cell in self._every() if cell.has_failed]

    @property
    def overdue(self) -> list[Cell]:
        """List what should have been published by now."""
        return [cell for cell in self._every() if cell.is_overdue]

    @property
    def today(self) -> list[Cell]:
        """List what was published today, by this machine's clock, the newest first."""
        day = self.seen.now.astimezone().date()
        found = [
            (c.published.at, c) for c in self._every() if c.published and c.published.at.astimezone().date() == day
        ]
        return [cell for _, cell in sorted(found, key=lambda pair: pair[0], reverse=True)]

    @property
    def waiting(self) -> int:
        """Count what waits for a worker."""
        return sum(line.waiting for line in self.seen.queue)
