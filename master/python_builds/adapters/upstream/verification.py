"""What can prove here that a tarball is the release that its manager made: a sigstore bundle, an OpenPGP signature.

A proof needs a manager that is known, and for OpenPGP the key. Where one of them lacks, releases are vouched for by
digests alone, and `lacking` says what to do about it. Proofs are called, and digests compared, in fetching.py.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from packaging.version import Version
from sigstore.verify import Verifier

from python_builds.adapters.upstream import openpgp, sigstore_bundle
from python_builds.core.publishing.artifacts import SIGNATURE_ENDINGS
from python_builds.core.settings.setting_types import CHECKOUT
from python_builds.core.settings.settings import Settings, variable
from python_builds.core.upstream.release_managers import RELEASE_MANAGERS, ReleaseManager, has_openpgp
from python_builds.core.upstream.releases import minor
from python_builds.core.upstream.trust import Trust

KEYS = CHECKOUT / "master" / "python_builds" / "keys"
"""Release managers' public keys; its README says whose they are and where they came from."""


@dataclass(frozen=True, kw_only=True)
class Proof:
    """One way to check a release, of which a tarball has a file beside it."""

    trust: Trust
    max_bytes: int
    """That its file may have."""
    check: Callable[[Path, Path], str]
    """Check a tarball by the file; returns what was verified, for the record, and raises NotVerified."""

    def file(self, tarball: Path) -> Path:
        """Name the file beside a tarball."""
        return tarball.with_name(tarball.name + SIGNATURE_ENDINGS[self.trust])

    def verify(self, tarball: Path) -> str:
        """Check a tarball by the file beside it."""
        return self.check(tarball, self.file(tarball))


@dataclass(frozen=True, kw_only=True)
class Verification:
    """Whose signatures count, by minor, and what checks them."""

    managers: Mapping[str, ReleaseManager]
    keys: Path = KEYS
    verifier: Callable[[], Verifier] = field(default=sigstore_bundle.make_verifier)

    def sigstore(self, version: Version) -> Proof | None:
        """Give the proof by a sigstore bundle, if the manager is known."""
        manager = self._manager(version)
        if manager is None:
            return None
        who, issuer = manager.identity, manager.issuer

        def check(tarball: Path, bundle: Path) -> str:
            sigstore_bundle.verify(tarball, bundle, who, issuer, self.verifier())
            return f"sigstore {who}, {issuer}"

        return Proof(trust=Trust.SIGSTORE, max_bytes=sigstore_bundle.MAX_BUNDLE, check=check)

    def openpgp(self, version: Version) -> Proof | None:
        """Give the proof by an OpenPGP signature, if the release may have one and the manager's key is here."""
        key = self._key(version)
        if key is None or not key.exists():
            return None
        fingerprint, name = key.stem, self._name(version)

        def check(tarball: Path, signature: Path) -> str:
            made = openpgp.verify(tarball, signature, key, fingerprint)
            return f"OpenPGP {fingerprint} {name}, made {made}"

        return Proof(trust=Trust.OPENPGP, max_bytes=openpgp.MAX_SIGNATURE, check=check)

    def lacking(self, version: Version) -> str:
        """Say what to do so that a signature of a release can be checked, or nothing where nothing lacks."""
        key = self._key(version)
        if self._manager(version) is None:
            return f"no release manager of {minor(version)} is known: name them in {variable('release_managers')}"
        if key is None and has_openpgp(minor(version)):
            return (
                f"the fingerprint of {self._name(version)}'s OpenPGP key is not known: set it in "
                f"{variable('release_managers')}"
            )
        if key is not None and not key.exists():
            return (
                f"the OpenPGP key of {self._name(version)} is not here: put it into {key}; the README.md beside it "
                "says where from"
            )
        return ""

    def _manager(self, version: Version) -> ReleaseManager | None:
        return self.managers.get(minor(version))

    def _name(self, version: Version) -> str:
        manager = self.managers[minor(version)]
        return manager.name or manager.identity

    def _key(self, version: Version) -> Path | None:
        manager = self._manager(version)
        if manager is None or not manager.fingerprint or not has_openpgp(minor(version)):
            return None
        return self.keys / f"{manager.fingerprint}.asc"


DEFAULT = Verification(managers=RELEASE_MANAGERS)


def make_verification(settings: Settings) -> Verification:
    """Make it of the settings, which add to the table or replace rows of it."""
    return Verification(managers={**RELEASE_MANAGERS, **settings.release_managers})
