"""The store in a folder of this machine; see store.py for the contract."""

import contextlib
import datetime
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from python_builds.adapters.digests import file_sha256
from python_builds.adapters.store.objects import MAX_READ_BYTES, Stat, too_large
from python_builds.core.errors import StoreConflict, StoreError
from python_builds.core.publishing.artifacts import check_key

_PARTIAL = ".partial-"


class DirectoryStore:
    """A store in a folder of this machine."""

    def __init__(self, root: Path, public_url: str = "") -> None:
        self.root = root
        self.public_url = public_url or root.as_uri()

    def __str__(self) -> str:
        return f"the store {self.root}"

    def location(self, key: str) -> str:
        """Say where a person finds an object: its path."""
        return str(self._path(key))

    def url(self, key: str) -> str:
        """Say where a client fetches an object."""
        return f"{self.public_url}/{check_key(key)}"

    def exists(self, key: str) -> bool:
        """Say whether there is an object of this key."""
        return self._path(key).is_file()

    def read(self, key: str, at_most: int = MAX_READ_BYTES) -> bytes:
        """Read a small object.

        Raises:
            StoreError: if there is none; DamagedObject: if it is larger than `at_most`.
        """
        with self._there(key) as path, path.open("rb") as file:
            content = file.read(at_most + 1)
        if len(content) > at_most:
            raise too_large(key, at_most)
        return content

    def digest(self, key: str) -> str:
        """Compute the SHA-256 of what is really there."""
        with self._there(key) as path:
            return file_sha256(path)

    def stat(self, key: str) -> Stat | None:
        """Describe an object; None if there is none."""
        try:
            found = self._path(key).stat()
            digest = file_sha256(self._path(key))
        except FileNotFoundError:
            return None
        at = datetime.datetime.fromtimestamp(found.st_mtime, datetime.UTC)
        return Stat(tag=digest, sha256=digest, size=found.st_size, modified=at)

    def keys(self, prefix: str) -> list[str]:
        """List the keys that start with a prefix, in order."""
        folder = self.root / prefix.rpartition("/")[0]
        found = (p.relative_to(self.root).as_posix() for p in folder.rglob("*") if _is_object(p))
        return sorted(key for key in found if key.startswith(prefix))

    def create(self, key: str, content: bytes) -> bool:
        """Write a small object that must not exist yet; say whether it was written."""
        with self._partial(key) as partial:
            partial.write_bytes(content)
            return self._link(partial, key)

    def replace(self, key: str, content: bytes) -> None:
        """Write a small object, or replace it in one step."""
        with self._partial(key) as partial:
            partial.write_bytes(content)
            self._sync(partial)
            partial.replace(self._path(key))

    def replace_if(self, key: str, content: bytes, tag: str | None) -> None:
        """Write a small object if the one that is there is still the one of this tag; None: if there is none.

        Raises:
            StoreConflict: if somebody else wrote it.
        """
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            found = self.stat(key)
            if (found and found.tag) != tag:
                raise StoreConflict(f"{key} was changed by somebody else in the meantime; nothing was overwritten")
            self.replace(key, content)

    def delete(self, key: str) -> None:
        """Remove an object, if it is there."""
        self._path(key).unlink(missing_ok=True)

    def upload(self, path: Path, key: str, sha256: str) -> None:
        """Copy a file into the store under a new key and read it back.

        Raises:
            StoreError: if the key exists, or what was written is not what was meant.
        """
        with self._partial(key) as partial:
            shutil.copyfile(path, partial)
            written = file_sha256(partial)
            if written != sha256:
                raise StoreError(f"{key} was to be {sha256} and was written as {written}; nothing was published")
            if not self._link(partial, key):
                raise StoreError(f"{key} exists already and is never overwritten")

    def download(self, key: str, path: Path) -> None:
        """Copy an object into a file.

        Raises:
            StoreError: if there is none.
        """
        with self._there(key) as source:
            shutil.copyfile(source, path)

    @contextlib.contextmanager
    def _there(self, key: str) -> Iterator[Path]:
        """Give an object's file, and say so where there is none."""
        try:
            yield self._path(key)
        except FileNotFoundError:
            raise StoreError(f"{self} holds no {key}") from None

    def _path(self, key: str) -> Path:
        return self.root / check_key(key)

    @contextlib.contextmanager
    def _partial(self, key: str) -> Iterator[Path]:
        """Give a file beside the key's, on the same file system, that is gone afterwards."""
        folder = self._path(key).parent
        for missing in reversed([f for f in (folder, *folder.parents) if not f.exists()]):
            missing.mkdir(exist_ok=True)
            missing.chmod(0o755)  # what is published is for everyone, whatever the master's umask
        handle, name = tempfile.mkstemp(prefix=_PARTIAL, dir=folder)
        os.close(handle)
        partial = Path(name)
        partial.chmod(0o644)
        try:
            yield partial
        finally:
            partial.unlink(missing_ok=True)

    def _link(self, partial: Path, key: str) -> bool:
        """Give a finished file its name, unless there is one: link(2) is the one call that does both in one step."""
        self._sync(partial)
        try:
            os.link(partial, self._path(key))
        except FileExistsError:
            return False
        return True

    @staticmethod
    def _sync(path: Path) -> None:
        with path.open("rb") as file:
            os.fsync(file.fileno())


def _is_object(path: Path) -> bool:
    """Say whether a file is an object: what starts with a dot is work in progress, ours or the file system's."""
    return path.is_file() and not path.name.startswith(".")
