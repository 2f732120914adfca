"""Source tarballs that are not what one may be are refused with a sentence, whatever they say of themselves."""

import gzip
import io
import lzma
import struct
import tarfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from packaging.version import Version

from python_builds.adapters.stop import Stop
from python_builds.adapters.upstream import source_tarball
from python_builds.adapters.upstream.source_tarball import MAX_MEMBERS, MAX_PATH, MAX_UNPACKED, check_apart
from python_builds.core.errors import NotVerified

VERSION = Version("3.13.5")
TOP = "Python-3.13.5"
ENDING = bytes(1024)
ZEROS = 64 * 2**20


def header(name: str, size: int = 0, kind: bytes = tarfile.REGTYPE, target: str = "") -> bytes:
    member = tarfile.TarInfo(f"{TOP}/{name}" if name else TOP)
    member.size, member.type, member.linkname = size, kind, target
    return member.tobuf(tarfile.GNU_FORMAT)


def file(name: str, content: bytes) -> bytes:
    return header(name, len(content)) + content + bytes(-len(content) % 512)


GOOD = header("", kind=tarfile.DIRTYPE) + file("Include/patchlevel.h", b'#define PY_VERSION "3.13.5"\n')


def refusal(folder: Path, content: bytes) -> str:
    """Have a compressed tarball checked; give the sentence with which it is refused."""
    path = folder / f"{TOP}.tgz"
    path.write_bytes(content)
    with pytest.raises(NotVerified) as refused:
        check_apart(path, VERSION, Stop())
    return str(refused.value)


@pytest.mark.parametrize("compress", [gzip.compress, lzma.compress])
def test_a_tarball_as_they_are_passes_and_is_described(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    link = header("Misc/mypy/token.py", kind=tarfile.SYMTYPE, target="../../Lib/token.py")
    path = tmp_path / f"{TOP}.tgz"
    path.write_bytes(compress(GOOD + link + ENDING))

    said = check_apart(path, VERSION, Stop())

    assert said == "Include/patchlevel.h says 3.13.5; 3 files and folders, 3072 bytes unpacked"


def zeros(count: int) -> bytes:
    """Compress so many bytes, as gzip may: piece by piece, of which each says only what it has itself."""
    return gzip.compress(bytes(ZEROS), 1) * (count // ZEROS)


def test_a_small_tarball_that_becomes_a_large_one_is_refused(tmp_path: Path) -> None:
    size = MAX_UNPACKED + ZEROS
    bomb = gzip.compress(GOOD + header("bomb", size)) + zeros(size) + gzip.compress(ENDING)

    assert len(bomb) < 5 * 2**20
    assert f"has more than the {MAX_UNPACKED} bytes that one may have when it is unpacked" in refusal(tmp_path, bomb)


def test_what_stands_behind_the_end_counts_too(tmp_path: Path) -> None:
    bomb = gzip.compress(GOOD + ENDING) + zeros(MAX_UNPACKED + ZEROS)

    assert "bytes that one may have when it is unpacked" in refusal(tmp_path, bomb)


def test_a_header_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    bomb = gzip.compress(GOOD + header("x", MAX_UNPACKED, tarfile.XHDTYPE)) + zeros(MAX_UNPACKED)

    assert "nothing was run from it and it is not kept" in refusal(tmp_path, bomb)


def test_an_xz_that_asks_for_more_memory_than_there_may_be_is_refused(tmp_path: Path) -> None:
    content = bytearray(lzma.compress(GOOD + ENDING))
    length = (content[12] + 1) * 4
    content[16] = 40  # the size of the dictionary, 4 GiB
    content[12 + length - 4 : 12 + length] = struct.pack("<I", zlib.crc32(content[12 : 12 + length - 4]))

    assert "takes more than the 1073741824 bytes of memory to read that one may take" in refusal(
        tmp_path, bytes(content)
    )


def test_a_tarball_of_very_many_files_is_refused(tmp_path: Path) -> None:
    many = gzip.compress(GOOD + header("x") * MAX_MEMBERS + ENDING, 1)

    assert f"holds more than the {MAX_MEMBERS} files and folders that one may hold" in refusal(tmp_path, many)


def test_many_files_hidden_behind_an_end_are_refused_too(tmp_path: Path) -> None:
    many = gzip.compress(GOOD + bytes(512) + header("x") * MAX_MEMBERS + ENDING, 1)

    assert f"holds more than the {MAX_MEMBERS} files and folders" in refusal(tmp_path, many)


def long_name() -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo(f"{TOP}/" + "x" * MAX_PATH))
    return stream.getvalue()


@pytest.mark.parametrize(
    "content, problem",
    [
        (GOOD + long_name(), f"has a path longer than the {MAX_PATH} bytes that one may have: 'Python-3.13.5/xxx"),
        (GOOD + header("pipe", kind=tarfile.FIFOTYPE), "holds 'Python-3.13.5/pipe', which is neither a file nor a"),
        (GOOD + header("disk", kind=tarfile.BLKTYPE), "'Python-3.13.5/disk', which is neither a file nor a folder"),
        (GOOD + header("x", kind=tarfile.LNKTYPE, target="/etc/shadow"), "'Python-3.13.5/x', which is neither a file"),
        (GOOD + header("holes", kind=tarfile.GNUTYPE_SPARSE), "'Python-3.13.5/holes', which is neither a file"),
        (GOOD + header("x", kind=tarfile.SYMTYPE, target="/etc"), "'Python-3.13.5/x', a link out of its top folder"),
        (GOOD + header("x", kind=tarfile.SYMTYPE, target="../y"), "a link out of its top folder, to '../y'"),
        (GOOD + header("../x"), "holds 'Python-3.13.5/../x', which is not in its top folder"),
        (b"", "must have one top folder with something in it, and has none, with 0 members"),
        (header("", kind=tarfile.DIRTYPE), "with something in it, and has 'Python-3.13.5', with 1 members"),
        (
            GOOD.replace(b'3.13.5"', b'3.13.4"'),
            "holds CPython 3.13.4, by its Include/patchlevel.h, and should hold 3.13.5",
        ),
    ],
)
def test_what_no_tarball_of_cpython_has_is_named(tmp_path: Path, content: bytes, problem: str) -> None:
    import re

    assert re.search(problem.replace("(", r"\("), refusal(tmp_path, gzip.compress(content + ENDING)))


@pytest.mark.parametrize(
    "damage, problem",
    [
        (lambda good: good[:-20], "cannot be read as a tarball: Compressed file ended before the end-of-stream marker"),
        (lambda good: good[:-8] + bytes(8), "cannot be read as a tarball: CRC check failed"),
        (lambda good: good[:40] + bytes(20) + good[60:], "cannot be read as a tarball: "),
        (lambda good: good + b"more", "cannot be read as a tarball: Not a gzipped file"),
        (gzip.decompress, "is compressed neither by gzip nor by xz: it starts with b'Python'"),
        (lambda _: b"", "is compressed neither by gzip nor by xz: it starts with b''"),
    ],
)
def test_what_cannot_be_unpacked_is_told(tmp_path: Path, damage: Callable[[bytes], bytes], problem: str) -> None:
    assert problem in refusal(tmp_path, damage(gzip.compress(GOOD + ENDING)))


def test_reading_one_ends_when_it_has_taken_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source_tarball, "MAX_SECONDS", 0)

    assert "cannot be read within 0 s" in refusal(tmp_path, gzip.compress(GOOD + ENDING))
