"""What the planner reads from the store."""

from collections.abc import Collection, Iterable, Mapping

from packaging.version import Version

from python_builds.adapters.publishing.publishing import published_products
from python_builds.adapters.store.store import Store
from python_builds.adapters.upstream.mirror import mirrored
from python_builds.core.errors import PythonBuildsError
from python_builds.core.planning.back_off import Inputs
from python_builds.core.platforms.platform import Platform
from python_builds.core.publishing.artifacts import Product


def read_published(
    store: Store, profile: str, platforms: Iterable[Platform]
) -> tuple[dict[Platform, set[Product]], list[str]]:
    """Read what is published, by platform; one that cannot be read is left out and said, and holds no other back."""
    found, problems = {}, []
    for platform in platforms:
        try:
            found[platform] = published_products(store, profile, platform)
        except (PythonBuildsError, OSError) as error:
            problems.append(f"{platform.name} is left out, as its records cannot be read: {error}")
    return found, problems


def read_inputs(store: Store, products: Collection[Product], recipes: Mapping[str, str]) -> dict[Product, Inputs]:
    """Say what products would be built from now."""
    sources = {version: _source(store, version) for version in {product.version for product in products}}
    return {p: Inputs(recipe=recipes.get(p.builder, ""), source=sources[p.version]) for p in products}


def _source(store: Store, version: Version) -> str:
    try:
        return mirrored(store, version).sha256
    except (PythonBuildsError, OSError):
        return ""
