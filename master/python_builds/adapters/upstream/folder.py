"""Folders of this machine as sources: tarballs put there by hand, each with its digest beside it."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from python_builds.adapters.http import MAX_TARBALL
from python_builds.adapters.stop import Stop
from python_builds.adapters.upstream.offers import Offer
from python_builds.core.errors import SourceError
from python_builds.core.upstream.releases import version_of_tarball
from python_builds.core.upstream.trust import Trust


@dataclass(frozen=True)
class Folder:
    """Tarballs in a folder of this machine."""

    path: Path
    stop: Stop = field(default_factory=Stop, compare=False)
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
                is_there=path.is_file,  # a pipe would be waited for
                fetch=functools.partial(copy, path, stop=self.stop),
                by_hand=True,
                mirrored=False,
            )
            for path in sorted(self.path.iterdir())
            if (version := version_of_tarball(path.name)) and path.name in digests
        ]


def copy(source: Path, target: Path, stop: Stop) -> None:
    """Copy a tarball of a folder.

    Raises:
        SourceError: if it is larger than any.
    """
    with source.open("rb") as original, target.open("wb") as file:
        while block := original.read(2**20):
            stop.check()
            file.write(block)
            if file.tell() > MAX_TARBALL:
                raise SourceError(f"{source} is larger than the {MAX_TARBALL} bytes that it may have")


def _digests(folder: Path) -> dict[str, str]:
    """Read NAME.sha256 and SHA256SUMS, whose lines are `<hex>  <name>`, or in NAME.sha256 the digest alone."""
    found = {}
    for path in [folder / "SHA256SUMS", *sorted(folder.glob("*.sha256"))]:
        for line in path.read_text(errors="replace").splitlines() if path.exists() else []:
            digest, _, name = line.strip().partition(" ")
            if digest:
                found[name.strip(" *") or path.name.removesuffix(".sha256")] = digest.lower()
    return found
