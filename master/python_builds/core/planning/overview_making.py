"""How the overview is made: what the planner, the index, the queue and the builds that run say, put together."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from packaging.version import Version

from python_builds.core.planning import agenda, plan_report
from python_builds.core.planning.estimates import Running, estimate
from python_builds.core.planning.overview import (
    BUILDING,
    FAILED,
    NO_IMAGE,
    PUBLISHED,
    QUEUED,
    QUIET,
    UNWANTED,
    WAITING,
    Cell,
    Overview,
    Row,
    Seen,
)
from python_builds.core.planning.plan import wanted
from python_builds.core.planning.unwanted import newest_of_each_minor, why_unwanted
from python_builds.core.platforms.platform import Platform
from python_builds.core.publishing.artifacts import Product, builder_name
from python_builds.core.upstream.tags import Tag, automatic_tags, parse_tag, reading_order

PROFILE = "optimized"
"""What is published, and what the planner plans."""

STATES = {agenda.PENDING: QUEUED, agenda.WAITING: WAITING, agenda.FAILED: FAILED}

Key = tuple[str, Tag]
"""A builder and what it builds."""


@dataclass(frozen=True, kw_only=True)
class _Known:
    """What is known of each product."""

    seen: Seen
    complete: frozenset[Tag]
    newest: Mapping[str, Tag]
    first_seen: Mapping[Version, datetime.datetime]
    running: Mapping[Key, Running]
    asked: frozenset[Key]
    wanted: frozenset[Key]
    lines: Mapping[Key, plan_report.Line]
    """What is wanted and not published."""
    others: Mapping[Key, plan_report.Line]
    imageless: Mapping[Key, str]
    """What would be wanted if its builder did not lack its worker image: what is lacking, and what to do."""

    @property
    def tags(self) -> set[Tag]:
        """All releases of which there is something to say."""
        keys = {*self.running, *self.asked, *self.wanted, *self.lines, *self.others}
        return {tag for _, tag in keys} | {tag for found in self.seen.published.values() for tag in found}


def make_overview(seen: Seen) -> Overview:
    """Put everything together."""
    known = _known(seen)
    columns = [
        (p, a)
        for p in seen.platforms
        for a in p.architectures
        if builder_name(p, a) in seen.builders or seen.published.get(builder_name(p, a))
    ]
    listed = seen.releases.releases if seen.releases else ()
    not_yet = {parse_tag(one.version): one.why_not_yet for one in listed if not one.complete}
    rows: list[Row] = []
    unwanted: dict[str, list[Tag]] = {}
    for tag in reading_order([*known.complete, *not_yet, *known.tags]):
        row = _row(known, tag, columns)
        if any(cell.state not in QUIET or cell.is_missing for cell in row.every):
            rows.append(row)
        elif tag not in not_yet:
            unwanted.setdefault(_why_nowhere(row), []).append(tag)
    shown = {builder_name(p, a) for p, a in columns}
    lacking: dict[str, list[str]] = {}
    for name, why in seen.lacking.items():
        if name not in shown:
            lacking.setdefault(why, []).append(name)
    return Overview(
        seen=seen,
        columns=tuple(dict.fromkeys(p.name for p, _ in columns)),
        rows=tuple(rows),
        not_yet=not_yet,
        unwanted={why: tuple(tags) for why, tags in unwanted.items()},
        lacking={why: tuple(names) for why, names in lacking.items()},
        estimates=estimate(seen.queue, seen.running, seen.now),
    )


def _known(seen: Seen) -> _Known:
    plan = seen.plan
    listed = seen.releases.releases if seen.releases else ()
    complete = {Version(release.version): release.first_seen for release in listed if release.complete}
    buildable = frozenset(tag for one in complete for tag in automatic_tags(one, seen.policy.free_threaded))
    return _Known(
        seen=seen,
        complete=buildable,
        newest=newest_of_each_minor(buildable),
        first_seen=complete,
        running={(b.builder, parse_tag(b.what)): b for b in seen.running if b.what and b.profile == PROFILE},
        asked=frozenset(_keys(plan.asked) if plan else ()),
        wanted=frozenset(_keys(plan.by_builder) if plan else ()),
        lines=_by_key(plan.lines) if plan else {},
        others=_by_key(plan.others) if plan else {},
        imageless=_imageless(seen, plan.without_image, buildable) if plan else {},
    )


def _imageless(seen: Seen, without_image: Mapping[str, str], releases: Iterable[Tag]) -> dict[Key, str]:
    """Find what the planner leaves out for want of an image, by the policy that it follows."""
    published = {
        Product(version=tag.version, platform=platform, architecture=a, profile=PROFILE, variant=tag.variant)
        for builder in without_image
        for platform, a in filter(None, [seen.builders.get(builder)])
        for tag in seen.published.get(builder, ())
    }
    products = wanted(
        releases,
        [platform for platform in seen.platforms if platform.name not in seen.policy.unsupported],
        without_image,
        published=published,
        today=seen.now.date(),
        backfill=seen.policy.backfill,
        prereleases=seen.policy.prereleases,
        keep=[platform.name for platform in seen.platforms],
    )
    return {(product.builder, product.tag): without_image[product.builder] for product in products}


def _keys(by_builder: Mapping[str, Iterable[str]]) -> Iterable[Key]:
    return ((builder, parse_tag(tag)) for builder, tags in by_builder.items() for tag in tags)


def _by_key(lines: Iterable[plan_report.Line]) -> dict[Key, plan_report.Line]:
    return {(f"{line.platform}-{line.architecture}", parse_tag(line.version)): line for line in lines}


def _row(known: _Known, tag: Tag, columns: Iterable[tuple[Platform, str]]) -> Row:
    cells: dict[str, list[Cell]] = {}
    for platform, architecture in columns:
        cells.setdefault(platform.name, []).append(_cell(known, tag, platform, architecture))
    return Row(tag=tag, cells={name: tuple(found) for name, found in cells.items()})


def _cell(known: _Known, tag: Tag, platform: Platform, architecture: str) -> Cell:
    """Say what is the case, the most urgent first: it runs, is asked for, failed, is there, is not wanted."""
    key = (builder_name(platform, architecture), tag)
    published = known.seen.published.get(key[0], {}).get(tag)
    cell = Cell(tag=tag, platform=platform.name, architecture=architecture, state=UNWANTED, published=published)
    if line := known.lines.get(key):
        cell = _failed(replace(cell, is_missing=True, is_overdue=_is_overdue(known, tag)), line, STATES[line.state])
    elif line := known.others.get(key):
        cell = _failed(cell, line, PUBLISHED if published else FAILED)
    elif published:
        cell = replace(cell, state=PUBLISHED, words="" if published.checked else "not tried on an untouched system")
    elif key in known.wanted:
        cell = replace(cell, state=PUBLISHED, words="its record is there, and the indexes follow")
    if running := known.running.get(key):
        return replace(cell, state=BUILDING, running=running, link=running.link, has_failed=False)
    if key in known.asked:
        return replace(cell, state=QUEUED, has_failed=False)
    if cell.state != UNWANTED:
        return cell
    if key[0] not in known.seen.builders:
        return replace(cell, state=known.seen.lacking.get(key[0], UNWANTED))
    if key in known.imageless and not (known.seen.plan and known.seen.plan.idle):
        return replace(cell, state=NO_IMAGE, words=known.imageless[key])
    return replace(cell, words=_why(known, tag, platform))


def _failed(cell: Cell, line: plan_report.Line, state: str) -> Cell:
    """Say how it failed, if it did."""
    if not line.failures:
        return replace(cell, state=state)
    failure = line.failure
    words = failure.words if failure else line.reason
    times = "" if line.failures == 1 else f" ({line.failures} times)"
    lacks_image = failure is not None and failure.lacks_image and state in (FAILED, WAITING)
    return replace(
        cell,
        state=NO_IMAGE if lacks_image else state,
        words=f"{words}{times}",
        link=failure.link if failure else "",
        until=line.until,
        has_failed=state != QUEUED,
    )


def _is_overdue(known: _Known, tag: Tag) -> bool:
    since = known.first_seen.get(tag.version)
    return since is not None and known.seen.now - since > known.seen.overdue


def _why(known: _Known, tag: Tag, platform: Platform) -> str:
    if known.seen.plan is not None and known.seen.plan.idle:
        return f"nothing is built by itself: {known.seen.plan.idle}"
    return why_unwanted(tag, platform, known.complete, known.newest, known.seen.policy)


def _why_nowhere(row: Row) -> str:
    """Give the reason that most platforms have."""
    reasons = [cell.words or cell.state for cell in row.every]
    return max(dict.fromkeys(reasons), key=reasons.count) if reasons else "this farm has no worker"
