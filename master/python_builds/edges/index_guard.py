"""Reading indexes back: what they name now, and would name no more."""

import json
from collections.abc import Mapping
from typing import Any

from python_builds.edges.store import Store
from python_builds.facts import manifest
from python_builds.facts.artifacts import INDEX_JSON, VERSIONS_JSON, profile_prefix
from python_builds.facts.errors import StoreError
from python_builds.facts.losses import Lost, lost

FIELDS = {"python_version", "variant", "platform", "arch", "revision"}
"""Of a build, without which an index says nothing of what is there."""


def losses(store: Store, profile: str, index: Mapping[str, Any]) -> Lost:
    """Compare an index that is to be written with what index.json and versions.json name, whoever wrote those.

    Raises:
        StoreError: if one of them is no index.
    """
    prefix = profile_prefix(profile)
    old = _revisions(read_index(store, prefix + INDEX_JSON)) if store.exists(prefix + INDEX_JSON) else {}
    key = prefix + VERSIONS_JSON
    versions = _list(store, key, "python_versions")["python_versions"] if store.exists(key) else []
    new_versions = json.loads(manifest.versions_json(index))["python_versions"]
    return lost(old, _revisions(index), map(str, versions), new_versions)


def read_index(store: Store, key: str) -> Mapping[str, Any]:
    """Read an index.json, of one platform or of all.

    Raises:
        StoreError: if it is none.
    """
    found = _list(store, key, "builds")
    if any(not isinstance(build, dict) or not {*build} >= FIELDS for build in found["builds"]):
        raise StoreError(f"{key} of {store} is no index: a build lacks one of {', '.join(sorted(FIELDS))}")
    return found


def _revisions(index: Mapping[str, Any]) -> dict[str, int]:
    """Give the revision that an index names of each product."""
    return {
        f"{b['python_version']}{b['variant']} for {b['platform']}-{b['arch']}": b["revision"] for b in index["builds"]
    }


def _list(store: Store, key: str, name: str) -> Mapping[str, Any]:
    try:
        found = json.loads(store.read(key))
    except ValueError as error:
        raise StoreError(f"{key} of {store} is no index: {error}") from error
    if not isinstance(found, dict) or not isinstance(found.get(name), list):
        raise StoreError(f"{key} of {store} is no index: it has no list of {name}")
    return found
