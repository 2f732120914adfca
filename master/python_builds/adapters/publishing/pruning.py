"""Finding and removing what is older than the last revisions, and index files that no index names any more."""

import contextlib
import datetime
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import urljoin

from python_builds.adapters.indexes.index_guard import read_list
from python_builds.adapters.publishing.publishing import read_records
from python_builds.adapters.store.store import Store
from python_builds.core.errors import InvalidKey, StoreError
from python_builds.core.indexes import manifest
from python_builds.core.platforms.platform import Platform
from python_builds.core.platforms.platforms import PLATFORMS
from python_builds.core.publishing.artifacts import (
    INDEX_JSON,
    PROFILES,
    Product,
    platform_folder,
    profile_prefix,
)
from python_builds.core.publishing.dsse import REBUILT
from python_builds.core.publishing.record_keys import product_of_record, records_prefix
from python_builds.core.publishing.removable import Removable, removable

OUTDATED = datetime.timedelta(days=7)
"""After which no client is still at work with an index that names an older index file."""


@dataclass(frozen=True, kw_only=True)
class Pruning:
    """What may go."""

    revisions: tuple[Removable, ...]
    index_files: tuple[str, ...]
    damaged: tuple[str, ...] = ()
    """Sentences about records that are damaged; of their products everything stays."""


def find_removable(store: Store, keep: int, *, unchecked: bool, platforms: Sequence[Platform] = PLATFORMS) -> Pruning:
    """List what may go, from the records themselves.

    Raises:
        StoreError: if an index names some of it all the same: then the indexes are behind.
    """
    revisions: list[Removable] = []
    files: list[str] = []
    damaged: list[str] = []
    for profile in PROFILES:
        named = _named(store, profile)
        for platform in platforms:
            found = read_records(store, store.keys(records_prefix(profile, platform)))
            damaged += [one.problem for one in found if one.record is None]
            records = [one.record for one in found if one.record is not None]
            current = manifest.current(records, profile, unchecked=unchecked)
            spared = _products(profile, platform, [one.key for one in found if one.record is None])
            revisions += [one for one in removable(records, current, keep) if one.product not in spared]
            files += _outdated(store, profile, platform)
        if wrong := [key for one in revisions for key in one.keys if key in named]:
            raise StoreError(f"index.json still names {wrong[0]}: run `make reindex` first; nothing was removed")
    return Pruning(revisions=tuple(revisions), index_files=tuple(files), damaged=tuple(damaged))


def prune(store: Store, found: Pruning, say: Callable[[str], None]) -> None:
    """Remove it; whoever is stopped in between removes the rest the next time."""
    for one in found.revisions:
        for key in one.keys:
            store.delete(key)
            for stated in store.keys(key + REBUILT):  # what others have stated of it
                store.delete(stated)
        say(f"removed {one}")
    for key in found.index_files:
        store.delete(key)
        say(f"removed {key}")


def _named(store: Store, profile: str) -> set[str]:
    key = f"{profile_prefix(profile)}{INDEX_JSON}"
    builds = read_list(store, key, "builds")["builds"] if store.exists(key) else []
    return {urljoin(key, build["url"]) for build in builds}


def _products(profile: str, platform: Platform, keys: Sequence[str]) -> set[Product]:
    found = set()
    for key in keys:
        with contextlib.suppress(InvalidKey):  # something else that lies among the records
            found.add(product_of_record(profile, platform, key)[0])
    return found


def _outdated(store: Store, profile: str, platform: Platform) -> list[str]:
    """Find index files named after their content that the index of today does not name."""
    folder = platform_folder(profile, platform)
    if platform.package_format == "deb":
        top, lasting = f"{folder}/dists/{platform.suite}/Release", f"{folder}/dists/"
    else:
        top, lasting = f"{folder}/repodata/repomd.xml", f"{folder}/repodata/"
    keys = [key for key in store.keys(lasting) if re.fullmatch("[0-9a-f]{64}.*", key.rpartition("/")[2])]
    names = store.read(top).decode(errors="replace") if keys else ""
    now = datetime.datetime.now(datetime.UTC)
    result = []
    for key in keys:
        found = store.stat(key) if key.rpartition("/")[2].partition("-")[0] not in names else None
        if found and now - found.modified > OUTDATED:
            result.append(key)
    return result
