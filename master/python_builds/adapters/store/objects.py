"""What the stores of both kinds say of an object, and what they tell those who fetch one."""

import datetime
from dataclasses import dataclass

from python_builds.core.errors import DamagedObject

ARTIFACT_CACHING, INDEX_CACHING = "public, max-age=31536000, immutable", "public, max-age=300"
"""Cache-Control of what is never written again, and of what is."""

MAX_READ_BYTES = 2**28
"""Bytes of what is read into memory: indexes and snapshots of a hundred thousand artifacts have a quarter of it."""

CONTENT_TYPES = {
    ".asc": "application/pgp-keys",
    ".deb": "application/vnd.debian.binary-package",
    ".gpg": "application/pgp-signature",
    ".gz": "application/gzip",
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".rpm": "application/x-rpm",
    ".tgz": "application/gzip",
    ".xml": "application/xml",
    ".xz": "application/x-xz",
    ".zst": "application/zstd",
}
"""By the end of a key; everything else is text for people."""


@dataclass(frozen=True, kw_only=True)
class Stat:
    """What is known of an object without its bytes."""

    tag: str
    """Changes whenever the object does: S3's ETag."""
    sha256: str | None
    """None where the object was written by somebody else."""
    size: int
    modified: datetime.datetime


def too_large(key: str, at_most: int) -> DamagedObject:
    """Say that an object is none that is read into memory."""
    return DamagedObject(f"{key} has more than the {at_most} bytes that are allowed")


def content_type(key: str) -> str:
    """Say what an object is to a client that fetches it."""
    name = key.rpartition("/")[2]
    if name.endswith((".xml.asc", ".json.asc", ".sh.asc")) or (
        name.startswith("SHA256SUMS.") and name.endswith(".asc")
    ):
        return CONTENT_TYPES[".gpg"]
    return CONTENT_TYPES.get(name[name.rfind(".") :] if "." in name else "", "text/plain; charset=utf-8")
