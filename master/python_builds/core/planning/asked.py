"""What a person asks for by a form, looked at before it is asked for: where, how many builds, and of what release."""

import datetime
from collections.abc import Collection, Iterable, Mapping

from packaging.version import Version

from python_builds.core.building.requests import ReleaseRequest
from python_builds.core.planning.plan import expand
from python_builds.core.platforms.platform import Platform
from python_builds.core.publishing.artifacts import Product
from python_builds.core.upstream.release_list import ReleaseList
from python_builds.core.upstream.releases import minor
from python_builds.core.upstream.tags import Tag

FRESH = datetime.timedelta(days=1)
"""How old an answer of python.org's may be for a version to be refused by it."""

AHEAD = 1
"""Releases of a minor, and minors, that python.org may have since it was asked last."""

Builders = Mapping[str, tuple[Platform, str]]
"""This farm's platform builders, by name."""


def usual_platforms(builders: Builders, today: datetime.date, keep: Collection[str]) -> tuple[Platform, ...]:
    """Say which platforms are meant where none is named: those with a worker, and supported or kept."""
    able = dict.fromkeys(platform for platform, _ in builders.values())
    return tuple(platform for platform in able if platform.is_supported_on(today) or platform.name in keep)


def products_of(request: ReleaseRequest, builders: Builders, released: Iterable[Version]) -> tuple[Product, ...]:
    """List what a request comes to; of the newest of something, where nobody knows which that is, at most."""
    tag: Tag | None
    if isinstance(request.wanted, Tag):
        tag = request.wanted
    else:
        tag = request.wanted.pick(Tag(version, request.wanted.variant) for version in released)
        # Any version that all of them can build serves to count.
        tag = tag or Tag(max(Version(f"{platform.oldest_python}.0") for platform in request.platforms))
    return expand(tag, request.platforms, builders, request.profile, request.architectures).products


def nobody_has(version: Version, known: ReleaseList, now: datetime.datetime) -> str:
    """Say why a version cannot be had yet, as a sentence; nothing where that is not known for sure."""
    if known.last_success is None or now - known.last_success > FRESH or not known.minors:
        return ""
    asked = f"python.org was asked at {known.last_success:%Y-%m-%d %H:%M} UTC"
    newest = max(map(Version, known.minors))
    if version.major > newest.major or version.minor > newest.minor + AHEAD:
        return f"CPython {version} does not exist: the newest minor is {newest} ({asked})"
    mine = [one for one in (Version(r.version) for r in known.releases) if minor(one) == minor(version)]
    last = max((one for one in mine if not one.is_prerelease), default=None)
    if last is not None and version.micro > last.micro + AHEAD:
        return f"CPython {version} does not exist: the newest release of {minor(version)} is {last} ({asked})"
    return ""
