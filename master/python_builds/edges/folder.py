"""Folders of this machine as sources: tarballs put there by hand, each with its digest beside it."""

import functools
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from python_builds.edges.offers import Offer
from python_builds.facts.errors import SourceError
from python_builds.facts.releases import version_of_tarball
from python_builds.facts.trust import Trust


@dataclass(frozen=True)
class Folder:
    """Tarballs in a folder of this machine."""

    path: Path
    notes: Sequence[str] = ()

    @property
    def name(self) -> str:
        """As in the setting."""
        return str(self.path)

    def offers(self) -> list[Offer]:
        """List the tarballs that have a digest beside them."""
        if not self.path.is_dir():
            raise SourceError(f"{self.path} is no folder")
        digests = _digests(self.path)
        return [
            Offer(
                version=version,
                name=path.name,
                origin=str(path),
                trust=Trust.DIGEST,
                sha256=digests[path.name],
                listed_in="a file beside it",
                proof=None,
                lacking="",
                is_there=path.exists,
                fetch=functools.partial(_copy, path),
            )
            for path in sorted(self.path.iterdir())
            if (version := version_of_tarball(path.name)) and path.name in digests
        ]


def _digests(folder: Path) -> dict[str, str]:
    """Read NAME.sha256 and SHA256SUMS, whose lines are `<hex>  <name>`, or in NAME.sha256 the digest alone."""
    found = {}
    for path in [folder / "SHA256SUMS", *sorted(folder.glob("*.sha256"))]:
        for line in path.read_text(errors="replace").splitlines() if path.exists() else []:
            digest, _, name = line.strip().partition(" ")
            if digest:
                found[name.strip(" *") or path.name.removesuffix(".sha256")] = digest.lower()
    return found


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
