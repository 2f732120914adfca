"""`python-builds verify`: is this file what a farm has made of what upstream has signed? In one table."""

import dataclasses
import tempfile
from collections.abc import Mapping
from pathlib import Path

from python_builds.adapters.publishing.attesting import Public, attester, key_id, load_public
from python_builds.adapters.publishing.places import Place
from python_builds.adapters.publishing.stated import Trusted, TrustedIdentity
from python_builds.adapters.publishing.verifying import findings
from python_builds.adapters.upstream.sigstore_bundle import own_verifier
from python_builds.adapters.upstream.verification import make_verification
from python_builds.cli.output import table
from python_builds.core.errors import InvalidRequest
from python_builds.core.publishing.findings import is_verified
from python_builds.core.settings.settings import Settings


def verify(settings: Settings, what: str, trusted: Trusted, *, openpgp_key: str, source: str) -> int:
    """Print the table; the exit status says whether all that is required holds.

    Raises:
        InvalidRequest: if a file that was named is not there.
    """
    for option, path in (("--openpgp-key", openpgp_key), ("--source", source)):
        _require_file(option, path)
    trusted = dataclasses.replace(
        trusted,
        openpgp=Path(openpgp_key) if openpgp_key else None,
        source=Path(source) if source else None,
    )
    with tempfile.TemporaryDirectory(prefix="python-builds-verify-") as scratch:
        place = Place(address=what, scratch=Path(scratch))
        found = list(findings(place, trusted, make_verification(settings)))
    print(table(("", "", what), [(one.question, one.state, one.words) for one in found]))
    good = is_verified(found)
    print("verified" if good else "NOT verified")
    return 0 if good else 1


def trusted_keys(settings: Settings, key: str) -> Mapping[str, Public]:
    """Read the keys of a file; where none is named, trust the farm's own on its machine.

    Raises:
        InvalidRequest: if the file is not there.
    """
    _require_file("--key", key)
    if key:
        return load_public(key, Path(key).read_bytes())
    own = attester(settings)
    return {key_id(one): one for one in own.public} if own else {}


def trusted_by(settings: Settings, key: str, identity: str, issuer: str) -> Trusted:
    """Say whose provenances are trusted: those of keys, of an identity, or of both.

    Raises:
        InvalidRequest: if the key's file is not there, or of the identity only a half was named.
    """
    if bool(identity) != bool(issuer):
        raise InvalidRequest("--identity and --issuer go together: each issuer gives its own names")
    verifier = own_verifier(settings.sigstore_trust_config) if identity else None
    named = TrustedIdentity(identity=identity, issuer=issuer, verifier=verifier) if verifier else None
    return Trusted(keys=trusted_keys(settings, key), identity=named)


def _require_file(option: str, path: str) -> None:
    if path and not Path(path).is_file():
        raise InvalidRequest(f"{option} names {path}, which is no file")
