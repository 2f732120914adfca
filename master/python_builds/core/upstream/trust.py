"""How well a source tarball is vouched for."""

from enum import StrEnum


class Trust(StrEnum):
    """Who says that a tarball is the release, the weakest first."""

    DIGEST = "digest"
    """A digest in a listing beside the tarball: guards against a broken download, not against whoever wrote both."""
    SIGNED_INDEX = "signed-index"
    """A digest in an index that the distribution's archive has signed and apt has verified."""
    OPENPGP = "openpgp"
    """The release manager's OpenPGP signature (CPython 3.13 and older)."""
    SIGSTORE = "sigstore"
    """A sigstore bundle of the release manager's identity."""

    def satisfies(self, minimum: "Trust") -> bool:
        """Say whether this is at least as good as the minimum."""
        order = list(Trust)
        return order.index(self) >= order.index(minimum)


WORST = next(iter(Trust))
