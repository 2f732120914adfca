"""Making records of what the predecessor has published in a bucket, without changing a byte of it."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from python_builds.adapters.publishing.publishing import READERS, write_record
from python_builds.adapters.store.store import Store
from python_builds.core.errors import StoreError
from python_builds.core.publishing.adoption import REVISION, Adoptable, Found, adoptable
from python_builds.core.publishing.artifacts import VERSIONS_JSON, artifact_kind
from python_builds.core.publishing.records import Artifact, Record


def find_adoptable(store: Store) -> Found:
    """List what there is."""
    return adoptable(store.keys("python/"))


def listed_versions(store: Store) -> list[str]:
    """Read the versions that versions.json lists now; none where there is none."""
    if not store.exists(VERSIONS_JSON):
        return []
    return [str(version) for version in json.loads(store.read(VERSIONS_JSON))["python_versions"]]


def adopt(store: Store, found: Found, *, digests: bool, say: Callable[[str], None]) -> None:
    """Write the records that lack, several at once; `digests`: read every file for its SHA-256.

    It may be stopped and run again: what has a record by then is not looked at.
    """
    with ThreadPoolExecutor(READERS) as pool:
        for record in pool.map(lambda one: _adopt(store, one, digests=digests), found.products):
            say(f"adopted {record.python_version} for {record.platform}")


def _adopt(store: Store, one: Adoptable, *, digests: bool) -> Record:
    artifacts, times = [], []
    for key in one.keys:
        found = store.stat(key)
        if found is None:
            raise StoreError(f"{key} is gone from {store} since it was listed; run it again")
        digest = found.sha256 or (store.digest(key) if digests else None)
        artifacts.append(Artifact(kind=artifact_kind(key), key=key, sha256=digest, size=found.size))
        times.append(found.modified)
    record = Record(
        python_version=str(one.product.version),
        platform=one.product.platform.name,
        architecture=one.product.architecture,
        revision=REVISION,
        profile=one.product.profile,
        checked=False,
        adopted=True,
        built_at=max(times).replace(microsecond=0),
        source=None,
        artifacts=tuple(artifacts),
    )
    write_record(store, record)
    return record
