"""The store in a folder of this machine; see store.py for the contract."""

import contextlib
import datetime
import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from python_builds.adapters.digests import file_sha256
from python_builds.adapters.store.objects import MAX_READ_BYTES, Stat, too_large
from python_builds.adapters.store.store_errors import counting
from python_builds.core.errors import StoreConflict, StoreError
from python_builds.core.indexes.addresses import UNKNOWN
from python_builds.core.publishing.artifacts import check_key
from python_builds.core.publishing.served import is_for_clients

_PARTIAL = ".partial-"
_LOCK = ".lock"


class DirectoryStore:
    """A store in a folder of this machine."""

    def __init__(self, root: Path, public_url: str = "") -> None:
        self.root = root
        self.public_url = public_url or UNKNOWN

    def __str__(self) -> str:
        return f"the store {self.root}"

    def location(self, key: str) -> str:
        """Say where a person finds an object: its path."""
        return str(self._path(key))

    def url(self, key: str) -> str:
        """Say where a client fetches an object: below the CDN's URL, or below what stands for one that is not known."""
        return f"{self.public_url}/{check_key(key)}"

    def exists(self, key: str) -> bool:
        """Say whether there is an object of this key."""
        with counting("look at"):
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
            with counting("look at"):
                found = self._path(key).stat()
                digest = file_sha256(self._path(key))
        except FileNotFoundError:
            return None
        at = datetime.datetime.fromtimestamp(found.st_mtime, datetime.UTC)
        return Stat(tag=digest, sha256=digest, size=found.st_size, modified=at)

    def keys(self, prefix: str) -> list[str]:
        """List the keys that start with a prefix, in order."""
        folder, _, start = prefix.rpartition("/")
        with counting("list"):
            tops = [top for top in _entries(self.root / folder) if top.name.startswith(start)]
            return sorted(p.relative_to(self.root).as_posix() for top in tops for p in _objects(top))

    def create(self, key: str, content: bytes) -> bool:
        """Write a small object that must not exist yet; say whether it was written."""
        with self._partial(key) as partial:
            partial.write_bytes(content)
            return self._link(partial, key)

    def replace(self, key: str, content: bytes) -> None:
        """Write a small object, or replace it in one step."""
        with self._partial(key) as partial:
            partial.write_bytes(content)
            self._finish(partial, key)
            partial.replace(self._path(key))

    def replace_if(self, key: str, content: bytes, tag: str | None) -> None:
        """Write a small object if the one that is there is still the one of this tag; None: if there is none.

        Raises:
            StoreConflict: if somebody else wrote it.
        """
        with self._alone():
            found = self.stat(key)
            if (found and found.tag) != tag:
                raise StoreConflict(f"{key} was changed by somebody else in the meantime; nothing was overwritten")
            self.replace(key, content)

    def delete(self, key: str) -> None:
        """Remove an object, if it is there."""
        with counting("delete"):
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
            with counting("read"):
                yield self._path(key)
        except FileNotFoundError:
            raise StoreError(f"{self} holds no {key}") from None

    def _path(self, key: str) -> Path:
        return self.root / check_key(key)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Let one writer at a time go on. What is locked is the folder: a file would lie among what is served."""
        self._make_folder(self.root)
        handle = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            (self.root / _LOCK).unlink(missing_ok=True)  # an older release's
        except OSError as error:
            os.close(handle)
            if error.errno not in (errno.EBADF, errno.EINVAL):
                raise
            # NFS locks only what is open for writing, which no folder can be; nobody else may read this one.
            handle = os.open(self.root / _LOCK, os.O_WRONLY | os.O_CREAT, 0o600)
            fcntl.flock(handle, fcntl.LOCK_EX)
        try:
            yield
        finally:
            os.close(handle)

    @contextlib.contextmanager
    def _partial(self, key: str) -> Iterator[Path]:
        """Give a file beside the key's, on the same file system, that is gone afterwards."""
        with counting("write"):
            folder = self._path(key).parent
            self._make_folder(folder)
            handle, name = tempfile.mkstemp(prefix=_PARTIAL, dir=folder)
            os.close(handle)
            partial = Path(name)
            try:
                yield partial
            finally:
                partial.unlink(missing_ok=True)

    def _link(self, partial: Path, key: str) -> bool:
        """Give a finished file its name, unless there is one: link(2) is the one call that does both in one step."""
        self._finish(partial, key)
        try:
            os.link(partial, self._path(key))
        except FileExistsError:
            return False
        return True

    def _make_folder(self, folder: Path) -> None:
        """Make a folder and those above it: for everyone, whatever the master's umask, where it is of what is served.

        It has its mode from its first moment, so that a master that is killed leaves none of another.
        """
        if folder.is_dir():
            return
        self._make_folder(folder.parent)
        is_own = folder.is_relative_to(self.root) and not is_for_clients(f"{folder.relative_to(self.root)}/any")
        made = Path(tempfile.mkdtemp(prefix=_PARTIAL, dir=folder.parent))
        made.chmod(0o700 if is_own else 0o755)
        try:
            made.rename(folder)
        except OSError:
            made.rmdir()
            if not folder.is_dir():  # and so nobody else made it meanwhile
                raise

    @staticmethod
    def _finish(partial: Path, key: str) -> None:
        """Give a file that is written its mode, which it has not before, as nobody is to fetch a half."""
        partial.chmod(0o644 if is_for_clients(key) else 0o600)
        with partial.open("rb") as file:
            os.fsync(file.fileno())


def _entries(folder: Path) -> list[Path]:
    """List what is in a folder, but for what starts with a dot: it is work in progress, ours or the file system's."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        return [path for path in folder.iterdir() if not path.name.startswith(".")]
    return []


def _objects(path: Path) -> Iterator[Path]:
    """Give the objects below a path, or the one that it is."""
    if path.is_dir():
        for entry in _entries(path):
            yield from _objects(entry)
    elif path.is_file():
        yield path
