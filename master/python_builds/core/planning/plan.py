"""What is to be built is computed, not remembered: what is wanted, in the order in which it is asked for.

What exists and what is asked for already is subtracted in agenda.py for the planner, by `missing` for a release.
"""

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from packaging.version import Version

from python_builds.core.platforms.platform import Platform
from python_builds.core.publishing.artifacts import Product, builder_name
from python_builds.core.upstream.releases import minor
from python_builds.core.upstream.tags import Tag
from python_builds.core.workers import missing_images
from python_builds.core.workers.missing_images import MissingImage

BACKFILLS = ("latest", "all", "none")
"""What a platform without any build gets: the latest patch of each minor, every release, or nothing but what is new."""

PERSON_PRIORITY, FINAL_PRIORITY, BACKLOG_PRIORITY, PRERELEASE_PRIORITY, REBUILD_PRIORITY = 30, 20, 15, 10, 0
TRIAL_PRIORITY = -10
"""Of build requests; Buildbot starts the highest first. Whoever asks for a release, even for one that exists, has a
reason to want it now; others wait for what the planner asks for, nobody for a batch of rebuilds. The backlog are final
releases that a newer one of their minor has followed. What is published is tried again when nothing else waits."""


@dataclass(frozen=True, kw_only=True)
class BuildMatrix:
    """What one release comes to on this farm."""

    products: tuple[Product, ...]
    left_out: Mapping[str, tuple[str, ...]]
    """For the operator: why something is not built, as in "no worker for arm64", and on which platforms.
    An architecture that nobody named is worth no word where the platform is built for another."""

    @property
    def sentences(self) -> list[str]:
        """Say what is left out, and why."""
        return [reason + (f" ({', '.join(names)})" if names else "") for reason, names in self.left_out.items()]


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request of the `release` builder: products of one version's variant in one profile."""

    products: tuple[Product, ...]

    @property
    def tag(self) -> Tag:
        """What is built."""
        return self.products[0].tag

    @property
    def platforms(self) -> list[str]:
        """For these."""
        return list(dict.fromkeys(product.platform.name for product in self.products))

    @property
    def architectures(self) -> list[str]:
        """On each platform on all of these."""
        return sorted({product.architecture for product in self.products})


def split_into_requests(products: Iterable[Product], builders: Collection[str]) -> tuple[Request, ...]:
    """Put products of one profile into as few requests as name exactly them on this farm, in their order.

    A request names platforms and architectures: one for each version and variant, or one for all platforms that lack
    the same architectures.
    """
    by_tag: dict[Tag, list[Product]] = {}
    for product in products:
        by_tag.setdefault(product.tag, []).append(product)
    return tuple(request for mine in by_tag.values() for request in _split(mine, builders))


def _split(products: Sequence[Product], builders: Collection[str]) -> Iterable[Request]:
    whole = Request(products=tuple(products))
    platforms = tuple(dict.fromkeys(product.platform for product in products))
    comes_to = expand(whole.tag, platforms, builders, products[0].profile, whole.architectures).products
    if {*comes_to} == {*products}:
        return [whole]
    grouped: dict[tuple[str, ...], list[Product]] = {}
    for platform in platforms:
        mine = [product for product in products if product.platform == platform]
        grouped.setdefault(tuple(sorted(product.architecture for product in mine)), []).extend(mine)
    return [Request(products=tuple(group)) for group in grouped.values()]


def expand(
    tag: Tag,
    platforms: Sequence[Platform],
    builders: Collection[str],
    profile: str,
    architectures: Collection[str] = (),
    imageless: Mapping[str, MissingImage] = MappingProxyType({}),
) -> BuildMatrix:
    """Say what a request for one tag on these platforms comes to, given the builders that this farm has.

    Without `architectures` it is for all that a platform has. `imageless` are builders that lack their worker image.
    """
    products: list[Product] = []
    left_out: dict[str, list[str]] = {}
    without_image: list[MissingImage] = []
    for platform in platforms:
        if not platform.supports(tag.version):
            left_out.setdefault(f"needs CPython {platform.oldest_python} or newer", []).append(platform.name)
            continue
        named = [a for a in platform.architectures if not architectures or a in architectures]
        manned = [a for a in named if builder_name(platform, a) in builders]
        able = [a for a in manned if builder_name(platform, a) not in imageless]
        for architecture in able:
            products.append(
                Product(
                    version=tag.version,
                    platform=platform,
                    architecture=architecture,
                    profile=profile,
                    variant=tag.variant,
                )
            )
        lacking = [a for a in named if a not in manned]
        if lacking and (architectures or not manned):
            left_out.setdefault(f"no worker for {' or '.join(lacking)}", []).append(platform.name)
        if architectures or not able:
            without_image += [imageless[builder_name(platform, a)] for a in manned if a not in able]
    reasons = {reason: tuple(names) for reason, names in left_out.items()}
    return BuildMatrix(products=tuple(products), left_out={**reasons, **missing_images.left_out(without_image)})


def wanted(
    releases: Iterable[Tag],
    platforms: Iterable[Platform],
    builders: Collection[str],
    *,
    published: Collection[Product],
    today: datetime.date,
    backfill: str = "latest",
    prereleases: bool = False,
    keep: Collection[str] = (),
) -> tuple[Product, ...]:
    """Say what the policy wants built by itself, for releases of maintained minors and the variants that each gets.

    A platform past its vendor's support gets nothing new, unless it is one to keep. Of each minor and variant a
    platform gets the latest patch, and all that is newer than the oldest it already has: so a new platform starts at
    the latest and then misses nothing, but for pre-releases whose release is there.
    """
    candidates = _candidates(releases, prereleases=prereleases, backfill=backfill)
    have: dict[tuple[str, str, str], list[Version]] = {}
    for product in published:
        have.setdefault(_line(product), []).append(product.version)
    result = []
    for platform in platforms:
        if not platform.is_supported_on(today) and platform.name not in keep:
            continue
        mine = [tag for tag in candidates if platform.supports(tag.version)]
        for tag in mine:
            alike = [other.version for other in mine if other.variant == tag.variant]
            for product in expand(tag, [platform], builders, "optimized").products:
                if _belongs(tag.version, alike, have.get(_line(product), []), backfill):
                    result.append(product)
    return tuple(result)


def _candidates(releases: Iterable[Tag], *, prereleases: bool, backfill: str) -> list[Tag]:
    every = {tag for tag in releases if prereleases or not tag.is_prerelease}
    finals = {str(tag.version) for tag in every if not tag.is_prerelease}
    superseded = {tag for tag in every if tag.is_prerelease and tag.version.base_version in finals}
    return sorted(every if backfill == "all" else every - superseded)


def _line(product: Product) -> tuple[str, str, str]:
    """Name what the versions of a product have in common."""
    return product.builder, product.variant, product.profile


def _belongs(version: Version, candidates: Sequence[Version], have: Sequence[Version], backfill: str) -> bool:
    series = minor(version)
    oldest = min((v for v in have if minor(v) == series), default=None)
    if backfill == "all" or (oldest is not None and version >= oldest):
        return True
    if backfill == "none":
        return bool(have) and version > max(have)
    mine = [v for v in candidates if minor(v) == series]
    # A pre-release comes beside the latest final release, never instead of it.
    return version in (max(mine), max((v for v in mine if not v.is_prerelease), default=None))


def missing(
    wanted: Iterable[Product], *, published: Collection[Product], pending: Collection[Product]
) -> tuple[Product, ...]:
    """Say what to ask for now, the most urgent first: final releases before pre-releases, newer before older.

    Of one version the ordinary build comes before the free-threaded one.
    """
    found = [product for product in wanted if product not in published and product not in pending]
    found.sort(key=lambda p: p.variant)
    return tuple(sorted(found, key=lambda p: (priority(p.version), p.version), reverse=True))


def priority(version: Version) -> int:
    """Give the priority of what the planner asks for."""
    return PRERELEASE_PRIORITY if version.is_prerelease else FINAL_PRIORITY
