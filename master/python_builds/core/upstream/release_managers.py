"""Release managers of CPython, by minor: who may sign its releases, and with what.

Identities and issuers of sigstore: https://www.python.org/downloads/metadata/sigstore/, `add_to_pydotorg.py` of
https://github.com/python/release-tools, and for 3.9 the Dockerfile of https://github.com/pypa/manylinux.
OpenPGP keys: the Dockerfiles of https://github.com/docker-library/python. PEP 761 ended them with 3.14.
"""

from collections.abc import Mapping

from packaging.version import InvalidVersion, Version
from pydantic import BaseModel, ConfigDict, Field

NO_OPENPGP_FROM = Version("3.14")
"""https://peps.python.org/pep-0761/"""


class ReleaseManager(BaseModel):
    """Who signs the releases of a minor."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = ""
    identity: str = Field(pattern=r"^\S+$", description="sigstore's, an e-mail address")
    issuer: str = Field(pattern=r"^https://\S+$", description="who vouches to sigstore for the identity")
    fingerprint: str = Field(
        "", pattern=r"^([0-9A-F]{40})?$", description="of the OpenPGP key: 40 hex digits, capitals, no spaces"
    )


_LUKASZ = ReleaseManager(
    name="Łukasz Langa",
    identity="lukasz@langa.pl",
    issuer="https://github.com/login/oauth",
    fingerprint="E3FF2839C048B25C084DEBE9B26995E310250568",
)
_PABLO = ReleaseManager(
    name="Pablo Galindo Salgado",
    identity="pablogsal@python.org",
    issuer="https://accounts.google.com",
    fingerprint="A035C8C19219BA821ECEA86B64E628F8D684696D",
)
_THOMAS = ReleaseManager(
    name="Thomas Wouters",
    identity="thomas@python.org",
    issuer="https://accounts.google.com",
    fingerprint="7169605F62C751356D054A26A821E680E5FA6305",
)
_HUGO = ReleaseManager(name="Hugo van Kemenade", identity="hugo@python.org", issuer="https://github.com/login/oauth")
_SAVANNAH = ReleaseManager(
    name="Savannah Ostrowski", identity="savannah@python.org", issuer="https://github.com/login/oauth"
)

RELEASE_MANAGERS: Mapping[str, ReleaseManager] = {
    "3.9": _LUKASZ,
    "3.10": _PABLO,
    "3.11": _PABLO,
    "3.12": _THOMAS,
    "3.13": _THOMAS,
    "3.14": _HUGO,
    "3.15": _HUGO,
    "3.16": _SAVANNAH,
    "3.17": _SAVANNAH,
}


def has_openpgp(minor: str) -> bool:
    """Say whether a minor's releases come with OpenPGP signatures."""
    return Version(minor) < NO_OPENPGP_FROM


def check_managers(managers: dict[str, ReleaseManager]) -> dict[str, ReleaseManager]:
    """Return what an operator has set, if its minors are minors.

    Raises:
        ValueError: with what is allowed.
    """
    for minor, manager in managers.items():
        try:
            right = len(Version(minor).release) == 2 and str(Version(minor)) == minor
        except InvalidVersion:
            right = False
        if not right:
            raise ValueError(f"{minor!r} must be a minor, as in 3.18")
        if manager.fingerprint and not has_openpgp(minor):
            raise ValueError(
                f"{minor} must have no fingerprint: CPython has no OpenPGP signatures from 3.14 on (PEP 761)"
            )
    return managers
