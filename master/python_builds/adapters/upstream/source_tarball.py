"""What a source tarball is: its digest tells that it came as it was sent, not that it is what was meant.

It is read once from end to end, by a process of its own with limits of memory and time, before the mirror keeps it or a
worker unpacks it: what a stranger has packed may grow without an end, and what it says of its size need not be true.
"""

import gzip
import json
import lzma
import os
import posixpath
import re
import resource
import sys
import tarfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, NoReturn

from packaging.version import Version

from python_builds.adapters.apart import NoAnswer, answer_of
from python_builds.adapters.stop import Stop
from python_builds.core.errors import NotVerified

NAMES_ITS_VERSION = PurePosixPath("Include/patchlevel.h")
"""The file below the top folder in which CPython keeps its number."""

MAX_UNPACKED = 512 * 2**20
"""Bytes, with headers and padding. The largest so far, 3.15.0rc1's, has 129 million."""

MAX_MEMBERS = 25_000
"""Files and folders. A tarball of main, which has the most, has 6,600."""

MAX_PATH = 400
"""Bytes of a path, or of what a link names. The longest so far has 116, of 3.15.0rc1."""

MAX_HEADER = 64 * 2**10
MAX_MEMORY = 2**30
MAX_CPU_SECONDS = 120
"""The slowest so far takes 2 on a machine of 2026."""

MAX_SECONDS = 4 * MAX_CPU_SECONDS
MODULE = "python_builds.adapters.upstream.source_tarball"

DEFINED = re.compile(rb'^#define\s+PY_VERSION\s+"([^"]{1,40})"', re.MULTILINE)
"""The line of that file."""

_KINDS = {
    tarfile.REGTYPE: "file",
    tarfile.AREGTYPE: "file",
    tarfile.DIRTYPE: "folder",
    tarfile.SYMTYPE: "link",
}
"""What a tarball of CPython has; any other is a device, a pipe, a hard link or a file with holes."""

_UNREADABLE = (tarfile.TarError, OSError, EOFError, lzma.LZMAError, zlib.error, ValueError, OverflowError)


def check_apart(tarball: Path, version: Version, stop: Stop) -> str:
    """Check that a tarball may be unpacked, and is of the release that its name promises; return that as a sentence.

    Raises:
        NotVerified: saying what it is instead.
    """
    try:
        found = answer_of(MODULE, str(tarball), stop=stop, seconds=MAX_SECONDS)
    except NoAnswer as error:
        limits = "" if error.is_late else f" with {MAX_MEMORY} bytes of memory in {MAX_CPU_SECONDS} s"
        _refuse(tarball, f"cannot be read{limits}{error}")
    if problem := found.get("problem"):
        _refuse(tarball, problem)
    if found["version"] != str(version):
        _refuse(tarball, f"holds CPython {found['version']}, by its {NAMES_ITS_VERSION}, and should hold {version}")
    return f"{NAMES_ITS_VERSION} says {version}; {found['members']} files and folders, {found['bytes']} bytes unpacked"


def _refuse(tarball: Path, problem: str) -> NoReturn:
    raise NotVerified(
        f"{tarball.name} {problem}: nothing was run from it and it is not kept; have the source give the right one"
    )


class Unfit(Exception):
    """A tarball may not be unpacked."""


@dataclass
class _Counted:
    """A stream that ends whoever reads more of it than a tarball of CPython has."""

    stream: gzip.GzipFile | lzma.LZMAFile
    count: int = 0

    def read(self, size: int) -> bytes:
        block = self.stream.read(size)
        self.count += len(block)
        if self.count > MAX_UNPACKED:
            raise Unfit(f"has more than the {MAX_UNPACKED} bytes that one may have when it is unpacked")
        return block


def inspect(path: Path) -> dict[str, object]:
    """Read a tarball to its end; say what it holds.

    Raises:
        Unfit: saying why it may not be unpacked.
    """
    version, members, tops = "of no number, as it has no such file", 0, set()
    with _decompressed(path) as stream:
        counted = _Counted(stream)
        # Whatever stands behind zeros counts too: GNU tar goes on after some.
        with tarfile.open(fileobj=counted, mode="r|", ignore_zeros=True) as archive:  # type: ignore[call-overload]
            for member in archive:
                members += 1
                tops.add(_require_fit(member, members))
                if PurePosixPath(*PurePosixPath(member.name).parts[1:]) == NAMES_ITS_VERSION and member.isfile():
                    version = _version(archive.extractfile(member))
                archive.members.clear()  # it would keep them all
        while counted.read(2**20):
            pass
    if len(tops) != 1 or members < 2:
        shown = ascii(sorted(tops)[:5])[1:-1] or "none"
        raise Unfit(f"must have one top folder with something in it, and has {shown}, with {members} members")
    return {"version": version, "members": members, "bytes": counted.count}


def _decompressed(path: Path) -> gzip.GzipFile | lzma.LZMAFile:
    with path.open("rb") as file:
        start = file.read(6)
    if start.startswith(b"\x1f\x8b"):
        return gzip.open(path)
    if start == b"\xfd7zXZ\0":
        return lzma.open(path)
    raise Unfit(f"is compressed neither by gzip nor by xz: it starts with {start!r}")


def _require_fit(member: tarfile.TarInfo, number: int) -> str:
    """Check one member; return the top folder it is in."""
    name, shown = member.name.rstrip("/"), ascii(member.name)[:MAX_PATH]
    if number > MAX_MEMBERS:
        raise Unfit(f"holds more than the {MAX_MEMBERS} files and folders that one may hold")
    if max(len(os.fsencode(text)) for text in (name, member.linkname)) > MAX_PATH:
        raise Unfit(f"has a path longer than the {MAX_PATH} bytes that one may have: {shown}")
    kind = _KINDS.get(member.type)
    if kind is None or member.issparse():
        raise Unfit(f"holds {shown}, which is neither a file nor a folder nor a symbolic link")
    parts = name.split("/")
    if not name or not {"", ".", ".."}.isdisjoint(parts) or (len(parts) == 1 and kind != "folder"):
        raise Unfit(f"holds {shown}, which is not in its top folder")
    if kind == "link" and not _leads_into(parts[0], posixpath.join(posixpath.dirname(name), member.linkname)):
        raise Unfit(f"holds {shown}, a link out of its top folder, to {member.linkname!a}")
    return parts[0]


def _leads_into(top: str, target: str) -> bool:
    return posixpath.normpath(target).split("/")[0] == top


def _version(header: IO[bytes] | None) -> str:
    match = DEFINED.search(header.read(MAX_HEADER)) if header else None
    return match[1].decode("ascii", "replace") if match else "of no number"


def main(arguments: Sequence[str]) -> None:
    """Print as JSON what a tarball holds, or its problem."""
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_SECONDS, MAX_CPU_SECONDS))
    try:
        found = inspect(Path(arguments[0]))
    except Unfit as error:
        found = {"problem": str(error)}
    except MemoryError:
        found = {"problem": f"takes more than the {MAX_MEMORY} bytes of memory to read that one may take"}
    except _UNREADABLE as error:
        found = {"problem": f"cannot be read as a tarball: {error}"}
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1:])
