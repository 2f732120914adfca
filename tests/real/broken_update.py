"""An archive whose update takes a library away, and a base system that has it among its archives."""

import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from python_builds.adapters.building.recipe import SCRIPTS, packed

VERSION = "999:1"


@contextmanager
def broken_update(base: Path) -> Iterator["BrokenUpdate"]:
    """Make a work folder with our scripts, a copy of the base system and an archive in a folder, still empty."""
    # Not in pytest's own folder: root in a base system is not let through there.
    folder = Path(tempfile.mkdtemp(prefix="python-builds-test-", dir="/srv"))
    folder.chmod(0o755)
    try:
        yield BrokenUpdate(folder, base)
    finally:
        shutil.rmtree(folder)


class BrokenUpdate:
    """The folder's parts: `archive`, `base`, and what runs there as it does on a worker."""

    def __init__(self, folder: Path, base: Path) -> None:
        self.folder, self.archive, self.base = folder, folder / "archive", folder / "base"
        self.archive.mkdir()
        self._index()
        subprocess.run(["cp", "-a", base, self.base], check=True)
        with (self.base / "etc/apt/sources.list").open("a") as sources:
            sources.write(f"deb [trusted=yes] file:{self.archive} ./\n")
        with tarfile.open(fileobj=BytesIO(packed(SCRIPTS, published=True))) as scripts:
            scripts.extractall(folder, filter="fully_trusted")

    def run(self, script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        """Run one of the trial's scripts."""
        command = [f"scripts/published/{script}", *map(str, arguments)]
        return subprocess.run(command, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def drop(self, package: str, library: str) -> None:
        """Have the archive offer a package anew, without a library that it has."""
        subprocess.run(["apt-get", "download", "--quiet", package], cwd=self.folder, check=True)
        (deb,) = self.folder.glob(f"{package}_*.deb")
        tree = self.folder / "tree"
        subprocess.run(["dpkg-deb", "--raw-extract", deb, tree], check=True)
        (path,) = tree.rglob(library)
        path.unlink()
        for name in ("md5sums", "shlibs", "symbols"):
            (tree / "DEBIAN" / name).unlink(missing_ok=True)
        control = tree / "DEBIAN" / "control"
        lines = [f"Version: {VERSION}" if x.startswith("Version:") else x for x in control.read_text().splitlines()]
        control.write_text("\n".join(lines) + "\n")
        subprocess.run(["dpkg-deb", "--build", tree, self.archive / f"{package}_broken.deb"], check=True)
        self._index()

    def _index(self) -> None:
        with (self.archive / "Packages").open("w") as index:
            subprocess.run(["dpkg-scanpackages", "."], cwd=self.archive, stdout=index, check=True)
