"""Alerts: what somebody should know, told once when it begins and once when it is over; and news, told once.

An alert has a key that stays the same for as long as it lasts, and a sentence for people. What is told is the
difference between the alerts of two looks, so it does not matter how many builds failed in between. News are the
products that a look finds published and the one before did not. farm/reporters.py makes a mail of it: what its subject
begins with, and where the farm is.
"""

import datetime
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from packaging.version import Version

from python_builds.core.planning.agenda import PUBLISHED, Attempts, Item
from python_builds.core.planning.back_off import BROKEN, CANCELLED, FAILED, Attempt
from python_builds.core.publishing.artifacts import Product
from python_builds.core.upstream.tags import Tag


@dataclass(frozen=True, kw_only=True)
class Notice:
    """One change to tell of."""

    key: str
    solved: bool
    text: str
    versions: tuple[Mapping[str, str], ...] = ()
    """What is new, for programs: version and platform, as the predecessor told it, and architecture."""

    @property
    def subject(self) -> str:
        """A line about it."""
        return f"solved: {self.key}" if self.solved and not self.versions else self.key


def shown_as_cells(tag: object, where: str, profile: str) -> set[str]:
    """Name the alerts that say of a product what a table of products says already."""
    return {
        f"python-{tag} for {where} ({profile}) fails",
        f"the release build of CPython {tag} fails",
        f"CPython {tag} is overdue",
    }


def failing(attempts: Attempts) -> dict[str, str]:
    """Say which products and releases failed at their last try, whoever asked; a cancelled one says nothing."""
    found = {}
    for what, last in last_failures(attempts).items():
        name = f"the release build of CPython {what}" if isinstance(what, Tag) else str(what)
        found[f"{name} fails"] = last.reason
    return found


def last_failures(attempts: Attempts) -> dict[Product | Tag, Attempt]:
    """Give the last try of each product and release whose last try failed; a cancelled one says nothing."""
    found = {}
    for what, all_attempts in attempts.items():
        counted = [one for one in all_attempts if one.result != CANCELLED]
        last = max(counted, key=lambda t: (t.ended, t.request), default=None)
        if last is not None and last.result in (FAILED, BROKEN):
            found[what] = last
    return found


def overdue(
    first_seen: Mapping[Version, datetime.datetime],
    items: Iterable[Item],
    now: datetime.datetime,
    patience: datetime.timedelta,
) -> dict[str, str]:
    """Say which complete releases are not published everywhere in time, and what is in the way."""
    behind: dict[Tag, list[str]] = {}
    for item in items:
        seen = first_seen.get(item.product.version)
        if item.state != PUBLISHED and seen is not None and now - seen > patience:
            reason = f" ({item.back_off.reason})" if item.back_off else ""
            behind.setdefault(item.product.tag, []).append(f"{item.product.builder}: {item.state}{reason}")
    return {
        f"CPython {tag} is overdue": f"seen {first_seen[tag.version]:%Y-%m-%d %H:%M} UTC, not published on\n"
        + "\n".join(lines)
        for tag, lines in behind.items()
    }


def unpolled(
    last_success: datetime.datetime, problem: str | None, now: datetime.datetime, patience: datetime.timedelta
) -> dict[str, str]:
    """Say that python.org was not polled for too long."""
    if now - last_success <= patience:
        return {}
    return {
        "python.org is not polled": f"not since {last_success:%Y-%m-%d %H:%M} UTC: {problem or 'it was never tried'}"
    }


UNWRITTEN_AFTER = 3
"""Builds of the indexes that failed one after another: six minutes by the waits between them."""


@dataclass(frozen=True, kw_only=True)
class IndexBuilds:
    """What came of the last builds of the indexes."""

    failures: int = 0
    """In a row, the last of them the last build."""
    reason: str = ""
    damaged: Mapping[str, str] = field(default_factory=dict)
    """What the last good one found damaged: sentences, by key."""


def of_indexes(seen: IndexBuilds) -> dict[str, str]:
    """Say that the indexes cannot be written, and what is damaged in the store."""
    found = {f"{key} is damaged": sentence for key, sentence in seen.damaged.items()}
    if seen.failures >= UNWRITTEN_AFTER:
        found["the indexes are not written"] = f"tried {seen.failures} times, and again: {seen.reason}"
    return found


def notices(before: Collection[str], alerts: Mapping[str, str]) -> tuple[Notice, ...]:
    """Compare the keys of the alerts that were told with those there are."""
    begun = [Notice(key=key, solved=False, text=text) for key, text in alerts.items() if key not in before]
    over = [Notice(key=key, solved=True, text="it is over") for key in before if key not in alerts]
    return (*begun, *over)


def news(before: Collection[str], published: Iterable[Product]) -> tuple[Notice, ...]:
    """Tell of products that were not published before; `before` has them as text."""
    new = sorted((p for p in published if str(p) not in before), key=lambda p: (p.tag, p.builder))
    if not new:
        return ()
    tags = ", ".join(dict.fromkeys(str(product.tag) for product in new))
    versions = tuple({"version": str(p.tag), "platform": p.platform.name, "architecture": p.architecture} for p in new)
    return (Notice(key=f"published: CPython {tags}", solved=True, text="\n".join(map(str, new)), versions=versions),)
