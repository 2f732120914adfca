"""Trials after release: what is published is installed again on a system with its distribution's updates.

A product is due when it was never tried as it is now, when the archive has another version of a library that it links,
when the last trial could not tell, and after some days in any case. What an update broke is built again once: what is
still broken then is an alert until a person has mended it.
"""

import datetime
from collections.abc import Collection, Iterable, Mapping

from pydantic import AwareDatetime, BaseModel, ConfigDict

from python_builds.core.platforms.platform import Platform
from python_builds.core.publishing.artifacts import Product
from python_builds.core.publishing.records import Record

GOOD, BROKEN, UNCHECKED = "good", "broken", "not checked"
"""Verdicts: of UNCHECKED nothing is known, neither good nor bad."""

CHANGES_NAMED = 3
"""Packages whose change is named in a sentence."""


class Trial(BaseModel):
    """What came of the last trial of one product."""

    model_config = ConfigDict(frozen=True)

    revision: int
    verdict: str
    words: str = ""
    """Why it is not good."""
    at: AwareDatetime
    packages: dict[str, str] = {}
    """The versions that the archive had of what it links; empty where it has the package no more."""
    alarm: str = ""
    """What is told of it, from a bad trial until a good one."""
    rebuilt: int = 0
    """The revision that was broken and for which a rebuild was asked; 0 once a trial was good."""


class Trials(BaseModel):
    """All of one platform and architecture."""

    model_config = ConfigDict(frozen=True)

    looked_at: AwareDatetime
    problem: str = ""
    """Why nothing could be looked at."""
    trials: dict[str, Trial] = {}
    """By tag."""


class Verdict(BaseModel):
    """What one trial said."""

    model_config = ConfigDict(frozen=True)

    result: str
    words: str = ""


def to_try(published: Iterable[Product], architecture: str) -> list[Product]:
    """Choose what most people install: the newest of each minor and variant."""
    newest: dict[str, Product] = {}
    for product in sorted(published, key=lambda one: one.tag):
        if product.architecture == architecture:
            newest[product.tag.minor] = product
    return list(newest.values())


def linked_packages(record: Record) -> dict[str, str]:
    """Name the distribution's packages that a revision links, with the versions that it was built with."""
    found = record.built_with.libraries.values() if record.built_with else ()
    deb = record.product.platform.package_format == "deb"
    # scripts/steps/describe_build.py writes "name version" of debs, NAME-VERSION-RELEASE.ARCH of rpms, and a path where
    # no package has the library.
    pairs = [_of_deb(one) if deb else _of_rpm(one) for one in found if not one.startswith("/")]
    return {name: version for name, version in sorted(pairs) if name}


def _of_deb(text: str) -> tuple[str, str]:
    name, _, version = text.partition(" ")
    return name, version


def _of_rpm(text: str) -> tuple[str, str]:
    name, *version = text.rpartition(".")[0].rsplit("-", 2)
    return (name, "-".join(version)) if len(version) == 2 else ("", "")


def parse_archive(text: str) -> dict[str, str]:
    """Read what prepare-base-system.sh prints: a package of the archive a line, with its version."""
    pairs = [line.split() for line in text.splitlines()]
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}


def offered(packages: Collection[str], archive: Mapping[str, str]) -> dict[str, str]:
    """Pick what the archive has of some packages; empty for one that it has no more."""
    return {name: archive.get(name, "") for name in sorted(packages)}


def due(
    revision: int, packages: Mapping[str, str], last: Trial | None, now: datetime.datetime, days: int, *, again: bool
) -> str:
    """Say why a revision is to be tried; empty if it is not."""
    if last is None:
        return "it was never tried after its release"
    if last.revision != revision:
        return f"revision {revision} was never tried after its release"
    if changed := changes(last.packages, packages):
        return changed
    if last.verdict == UNCHECKED:
        return "the last trial could not tell"
    if now - last.at >= datetime.timedelta(days=days):
        return f"it was tried more than {days} days ago"
    return "somebody asked for it" if again else ""


def changes(before: Mapping[str, str], now: Mapping[str, str]) -> str:
    """Say what the archive changed."""
    said = [
        f"{name} {before[name]} became {version}" if version else f"{name} is gone from the archive"
        for name, version in now.items()
        if before.get(name, version) != version
    ]
    more = f" and {len(said) - CHANGES_NAMED} more" if len(said) > CHANGES_NAMED else ""
    return ", ".join(said[:CHANGES_NAMED]) + more


def settle(
    record: Record, packages: Mapping[str, str], verdict: Verdict, last: Trial | None, now: datetime.datetime
) -> tuple[Trial, bool]:
    """Take up a verdict; say whether this revision is to be built again.

    It is where an update broke it, and not where it is itself what came of building it again: that ends in an alert.
    """
    before = last.rebuilt if last else 0
    rebuilt, alarm = before, last.alarm if last else ""
    if verdict.result == GOOD:
        rebuilt, alarm = 0, ""
    elif verdict.result == BROKEN:
        rebuilt = before or record.revision
        alarm = _alarm(record, packages, verdict.words, again=rebuilt != record.revision)
    trial = Trial(
        revision=record.revision,
        verdict=verdict.result,
        words=verdict.words,
        at=now,
        packages=dict(packages),
        alarm=alarm,
        rebuilt=rebuilt,
    )
    return trial, verdict.result == BROKEN and rebuilt == record.revision


def _alarm(record: Record, packages: Mapping[str, str], words: str, *, again: bool) -> str:
    product = record.product
    changed = changes(linked_packages(record), packages)
    since = f"; since it was built, {changed}" if changed else ""
    then = (
        "it was built again for this and is broken still: pull a newer base image and run `make images "
        f"PLATFORM={product.platform.name}`, as the worker image may lack the update, then `make rebuild`"
        if again
        else "the next revision was asked for"
    )
    return (
        f"{product.tag} for {product.platform.name} {product.architecture}, revision {record.revision}: broken by an "
        f"update of the distribution: {words}{since}; {then}"
    )


def trial_alerts(found: Mapping[str, Trials]) -> dict[str, str]:
    """Say what is broken, by what an alert is known by; `found` is by builder."""
    return {
        f"what is published of CPython {tag} for {builder} is broken": one.alarm
        for builder, all_trials in found.items()
        for tag, one in all_trials.trials.items()
        if one.alarm
    }


def is_bad(found: Trials) -> bool:
    """Say whether something of it is broken."""
    return any(one.alarm for one in found.trials.values())


def trials_words(found: Trials) -> str:
    """Say how it stands in a line."""
    by_verdict: dict[str, list[str]] = {}
    for tag, one in found.trials.items():
        by_verdict.setdefault(BROKEN if one.alarm else one.verdict, []).append(tag)
    good = len(by_verdict.get(GOOD, ()))
    said = [f"{good} good"] if good else []
    for verdict in (BROKEN, UNCHECKED):
        if tags := by_verdict.get(verdict):
            said.append(f"{', '.join(tags)} {verdict}")
    problem = f"could not be looked at: {found.problem}" if found.problem else ""
    return "; ".join(filter(None, (", ".join(said), problem))) or "nothing tried yet"


def can_be_tried(platform: Platform, today: datetime.date, keep: Collection[str]) -> bool:
    """Say whether its archive still gets updates, or the operator keeps it."""
    return platform.is_supported_on(today) or platform.name in keep
