"""What an S3 server can, found out before a farm starts: servers differ, and their documents tell less than one try."""

import uuid

from python_builds.adapters.store.s3_store import S3Store
from python_builds.core.errors import StoreConflict, StoreError
from python_builds.core.settings.settings import variable

NOBODYS = '"00000000000000000000000000000000"'
_ALONE = f"with one master alone, set {variable('s3_conditional_writes')}=false"


def probe(store: S3Store) -> list[str]:
    """Write, read and remove an object as the farm does; say what is not as usual and can be lived with.

    Raises:
        StoreError: if the server cannot be used with these settings, or the account may not do what it takes.
    """
    key = f"probe-{uuid.uuid4().hex}"
    try:
        store.create(key, b"one")
        if store.conditional_writes:
            _require_conditions(store, key)
    finally:
        left = _remove(store, key)
    return left


def _require_conditions(store: S3Store, key: str) -> None:
    """See that a condition that does not hold keeps a write from being done, and that one that holds does not."""
    seen = store.stat(key)
    written = store.create(key, b"two")
    try:
        store.replace_if(key, b"three", NOBODYS)
        written = True
    except StoreConflict:
        pass
    if written or store.read(key) != b"one":
        raise StoreError(
            f"{store} takes no notice of conditions (If-None-Match, If-Match), so two masters would overwrite each "
            "other's indexes. Where the bucket keeps versions, suspend that: radosgw takes notice only then. Else, "
            f"{_ALONE}"
        )
    try:
        store.replace_if(key, b"four", seen.tag if seen else None)
    except StoreConflict as error:
        raise StoreError(
            f"{store} replaces nothing on a condition (If-Match), however the tag is written, so no index could be "
            f"replaced: {_ALONE}"
        ) from error


def _remove(store: S3Store, key: str) -> list[str]:
    try:
        store.delete(key)
    except StoreError as error:
        return [
            f"nothing can be removed from {store}, so {key} stays, and so does what `make prune` would remove: {error}"
        ]
    return []
