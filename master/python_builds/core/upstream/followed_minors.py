"""Which minors a farm follows: those that are not end-of-life, by the release cycle data, and what the settings say."""

import datetime
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from packaging.version import Version

from python_builds.core.errors import SourceError
from python_builds.core.upstream.releases import MINOR_PATTERN, Listing, minor

END_OF_LIFE = "end-of-life"
"""The one status of the release cycle data that counts: https://peps.python.org/api/release-cycle.json."""

_OLDEST_UNNAMED = Version("3.9")
_MAINTAINED = datetime.timedelta(days=5 * 366)
_MINOR = re.compile(MINOR_PATTERN, re.ASCII)
_END = re.compile(r"[0-9]{4}-[0-9]{2}(?:-[0-9]{2})?", re.ASCII)
_STATUS = re.compile(r"[a-z][a-z -]{0,39}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The minors that a farm follows, with their status."""

    minors: Mapping[str, str]
    prereleases: bool
    notes: tuple[str, ...] = ()

    def has(self, version: Version) -> bool:
        """Say whether a release belongs to what is followed."""
        return minor(version) in self.minors and (self.prereleases or not version.is_prerelease)


def parse_release_cycle(raw: object) -> dict[str, str]:
    """Read each minor's status from the release cycle data; entries that are none are passed over.

    Raises:
        SourceError: if no minor has a status.
    """
    entries = raw.items() if isinstance(raw, dict) else ()
    found = {
        name: entry["status"]
        for name, entry in entries
        if isinstance(name, str)
        and _MINOR.fullmatch(name)
        and isinstance(entry, dict)
        and isinstance(entry.get("status"), str)
        and _STATUS.fullmatch(entry["status"])
    }
    if not found:
        raise SourceError("the release cycle data gives no minor a status; has its format changed?")
    return found


def parse_ends(raw: object) -> dict[str, dict[str, str]]:
    """Read each minor's status and its end of life, a month or a day, from the release cycle data."""
    if not isinstance(raw, dict):
        return {}
    try:
        statuses = parse_release_cycle(raw)
    except SourceError:
        return {}
    ends = {name: raw[name].get("end_of_life") for name in statuses}
    return {
        name: {
            "status": status,
            **({"end_of_life": end} if isinstance(end := ends[name], str) and _END.fullmatch(end) else {}),
        }
        for name, status in statuses.items()
    }


def choose_minors(
    listing: Listing,
    cycle: Mapping[str, str] | None,
    *,
    added: Collection[str],
    excluded: Collection[str],
    prereleases: bool,
    today: datetime.date,
) -> Wanted:
    """Say which minors are followed: those not end-of-life, and those the data does not know yet; then the settings."""
    notes = []
    if cycle is None:
        chosen = dict.fromkeys(_lately_released(listing, today), "unknown")
        notes.append(
            "there is no release cycle data: every minor from 3.9 on that had a release in the last 5 years counts"
        )
    else:
        chosen = {name: status for name, status in cycle.items() if status != END_OF_LIFE}
        unnamed = _unnamed(listing, cycle, today) - {*excluded}
        chosen |= dict.fromkeys(unnamed, "unknown")
        notes += [
            f"the release cycle data does not name {name}, of which there are releases: it is followed all the same"
            for name in sorted(unnamed, key=Version)
        ]
    chosen |= {name: (cycle or {}).get(name, "unknown") for name in added}
    kept = {name: chosen[name] for name in sorted(chosen, key=Version) if name not in excluded}
    return Wanted(minors=kept, prereleases=prereleases, notes=tuple(notes))


def _unnamed(listing: Listing, cycle: Mapping[str, str], today: datetime.date) -> set[str]:
    """Pick the minors that are new, or were released lately, and that the data does not name."""
    newest = max(map(Version, cycle))
    unnamed = {minor(version) for version in listing.published} - cycle.keys()
    return {name for name in unnamed if Version(name) > newest} | (unnamed & _lately_released(listing, today))


def _lately_released(listing: Listing, today: datetime.date) -> set[str]:
    return {
        minor(version)
        for version, date in listing.published.items()
        if date and today - date.date() <= _MAINTAINED and Version(minor(version)) >= _OLDEST_UNNAMED
    }
