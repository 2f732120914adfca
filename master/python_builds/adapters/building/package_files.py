"""Reads what packages and tarballs hold, member by member, without unpacking anything."""

import gzip
import hashlib
import io
import re
import shlex
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from debian.arfile import ArError, ArFile
from debian.debfile import DebError, DebFile

from python_builds.core.building.package_contents import MAX_BYTES, MAX_FILES, Member, shown
from python_builds.core.errors import StoreError

UNREADABLE = (ArError, DebError, OSError, EOFError, tarfile.TarError, ValueError)
DEB_PARTS = ("debian-binary", r"control\.tar\.(gz|xz|zst)", r"data\.tar\.(gz|xz|zst)")
BEGINNING = 16
MAX_DOCUMENT_BYTES = 10_000
RPM_TAGS = (
    "NAME",
    "EPOCH",
    "VERSION",
    "RELEASE",
    "ARCH",
    "PACKAGER",
    "SUMMARY",
    "DESCRIPTION",
    "LICENSE",
    "URL",
    "VENDOR",
)
RPM_LISTS = ("provides", "requires", "recommends", "conflicts", "obsoletes", "suggests", "supplements", "enhances")
RPM_PROGRAMS = ("scripts", "triggers", "filetriggers")
RPM_FILES = (
    "%{FILEMODES} %{FILEUSERNAME} %{FILEGROUPNAME} %{FILESIZES} %{FILEFLAGS} "
    "x%{FILEDIGESTS} %{FILELINKTOS:shescape} %{FILENAMES:shescape}"
)

_TAR_KINDS = {
    tarfile.REGTYPE: "file",
    tarfile.AREGTYPE: "file",
    tarfile.DIRTYPE: "directory",
    tarfile.SYMTYPE: "symlink",
    tarfile.LNKTYPE: "hardlink",
    tarfile.CHRTYPE: "device",
    tarfile.BLKTYPE: "device",
    tarfile.FIFOTYPE: "pipe",
}
_RPM_KINDS = {0o100000: "file", 0o040000: "directory", 0o120000: "symlink"}


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What somebody wants to see of files that are read anyway."""

    wanted: Callable[[str, bytes], bool]
    """Says by a file's path and its beginning whether all of it is wanted."""
    take: Callable[[str, bytes], None]
    """Is given the path and the content."""


@dataclass(frozen=True, kw_only=True)
class Deb:
    """A Debian package, taken apart."""

    control_members: tuple[Member, ...]
    control: dict[str, str]
    """The texts of the files of its control archive, by name."""
    members: tuple[Member, ...]
    documents: dict[str, str]
    """The texts of what lies in usr/share/doc, by path, unpacked where it is compressed."""
    md5: dict[str, str]
    """MD5 of each file by its path, as md5sums has them."""


def read_deb(path: Path) -> Deb:
    """Take a deb apart.

    Raises:
        StoreError: if it is none, or holds more than any package of ours.
    """
    try:
        names = [member.name for member in ArFile(str(path)).getmembers()]
        if len(names) != len(DEB_PARTS) or not all(map(re.fullmatch, DEB_PARTS, names)):
            raise StoreError(f"{path.name} has the parts {shown(', '.join(names))}, and must have those of a deb alone")
        deb = DebFile(str(path))
        control: dict[str, bytes] = {}
        keep = Selection(wanted=lambda *_: True, take=control.__setitem__)
        control_members = tuple(_members(deb.control.tgz(), keep))
        md5: dict[str, str] = {}
        documents: dict[str, bytes] = {}
        told = Selection(wanted=lambda path, _: path.startswith("usr/share/doc/"), take=documents.__setitem__)
        members = tuple(_members(deb.data.tgz(), told, md5=md5))
        return Deb(
            control_members=control_members,
            control={name: content.decode() for name, content in control.items()},
            members=members,
            documents={path: _text(path, content) for path, content in documents.items()},
            md5=md5,
        )
    except UNREADABLE as error:
        raise StoreError(f"{path.name} cannot be read as a package: {error}") from error


def _text(path: str, content: bytes) -> str:
    if not path.endswith(".gz"):
        return content.decode()
    with gzip.open(io.BytesIO(content)) as file:
        return file.read(MAX_DOCUMENT_BYTES).decode()


def read_tarball(path: Path, selection: Selection | None = None) -> tuple[Member, ...]:
    """List what a compressed tarball holds.

    Raises:
        StoreError: if it is none, or holds more than any tarball of ours.
    """
    try:
        with tarfile.open(path, "r|gz") as tar:
            return tuple(_members(tar, selection))
    except UNREADABLE as error:
        raise StoreError(f"{path.name} cannot be read as a tarball: {error}") from error


def _members(
    tar: tarfile.TarFile, selection: Selection | None = None, md5: dict[str, str] | None = None
) -> Iterator[Member]:
    size = 0
    for number, info in enumerate(tar):
        size += info.size
        if number >= MAX_FILES or size > MAX_BYTES:
            raise StoreError(f"it holds more than {MAX_FILES} files or {MAX_BYTES} bytes")
        path = info.name.removeprefix("./").removeprefix(".")
        digest = ""
        if info.isreg():
            digest = _digest(tar, info, path, selection, md5)
        yield Member(
            path=path,
            kind=_TAR_KINDS.get(info.type, "thing that is not known") if _is_plain(info) else "file with attributes",
            mode=info.mode,
            owner="root" if (info.uid, info.gid) == (0, 0) else f"{info.uid}:{info.gid}",
            size=info.size,
            target=info.linkname.removeprefix("./") if info.islnk() else info.linkname,
            digest=digest,
        )


def _is_plain(info: tarfile.TarInfo) -> bool:
    # Extended headers hold long names; others set access lists, capabilities, security labels, sparse files.
    return set(info.pax_headers) <= {"path", "linkpath", "size"} and not info.issparse()


def _digest(
    tar: tarfile.TarFile, info: tarfile.TarInfo, path: str, selection: Selection | None, md5: dict[str, str] | None
) -> str:
    file = tar.extractfile(info)
    content = file.read() if file else b""
    if selection is not None and selection.wanted(path, content[:BEGINNING]):
        selection.take(path, content)
    if md5 is not None:
        md5[path] = hashlib.md5(content, usedforsecurity=False).hexdigest()
    return hashlib.sha256(content).hexdigest()


def read_rpm(path: Path) -> tuple[dict[str, str], tuple[Member, ...]]:
    """Give an rpm's header, as tags with their values, and what it holds.

    Raises:
        StoreError: if it is none, or holds more than any package of ours.
    """
    header = {tag: _rpm(path, "--queryformat", f"%{{{tag}}}") for tag in RPM_TAGS}
    header |= {name: "\n".join(sorted(_rpm(path, f"--{name}").splitlines())) for name in RPM_LISTS}
    header |= {name: _rpm(path, f"--{name}") for name in RPM_PROGRAMS}
    lines = _rpm(path, "--queryformat", f"[{RPM_FILES}\n]").splitlines()
    capabilities = _rpm(path, "--queryformat", "[%{FILECAPS}]")
    if len(lines) > MAX_FILES:
        raise StoreError(f"{path.name} holds {len(lines)} files; {MAX_FILES} are allowed")
    if capabilities.strip():
        raise StoreError(f"{path.name} gives its files capabilities: {shown(capabilities)}")
    return header, tuple(_rpm_member(path, line) for line in lines)


def _rpm_member(path: Path, line: str) -> Member:
    words = shlex.split(line)
    if len(words) != 8:
        raise StoreError(f"{path.name} has a file whose name is no text: {shown(line)}")
    mode, user, group, size, flags, digest, target, name = words
    kind = _RPM_KINDS.get(int(mode) & 0o170000, "thing that is not known")
    return Member(
        path=name.removeprefix("/"),
        kind=kind if flags == "0" else f"{kind} with flags {flags}",
        mode=int(mode) & 0o7777,
        owner="root" if (user, group) == ("root", "root") else f"{user}:{group}",
        size=int(size),
        target=target,
        digest=digest[1:] if kind == "file" else "",
    )


def _rpm(path: Path, *query: str) -> str:
    command = ["rpm", "--query", "--package", "--nosignature", *query, str(path)]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True)
    if done.returncode:
        raise StoreError(f"{path.name} cannot be read as a package: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout.decode(errors="surrogateescape")
