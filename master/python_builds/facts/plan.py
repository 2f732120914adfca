"""What is to be built is computed, not remembered: wanted, minus what exists, minus what is already asked for."""

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from packaging.version import Version

from python_builds.facts.artifacts import Product, builder_name
from python_builds.facts.platforms import Platform
from python_builds.facts.releases import minor

BACKFILLS = ("latest", "all", "none")
"""What a platform without any build gets: the latest patch of each minor, every release, or nothing but what is new."""

FINAL_PRIORITY, PRERELEASE_PRIORITY, REBUILD_PRIORITY = 20, 10, 0
"""Of build requests; Buildbot starts the highest first. Someone waits for a release, nobody for a rebuild."""


@dataclass(frozen=True, kw_only=True)
class Missing:
    """One product to ask for."""

    product: Product
    attempt: int
    """Counted from 1; names the request, so that asking twice for the same attempt is noticed."""
    priority: int


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What one release comes to on this farm."""

    products: tuple[Product, ...]
    left_out: tuple[str, ...]
    """Sentences for the operator: what is not built, and why."""


def parts(version: Version, platforms: Sequence[Platform], builders: Collection[str], profile: str) -> Parts:
    """Say what a request for one version on these platforms comes to, given the builders that this farm has."""
    products, left_out = [], []
    for platform in platforms:
        if not platform.supports(version):
            left_out.append(f"{platform.name}: CPython {platform.oldest_python} is the oldest that builds there")
            continue
        for architecture in platform.architectures:
            if builder_name(platform, architecture) in builders:
                products.append(Product(version=version, platform=platform, architecture=architecture, profile=profile))
            else:
                left_out.append(f"{platform.name}: no worker for {architecture}")
    return Parts(products=tuple(products), left_out=tuple(left_out))


def wanted(
    releases: Iterable[Version],
    platforms: Iterable[Platform],
    builders: Collection[str],
    *,
    published: Collection[Product],
    today: datetime.date,
    backfill: str = "latest",
    prereleases: bool = False,
) -> tuple[Product, ...]:
    """Say what the policy wants built by itself, for releases of maintained minors.

    A platform past its vendor's support gets nothing new. Of each minor a platform gets the latest patch, and all
    that is newer than the oldest it already has: so a new platform starts at the latest and then misses nothing.
    """
    candidates = sorted(v for v in set(releases) if prereleases or not v.is_prerelease)
    result = []
    for platform in platforms:
        if not platform.is_supported_on(today):
            continue
        mine = [v for v in candidates if platform.supports(v)]
        for version in mine:
            for product in parts(version, [platform], builders, "optimized").products:
                if _belongs(version, mine, _versions_of(product, published), backfill):
                    result.append(product)
    return tuple(result)


def _versions_of(product: Product, published: Collection[Product]) -> list[Version]:
    return [
        p.version
        for p in published
        if (p.platform, p.architecture, p.variant, p.profile)
        == (product.platform, product.architecture, product.variant, product.profile)
    ]


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
    wanted: Iterable[Product],
    *,
    published: Collection[Product],
    asked: Collection[Product],
    failures: Mapping[Product, int],
) -> tuple[Missing, ...]:
    """Say what to ask for now, the most urgent first: final releases before pre-releases, newer before older."""
    result = [
        Missing(
            product=product,
            attempt=failures.get(product, 0) + 1,
            priority=priority(product.version, rebuild=False),
        )
        for product in wanted
        if product not in published and product not in asked
    ]
    return tuple(sorted(result, key=lambda m: (m.priority, m.product.version), reverse=True))


def priority(version: Version, *, rebuild: bool) -> int:
    """Give the priority of a build request."""
    if rebuild:
        return REBUILD_PRIORITY
    return PRERELEASE_PRIORITY if version.is_prerelease else FINAL_PRIORITY
