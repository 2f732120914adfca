"""The store: where everything published lies, by key. In a directory or in an S3 bucket, by the same contract.

Contract: a key is written whole or not at all; `create` and `upload` never replace; `replace` never leaves a reader
without the old or the new object; `replace_if` overwrites nothing that its caller has not seen. All calls block: the
farm makes them from threads, several at once.
"""

import functools
from pathlib import Path
from typing import Protocol

from python_builds.adapters.store.directory_store import DirectoryStore
from python_builds.adapters.store.objects import MAX_READ_BYTES, Stat
from python_builds.adapters.store.s3_client import make_client
from python_builds.adapters.store.s3_store import S3Store
from python_builds.core.settings.settings import Settings


class Store(Protocol):
    """What DirectoryStore and S3Store both are; their errors are StoreErrors and, of a directory, OSErrors."""

    def location(self, key: str) -> str:
        """Say where a person finds an object."""

    def url(self, key: str) -> str:
        """Say where a client fetches an object."""

    def exists(self, key: str) -> bool:
        """Say whether there is an object of this key."""

    def read(self, key: str, at_most: int = MAX_READ_BYTES) -> bytes:
        """Read a small object; one that is larger than `at_most` is a DamagedObject."""

    def digest(self, key: str) -> str:
        """Compute the SHA-256 of what is really there, of any size."""

    def stat(self, key: str) -> Stat | None:
        """Describe an object; None if there is none."""

    def keys(self, prefix: str) -> list[str]:
        """List the keys that start with a prefix, in order."""

    def create(self, key: str, content: bytes) -> bool:
        """Write a small object that must not exist yet; say whether it is there now as it was to be."""

    def replace(self, key: str, content: bytes) -> None:
        """Write a small object, or replace it in one step."""

    def replace_if(self, key: str, content: bytes, tag: str | None) -> None:
        """Write a small object if the one that is there is still the one of this tag; None: if there is none."""

    def delete(self, key: str) -> None:
        """Remove an object, if it is there."""

    def upload(self, path: Path, key: str, sha256: str) -> None:
        """Copy a file into the store under a new key and read it back."""

    def download(self, key: str, path: Path) -> None:
        """Copy an object into a file."""


def make_store(settings: Settings) -> Store:
    """Make the store of the settings; nothing is asked of S3 before something is."""
    return make_s3_store(settings) if settings.s3_bucket else DirectoryStore(settings.store, settings.cdn_url or "")


def make_s3_store(settings: Settings) -> S3Store:
    """Make the store in the bucket of the settings."""
    return S3Store(
        bucket=settings.s3_bucket,
        prefix=settings.s3_prefix,
        public_url=settings.cdn_url or "",
        checksums=settings.s3_checksums,
        conditional_writes=settings.s3_conditional_writes,
        make_client=functools.partial(make_client, settings),
    )
