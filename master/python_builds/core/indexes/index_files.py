"""What an index is to whoever writes it: a key, its bytes, and whether they are to be signed first."""

import datetime
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from python_builds.core.publishing.records import Record

NEVER = datetime.datetime.fromtimestamp(0, datetime.UTC)
PLAIN, DETACHED, CLEARSIGNED = "plain", "detached", "clearsigned"


@dataclass(frozen=True, kw_only=True)
class IndexFile:
    """One object. A signature holds the signature of `content` instead of it, and is not there without a key."""

    key: str
    content: bytes
    how: str = PLAIN
    dated: datetime.datetime = NEVER
    """When a signature was made, so that it is the same each time."""
    lasting: bool = False
    """Named after its content: written once, and kept for clients that still have the index that names it."""
    alias: bool = False
    """Says again what another index says, of the newest alone: only what is new of that can move it."""


def signed(key: str, content: bytes, dated: datetime.datetime, *, alias: bool = False) -> tuple[IndexFile, IndexFile]:
    """Make an index with its detached signature, which is written first."""
    signature = IndexFile(key=f"{key}.asc", content=content, how=DETACHED, dated=dated, alias=alias)
    return signature, IndexFile(key=key, content=content, alias=alias)


def newest(records: Iterable[Record]) -> datetime.datetime:
    """Say when the newest of some records was made: the date of their indexes, so that they are the same each time."""
    return max((record.built_at.astimezone(datetime.UTC) for record in records), default=NEVER)


def sha256_of(content: bytes) -> str:
    """Compute the SHA-256 by which an index names another, in hex."""
    return hashlib.sha256(content).hexdigest()
