"""What a source tarball says of itself: its digest tells that it came as it was sent, not that it is what was meant."""

import re
import tarfile
from pathlib import Path, PurePosixPath

from packaging.version import Version

from python_builds.facts.errors import NotVerified

NAMES_ITS_VERSION = PurePosixPath("Include/patchlevel.h")
"""The file below the top folder in which CPython keeps its number."""

MAX_HEADER = 64 * 2**10
MAX_UNPACKED = 2**30
"""Bytes. CPython's largest has some 170 million, and that file comes early."""

DEFINED = re.compile(rb'^#define\s+PY_VERSION\s+"([^"]{1,40})"', re.MULTILINE)
"""The line of that file."""


def require_version(tarball: Path, version: Version) -> str:
    """Check that a tarball holds the release that its name promises; return that as a sentence.

    Raises:
        NotVerified: saying what it holds.
    """
    try:
        found = _version_in(tarball)
    except (tarfile.TarError, OSError, EOFError) as error:
        raise NotVerified(f"{tarball.name} cannot be read as a tarball: {error}") from error
    if found != str(version):
        raise NotVerified(
            f"{tarball.name} holds CPython {found}, by its {NAMES_ITS_VERSION}, and should hold {version}: "
            "nothing was run from it and it is not kept; have the source give the right one"
        )
    return f"{NAMES_ITS_VERSION} says {version}"


def _version_in(tarball: Path) -> str:
    with tarfile.open(tarball, "r|*") as archive:
        for member in archive:
            if member.offset > MAX_UNPACKED:
                break
            if PurePosixPath(*PurePosixPath(member.name).parts[1:]) == NAMES_ITS_VERSION and member.isfile():
                header = archive.extractfile(member)
                match = DEFINED.search(header.read(MAX_HEADER)) if header else None
                return match[1].decode("ascii", "replace") if match else "of no number"
    return "of no number, as it has no such file"
