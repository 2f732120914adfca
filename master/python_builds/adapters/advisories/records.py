"""Reading records of advisories: folders, files, archives. Whatever is in them is bounded, and none of it is unpacked.

A source is JSON (a record, or a list of them), or a .zip or .tar.gz of such files, as PSF's advisory-database and OSV's
exports are. Files that are not named as records are, PSF-2024-1.json, are passed over.
"""

import io
import json
import re
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from python_builds.adapters.stop import Stop
from python_builds.core.advisories.osv import ID_PATTERN, MAX_RECORD
from python_builds.core.errors import SourceError

MAX_SOURCE = 64 * 2**20
"""Bytes of a file or a download. PSF's has 0.3 million as .tar.gz."""

MAX_RECORDS = 20_000
MAX_MEMBERS = 200_000
MAX_UNPACKED = 256 * 2**20
"""Bytes of all records of one source together."""

PACKED_BY = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Of a .zip. LZMA takes as much memory as the file asks for, up to 4 GiB; nobody packs records by it."""

_NAME = re.compile(rf"(?:.*/)?({ID_PATTERN})\.json", re.ASCII | re.DOTALL)


def records_of_folder(path: Path, stop: Stop) -> tuple[dict[str, Any], list[str]]:
    """Read the records in a folder and below, by file name, with what could not be read.

    Raises:
        SourceError: if there is too much.
    """

    def files() -> Iterator[tuple[str, bytes]]:
        for found in sorted(path.rglob("*.json")):
            if _NAME.fullmatch(found.name) and found.is_file() and not found.is_symlink():
                with found.open("rb") as file:
                    yield found.name, file.read(MAX_RECORD + 1)

    return _read(str(path), files(), stop)


def records_of_content(where: str, content: bytes, stop: Stop) -> tuple[dict[str, Any], list[str]]:
    """Read the records of a file or an answer.

    Raises:
        SourceError: if it is neither JSON nor such an archive, or is too much.
    """
    if len(content) > MAX_SOURCE:
        raise SourceError(f"{where} is larger than the {MAX_SOURCE} bytes that it may have")
    try:
        if content.startswith(b"PK\x03\x04"):
            return _read(where, _of_zip(content), stop)
        if content.startswith(b"\x1f\x8b"):
            return _read(where, _of_tar(content), stop)
        raw = json.loads(content)
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError) as error:
        # The last is zipfile's for what it cannot read: another encryption, a later version of the format.
        raise SourceError(f"{where} is an archive that cannot be read: {error!s:.200}") from None
    except (ValueError, RecursionError) as error:
        raise SourceError(f"{where} is neither JSON nor a .zip or .tar.gz of it: {error!s:.200}") from None
    every = raw if isinstance(raw, list) else [raw]
    if len(every) > MAX_RECORDS:
        raise SourceError(f"{where} has {len(every)} records: {MAX_RECORDS} are allowed")
    return {f"record {place} of {where}": one for place, one in enumerate(every, 1)}, []


def _read(where: str, files: Iterator[tuple[str, bytes]], stop: Stop) -> tuple[dict[str, Any], list[str]]:
    found: dict[str, Any] = {}
    problems: list[str] = []
    total = 0
    for name, content in files:
        stop.check()
        total += len(content)
        if len(found) >= MAX_RECORDS or total > MAX_UNPACKED:
            raise SourceError(f"{where} has more than {MAX_RECORDS} records or {MAX_UNPACKED} bytes of them")
        try:
            if len(content) > MAX_RECORD:
                raise SourceError(f"it has more than {MAX_RECORD} bytes")
            found[f"{name} of {where}"] = json.loads(content)
        except (ValueError, RecursionError, SourceError) as error:
            problems.append(f"{name} of {where} is no OSV record: {error!s:.200}")
    return found, problems


def _of_zip(content: bytes) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for member in archive.infolist()[:MAX_MEMBERS]:
            if (match := _NAME.fullmatch(member.filename)) and not member.flag_bits & 1:
                if member.compress_type not in PACKED_BY:
                    raise zipfile.BadZipFile(
                        f"{match[1]}.json is packed by method {member.compress_type}; deflate is allowed"
                    )
                with archive.open(member) as file:
                    yield f"{match[1]}.json", file.read(MAX_RECORD + 1)


def _of_tar(content: bytes) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(fileobj=_Bounded(content), mode="r|") as archive:
        for place, member in enumerate(archive):
            if place >= MAX_MEMBERS:
                raise tarfile.ReadError(f"it has more than {MAX_MEMBERS} members")
            match = _NAME.fullmatch(member.name)
            if match and member.isreg() and (file := archive.extractfile(member)):
                yield f"{match[1]}.json", file.read(MAX_RECORD + 1)


class _Bounded(io.RawIOBase):
    """What gzip has packed, as far as it is allowed to grow: passed-over members are unpacked, too."""

    def __init__(self, content: bytes) -> None:
        self._rest, self._unpacker, self._total = content, zlib.decompressobj(31), 0

    def read(self, size: int = -1) -> bytes:
        """Give the next bytes."""
        made = self._unpacker.decompress(self._rest, max(size, 1) if size >= 0 else 2**16)
        self._rest = self._unpacker.unconsumed_tail
        self._total += len(made)
        if self._total > MAX_UNPACKED:
            raise tarfile.ReadError(f"it unpacks to more than {MAX_UNPACKED} bytes")
        return made
