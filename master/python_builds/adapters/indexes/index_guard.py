"""Reading indexes back: what they name now, and would name no more."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from python_builds.adapters.store.store import Store
from python_builds.core.errors import DamagedObject
from python_builds.core.indexes import manifest
from python_builds.core.indexes.removed import Removed, removed
from python_builds.core.platforms.platform import Platform
from python_builds.core.publishing.artifacts import INDEX_JSON, VERSIONS_JSON, platform_folder, profile_prefix

FIELDS = {"python_version", "variant", "platform", "arch", "revision"}
"""Of a build, without which an index says nothing of what is there."""


def losses(store: Store, profile: str, index: Mapping[str, Any], platforms: Sequence[Platform]) -> Removed:
    """Compare an index that is to be written with what index.json and versions.json name, whoever wrote those.

    Where they are damaged, what is joined to them tells the same: the indexes of the platforms.

    Raises:
        DamagedObject: if one of them is no index, and there are none of platforms.
    """
    prefix = profile_prefix(profile)
    joined = [key for p in platforms if store.exists(key := platform_index_key(profile, p))]

    def named(key: str, name: str, write: Any) -> list[Any]:
        try:
            return list(read_list(store, key, name)[name]) if store.exists(key) else []
        except DamagedObject:
            if not joined:
                raise
            return list(json.loads(write(manifest.joined(read_index(store, key) for key in joined)))[name])

    old = {"builds": named(prefix + INDEX_JSON, "builds", manifest.index_json)}
    versions = named(prefix + VERSIONS_JSON, "python_versions", manifest.versions_json)
    new_versions = json.loads(manifest.versions_json(index))["python_versions"]
    return removed(_revisions(old), _revisions(index), map(str, versions), new_versions)


def platform_losses(store: Store, profile: str, platform: Platform, index: Mapping[str, Any]) -> Removed:
    """Compare an index of a platform that is to be written with the one there is; one that is damaged tells nothing."""
    key = platform_index_key(profile, platform)
    try:
        old = read_index(store, key) if store.exists(key) else {"builds": []}
    except DamagedObject:
        return Removed()
    return removed(_revisions(old), _revisions(index), (), ())


def platform_index_key(profile: str, platform: Platform) -> str:
    """Name the index.json of a platform."""
    return f"{platform_folder(profile, platform)}/index.json"


def read_index(store: Store, key: str) -> Mapping[str, Any]:
    """Read the index.json of a platform.

    Raises:
        DamagedObject: if it is none.
    """
    found = read_list(store, key, "builds")
    if "generated_at" not in found or any(not {*build} >= {*manifest.BUILD_SCHEMA} for build in found["builds"]):
        raise DamagedObject(f"{key} of {store} is no index of a platform: something that it must say is missing")
    return found


def read_list(store: Store, key: str, name: str) -> Mapping[str, Any]:
    """Read an index that has a list of this name: `builds` or `python_versions`.

    Raises:
        DamagedObject: if it is none.
    """
    try:
        found = json.loads(store.read(key))
    except ValueError as error:
        raise DamagedObject(f"{key} of {store} is no index: {error}") from error
    if not isinstance(found, dict) or not isinstance(found.get(name), list):
        raise DamagedObject(f"{key} of {store} is no index: it has no list of {name}")
    if name == "builds" and not all(map(_is_build, found[name])):
        raise DamagedObject(f"{key} of {store} is no index: a build lacks one of {', '.join(sorted(FIELDS))}")
    return found


def _revisions(index: Mapping[str, Any]) -> dict[str, int]:
    """Give the revision that an index names of each product."""
    return {
        f"{b['python_version']}{b['variant']} for {b['platform']}-{b['arch']}": b["revision"] for b in index["builds"]
    }


def _is_build(build: Any) -> bool:
    return isinstance(build, dict) and {*build} >= FIELDS and isinstance(build["revision"], int)
