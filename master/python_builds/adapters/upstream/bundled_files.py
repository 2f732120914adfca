"""Reads from a verified tarball what it bundles of others, in a process of its own: see source_tarball.py for why."""

import hashlib
import json
import resource
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path

from python_builds.adapters.apart import NoAnswer, answer_of
from python_builds.adapters.stop import Stop
from python_builds.adapters.upstream.source_tarball import MAX_CPU_SECONDS, MAX_MEMORY, MAX_SECONDS
from python_builds.core.building.contents import Bundled
from python_builds.core.errors import StoreError
from python_builds.core.upstream.bundled import bundled, is_wanted

MAX_FILE = 16 * 2**20
"""Bytes of one of the files; the largest wheel so far has 2 million."""


MODULE = "python_builds.adapters.upstream.bundled_files"


def read_bundled(tarball: Path, stop: Stop) -> tuple[Bundled, ...]:
    """Tell of what a tarball bundles.

    Raises:
        StoreError: if it cannot be read, which one that is mirrored can.
    """
    try:
        found = answer_of(MODULE, str(tarball), stop=stop, seconds=MAX_SECONDS)
    except NoAnswer as error:
        raise StoreError(f"what {tarball.name} bundles cannot be read{error}") from None
    return tuple(Bundled.model_validate(one) for one in found)


def inspect(path: Path) -> tuple[Bundled, ...]:
    """Read it; what is larger than any such file ever was is left out."""
    files: dict[str, bytes] = {}
    with tarfile.open(path, "r|*") as archive:
        for member in archive:
            name = member.name.partition("/")[2]
            if member.isfile() and is_wanted(name) and member.size <= MAX_FILE:
                file = archive.extractfile(member)
                files[name] = file.read() if file else b""
            archive.members.clear()  # type: ignore[attr-defined] # it would keep them all
    return bundled(files, {name: hashlib.sha256(content).hexdigest() for name, content in files.items()})


def main(arguments: Sequence[str]) -> None:
    """Print as JSON what a tarball bundles."""
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_CPU_SECONDS, MAX_CPU_SECONDS))
    print(json.dumps([one.model_dump() for one in inspect(Path(arguments[0]))]))


if __name__ == "__main__":
    main(sys.argv[1:])
