"""The store: where everything published lies, by key. Here in a directory; S3 keeps the same contract.

Contract: a key is written whole or not at all; `create` never replaces; `replace` never leaves a reader without the
old or the new object. All calls block: the farm makes them from threads.
"""

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from python_builds.facts.artifacts import check_key
from python_builds.facts.errors import StoreError

_PARTIAL = ".partial-"


class DirectoryStore:
    """A store in a folder of this machine."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def location(self, key: str) -> str:
        """Say where a person finds an object: its path."""
        return str(self._path(key))

    def exists(self, key: str) -> bool:
        """Say whether there is an object of this key."""
        return self._path(key).is_file()

    def read(self, key: str) -> bytes:
        """Read a small object.

        Raises:
            StoreError: if there is none.
        """
        try:
            return self._path(key).read_bytes()
        except FileNotFoundError:
            raise StoreError(f"the store {self.root} holds no {key}") from None

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
        try:
            shutil.copyfile(self._path(key), path)
        except FileNotFoundError:
            raise StoreError(f"the store {self.root} holds no {key}") from None

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


def file_sha256(path: Path) -> str:
    """Compute the SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
