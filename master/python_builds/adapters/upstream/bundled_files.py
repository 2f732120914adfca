"""Reads from a verified tarball what it bundles of others, in a process of its own: see source_tarball.py for why."""

import hashlib
import json
import os
import resource
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path

from python_builds.adapters.stop import Stop, run
from python_builds.adapters.upstream.source_tarball import MAX_CPU_SECONDS, MAX_MEMORY, MAX_SECONDS
from python_builds.core.building.contents import Bundled
from python_builds.core.errors import StoreError
from python_builds.core.settings.setting_types import CHECKOUT
from python_builds.core.upstream.bundled import bundled, is_wanted

MAX_FILE = 16 * 2**20
"""Bytes of one of the files; the largest wheel so far has 2 million."""


def read_bundled(tarball: Path, stop: Stop) -> tuple[Bundled, ...]:
    """Tell of what a tarball bundles.

    Raises:
        StoreError: if it cannot be read, which one that is mirrored can.
    """
    command = [sys.executable, "-m", "python_builds.adapters.upstream.bundled_files", str(tarball)]
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "PYTHONPATH": str(CHECKOUT / "master"),
    }
    try:
        done = run(command, stop, MAX_SECONDS, env=environment)
    except subprocess.TimeoutExpired:
        raise StoreError(f"{tarball.name} cannot be read within {MAX_SECONDS} s") from None
    if done.returncode:
        last = (done.stderr.splitlines() or [f"whoever read it ended with {done.returncode}"])[-1]
        raise StoreError(f"what {tarball.name} bundles cannot be read: {last}")
    return tuple(Bundled.model_validate(one) for one in json.loads(done.stdout))


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
