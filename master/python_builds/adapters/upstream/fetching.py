"""Fetches a tarball that a source offers, and checks it against all that the source vouches with."""

from dataclasses import dataclass
from pathlib import Path

from python_builds.adapters.digests import file_sha256
from python_builds.adapters.upstream.offers import Offer
from python_builds.core.errors import NotVerified, WrongDigest


@dataclass(frozen=True, kw_only=True)
class Fetched:
    """A tarball that was fetched and verified."""

    tarball: Path
    sha256: str
    size: int
    """Bytes."""
    verified: tuple[str, ...]
    """By what, for the record."""
    signature: Path | None
    """The file that vouches for it."""


def fetch(offer: Offer, target: Path) -> Fetched:
    """Fetch a tarball and check it against all that its source vouches with.

    Raises:
        WrongDigest: with both digests; the file is deleted.
        NotVerified: with what is wrong with its signature; both files are deleted.
    """
    signature = offer.proof.file(target) if offer.proof else None
    try:
        offer.fetch(target)
        return _verify(offer, target, signature)
    except BaseException:
        for path in (target, signature):
            if path:
                path.unlink(missing_ok=True)
        raise


def _verify(offer: Offer, tarball: Path, signature: Path | None) -> Fetched:
    found, verified = file_sha256(tarball), []
    if offer.sha256 is not None:
        if found != offer.sha256 and offer.mirrored:
            raise WrongDigest(
                f"this farm's mirror of {offer.name} is damaged: it was verified as SHA-256 {offer.sha256}, from "
                f"{offer.origin}, and is {found} now"
            )
        if found != offer.sha256:
            raise WrongDigest(
                f"{offer.name} from {offer.origin} has SHA-256 {found}, but its source vouches for {offer.sha256}; "
                "it was deleted and nothing was run from it"
            )
        verified.append(f"SHA-256 of {offer.listed_in}")
    if offer.proof:
        try:
            verified.append(offer.proof.verify(tarball))
        except NotVerified as error:
            raise NotVerified(
                f"{error}. {offer.name} from {offer.origin} was deleted and nothing was run from it"
            ) from error
    if not verified:
        raise NotVerified(f"nothing vouches for {offer.name} from {offer.origin}; it was deleted")
    return Fetched(
        tarball=tarball, sha256=found, size=tarball.stat().st_size, verified=tuple(verified), signature=signature
    )
