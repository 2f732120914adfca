"""The tarballs that most people fetch, once more by zstd: three quarters of the bytes, unpacked four times as fast.

The master makes them of what it has verified, all by one program: nobody has to compare what a worker would have made,
and no image needs zstd, which distributions have in different versions.
"""

import gzip
import shutil
import tempfile
from pathlib import Path

from python_builds.adapters.digests import file_sha256
from python_builds.adapters.publishing.publishing import write_sidecar
from python_builds.adapters.stop import Stop, run
from python_builds.core.errors import StoreError
from python_builds.core.publishing.artifacts import ZST_PARTS, Product, tarball_file
from python_builds.core.publishing.zst_files import zst_file

PROGRAM = "zstd"
LEVELS = {"quick": 9, "optimized": 18}
"""The next one, 19, takes 1.8 times as long for 1 % less."""

MAX_SECONDS = 1800
"""For one of them: real ones take half a minute of a processor that has nothing else to do."""


def add_zst(product: Product, revision: int, folder: Path, stop: Stop) -> list[str]:
    """Make them beside the tarballs in a folder, with their digests; name them. None where zstd is not installed.

    Raises:
        StoreError: if one cannot be made, or does not unpack to what it was made of.
    """
    if shutil.which(PROGRAM) is None:
        return []
    made = []
    for part in ZST_PARTS:
        tarball = folder / tarball_file(product, revision, part)
        path = folder / zst_file(tarball.name)
        _compress(tarball, path, LEVELS[product.profile], stop)
        if not same_content(path, tarball, stop):
            raise StoreError(f"{path.name} does not unpack to what {tarball.name} does: try the master's {PROGRAM}")
        write_sidecar(path)
        made.append(path.name)
    return made


def same_content(zst: Path, tarball: Path, stop: Stop) -> bool:
    """Say whether a .tar.zst holds the tar of a .tar.gz.

    Raises:
        StoreError: if the first cannot be unpacked.
    """
    with tempfile.TemporaryDirectory(dir=zst.parent) as scratch:
        one, other = Path(scratch, "one"), Path(scratch, "other")
        _zstd(stop, "--decompress", "-o", str(one), str(zst))
        _open(tarball, other)
        return file_sha256(one) == file_sha256(other)


def _compress(tarball: Path, path: Path, level: int, stop: Stop) -> None:
    """Compress by one thread, at one level, so that the same program gives the same bytes."""
    with tempfile.TemporaryDirectory(dir=path.parent) as scratch:
        tar = Path(scratch, "tar")
        _open(tarball, tar)
        _zstd(stop, "--single-thread", f"-{level}", "--force", "-o", str(path), str(tar))


def _zstd(stop: Stop, *arguments: str) -> None:
    done = run(["nice", "-n", "19", PROGRAM, "--quiet", *arguments], stop, MAX_SECONDS)  # the farm itself goes before
    if done.returncode:
        raise StoreError(f"{PROGRAM} failed on the master: {done.stderr.strip()}")


def _open(tarball: Path, path: Path) -> None:
    with gzip.open(tarball) as packed, path.open("wb") as file:
        shutil.copyfileobj(packed, file, 2**20)
