"""What a source offers: one release's tarball, who vouches for it, and how to get it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from packaging.version import Version

from python_builds.adapters.upstream.verification import Proof
from python_builds.core.upstream.trust import Trust


@dataclass(frozen=True, kw_only=True)
class Offer:
    """One tarball that a source lists."""

    version: Version
    name: str
    """As python.org names it."""
    origin: str
    """For the record: where it comes from."""
    trust: Trust
    sha256: str | None
    """Hex; what the source vouches for; None where it gives no digest, and a signature alone vouches."""
    listed_in: str
    """Who gives the digest, for the record."""
    proof: Proof | None
    """How it is verified beyond the digest."""
    lacking: str
    """Why it is not vouched for better and what to do about it, if there is something to do."""
    is_there: Callable[[], bool]
    """Whether it can be fetched now: an index may name what its server no longer has."""
    fetch: Callable[[Path], None]
    """Write it to a path, and beside it what its proof needs; raises SourceError, StoreError or OSError."""
    by_hand: bool
    """Whether somebody put it there who may put a corrected one in its place."""
    mirrored: bool
    """Whether this farm has it already; the origin is where it came from."""


class TarballSource(Protocol):
    """Where tarballs can be had."""

    @property
    def name(self) -> str:
        """As in the setting."""

    @property
    def notes(self) -> Sequence[str]:
        """What of it could not be asked, though the rest could: sentences for the operator."""

    def offers(self) -> list[Offer]:
        """List all it has; raises SourceError where it cannot be asked."""
