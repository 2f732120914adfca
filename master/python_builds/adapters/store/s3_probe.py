"""What an S3 server can, found out before a farm starts: servers differ, and their documents tell less than one try."""

import contextlib
import uuid
from dataclasses import dataclass, field, fields
from typing import Any

from python_builds.adapters.store.s3_store import S3Store
from python_builds.core.errors import StoreConflict, StoreError
from python_builds.core.settings.settings import variable

NOBODYS = '"00000000000000000000000000000000"'
_ALONE = f"with one master alone, set {variable('s3_conditional_writes')}=false"


@dataclass(frozen=True, kw_only=True)
class Probed:
    """What came of trying a server."""

    can: str
    """A sentence for whoever starts the farm."""
    problems: list[str] = field(default_factory=list)
    """What is not as usual and can be lived with."""


class _AsWritten(S3Store):
    """A store that does not try another spelling of a condition."""

    def _spelled_otherwise(self, *_: Any, **__: Any) -> bool:
        return False


def probe(store: S3Store) -> Probed:
    """Write, read and remove an object as the farm does; say what the server can.

    Raises:
        StoreError: if the server cannot be used with these settings, or the account may not do what it takes.
    """
    key = f"probe-{uuid.uuid4().hex}"
    conditions = f"no conditions are asked for ({variable('s3_conditional_writes')}=false)"
    try:
        store.create(key, b"one")
        if store.conditional_writes:
            _require_conditions(store, key)
            conditions = f"it writes on a condition, If-Match's tag {_spelling(store, key)} quotation marks"
    finally:
        left = _remove(store, key)
    checksums = "takes checksums" if store.checksums else f"is sent no checksums ({variable('s3_checksums')}=false)"
    return Probed(can=f"{store}: {conditions}, and {checksums}", problems=left)


def _require_conditions(store: S3Store, key: str, nobodys: str = NOBODYS) -> None:
    """See that a condition that does not hold keeps a write from being done."""
    before = store.read(key)
    written = store.create(key, b"two")
    try:
        store.replace_if(key, b"three", nobodys)
        written = True
    except StoreConflict:
        pass
    if written or store.read(key) != before:
        raise StoreError(
            f"{store} takes no notice of conditions (If-None-Match, If-Match), so two masters would overwrite each "
            "other's indexes. Where the bucket keeps versions, suspend that: radosgw takes notice only then. Else, "
            f"{_ALONE}"
        )


def _spelling(store: S3Store, key: str) -> str:
    """Find out how the server wants a tag, in a condition that holds: "in" quotation marks or "without"."""
    seen = store.stat(key)
    tag = seen.tag if seen else None
    as_written = _AsWritten(**{one.name: getattr(store, one.name) for one in fields(store) if one.init})
    with contextlib.suppress(StoreConflict):
        as_written.replace_if(key, b"four", tag)
        return "in"
    try:
        store.replace_if(key, b"five", tag)
    except StoreConflict as error:
        raise StoreError(
            f"{store} replaces nothing on a condition (If-Match), however the tag is written, so no index could be "
            f"replaced: {_ALONE}"
        ) from error
    _require_conditions(store, key, NOBODYS.strip('"'))
    return "without"


def _remove(store: S3Store, key: str) -> list[str]:
    try:
        store.delete(key)
    except StoreError as error:
        return [
            f"nothing can be removed from {store}, so {key} stays, and so does what `make prune` would remove: {error}"
        ]
    return []
