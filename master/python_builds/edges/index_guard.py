"""The guard of the indexes: what they name now, and would name no more."""

import json
from collections.abc import Sequence

from python_builds.edges.store import Store
from python_builds.facts import manifest
from python_builds.facts.artifacts import INDEX_JSON, VERSIONS_JSON, profile_prefix
from python_builds.facts.errors import StoreError
from python_builds.facts.records import Record
from python_builds.facts.snapshots import Lost, lost


def losses(store: Store, profile: str, current: Sequence[Record]) -> Lost:
    """Compare the records that are to be indexed with what index.json and versions.json name, whoever wrote those.

    Raises:
        StoreError: if one of them is no index.
    """
    builds = _read(store, profile_prefix(profile) + INDEX_JSON, "builds")
    try:
        old = {
            f"{b['python_version']}{b['variant']} for {b['platform']}-{b['arch']}": int(b["revision"]) for b in builds
        }
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(f"index.json of {store} has a build without {error}") from error
    new = {f"{r.python_version}{r.variant} for {r.platform}-{r.architecture}": r.revision for r in current}
    versions = map(str, _read(store, profile_prefix(profile) + VERSIONS_JSON, "python_versions"))
    return lost(old, new, versions, json.loads(manifest.versions_json(current))["python_versions"])


def _read(store: Store, key: str, field: str) -> list[dict[str, str]]:
    if not store.exists(key):
        return []
    try:
        found: list[dict[str, str]] = json.loads(store.read(key))[field]
    except (ValueError, KeyError, TypeError) as error:
        raise StoreError(f"{key} of {store} is no index: {error!r:.200}") from error
    return found
