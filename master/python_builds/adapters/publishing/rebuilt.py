"""Who else has built a platform's artifacts and got the same: one object for each platform, which its index tells."""

import json
from collections.abc import Iterable, Mapping

from pydantic import RootModel

from python_builds.adapters.store.store import Store
from python_builds.core.documents import parse_document
from python_builds.core.errors import DamagedObject
from python_builds.core.platforms.platform import Platform
from python_builds.core.publishing.artifacts import rebuilds_key


class Rebuilt(RootModel[dict[str, tuple[str, ...]]]):
    """Builders, by an artifact's SHA-256."""


def read_rebuilt(store: Store, profile: str, platform: Platform) -> Mapping[str, tuple[str, ...]]:
    """Read it; nobody has where there is none.

    Raises:
        DamagedObject: if it is none.
    """
    key = rebuilds_key(profile, platform)
    if not store.exists(key):
        return {}
    return parse_document(Rebuilt, "does not say who built what again", key, store.read(key)).root


def rebuilt_of(
    store: Store, profile: str, platforms: Iterable[Platform], damaged: dict[str, str]
) -> Mapping[Platform, Mapping[str, tuple[str, ...]]]:
    """Read it of several platforms; what is damaged is told there, and nobody counts."""
    found = {}
    for platform in platforms:
        try:
            found[platform] = read_rebuilt(store, profile, platform)
        except DamagedObject as error:
            damaged[rebuilds_key(profile, platform)] = f"{error}; indexes name nobody who has built it again"
    return found


def add_rebuilt(store: Store, profile: str, platform: Platform, sha256: str, builder: str) -> None:
    """Add a builder.

    Raises:
        StoreConflict: if somebody else did at the same time; then it may be done again.
    """
    key = rebuilds_key(profile, platform)
    seen = store.stat(key)
    found = {**read_rebuilt(store, profile, platform)}
    found[sha256] = tuple(sorted({*found.get(sha256, ()), builder}))
    store.replace_if(key, json.dumps(found, indent=1, sort_keys=True).encode() + b"\n", seen.tag if seen else None)
