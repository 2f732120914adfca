"""Folders of this machine as sources: tarballs put there by hand, each with its digest beside it."""

import functools
from dataclasses import dataclass, field
from pathlib import Path

from python_builds.adapters.http import MAX_TARBALL
from python_builds.adapters.stop import Stop
from python_builds.adapters.upstream.offers import Offer
from python_builds.core.errors import SourceError
from python_builds.core.settings.settings import variable
from python_builds.core.upstream.checksums import read_checksums
from python_builds.core.upstream.releases import version_of_tarball
from python_builds.core.upstream.trust import Trust


@dataclass(frozen=True)
class Folder:
    """Tarballs in a folder of this machine."""

    path: Path
    stop: Stop = field(default_factory=Stop, compare=False)
    notes: list[str] = field(default_factory=list, compare=False)

    @property
    def name(self) -> str:
        """As in the setting."""
        return str(self.path)

    def offers(self) -> list[Offer]:
        """List the tarballs that have a digest beside them."""
        if not self.path.is_dir():
            raise SourceError(f"{self.path} is no folder")
        self.notes.clear()
        tarballs = {path: version for path in sorted(self.path.iterdir()) if (version := version_of_tarball(path.name))}
        digests = self._digests()
        if bare := [path.name for path in tarballs if path.name not in digests]:
            self.notes.append(
                f"{self.path}: no SHA-256 vouches for {', '.join(bare[:3])}{' and more' if bare[3:] else ''}: "
                "write it to SHA256SUMS, or to a file of the tarball's name and .sha256; "
                f"it counts where {variable('minimum_trust')} is {Trust.DIGEST}."
            )
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
            for path, version in tarballs.items()
            if path.name in digests
        ]

    def _digests(self) -> dict[str, str]:
        """Read SHA256SUMS and each NAME.sha256, which has the last word and may hold the digest alone."""
        found: dict[str, str] = {}
        listed, *alone = self.path / "SHA256SUMS", *sorted(self.path.glob("*.sha256"))
        for path in [listed, *alone] if listed.exists() else alone:
            read = read_checksums(path.read_bytes(), "" if path == listed else path.name.removesuffix(".sha256"))
            found |= read.digests
            if read.problem:
                self.notes.append(f"{path}: {read.problem}.")
        return found


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
