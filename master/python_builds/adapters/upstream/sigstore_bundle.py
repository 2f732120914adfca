"""Sigstore bundles: a tarball or a statement, the identity that signed it, and the log that saw it, without network.

The trust root is the one that the installed sigstore package ships. `Verifier.production(offline=True)` would take the
first one that it ever wrote into the user's cache, so that an upgrade of the package would not change it.
"""

import hashlib
import importlib.metadata
import importlib.resources
import json
from functools import cache
from importlib.resources.abc import Traversable
from pathlib import Path
from urllib.parse import quote

from cryptography.x509 import (
    Certificate,
    ExtensionNotFound,
    ObjectIdentifier,
    RFC822Name,
    SubjectAlternativeName,
    UniformResourceIdentifier,
    UnrecognizedExtension,
)
from sigstore.errors import CertValidationError, Error, VerificationError
from sigstore.hashes import Hashed
from sigstore.models import Bundle, ClientTrustConfig, TrustedRoot
from sigstore.verify import Verifier
from sigstore.verify.policy import Identity
from sigstore_models.common.v1 import HashAlgorithm

from python_builds.core.errors import InvalidRequest, NotVerified
from python_builds.core.publishing.dsse import PAYLOAD_TYPE

MAX_BUNDLE = 2**20
"""Bytes. A bundle has about six thousand."""

PRODUCTION = "https://tuf-repo-cdn.sigstore.dev"
STAGING = "https://tuf-repo-cdn.sigstage.dev"
"""Sigstore's instance for trying things, which nothing of CPython is signed with."""

_ISSUER = ObjectIdentifier("1.3.6.1.4.1.57264.1.1")
"""https://github.com/sigstore/fulcio/blob/main/docs/oid-info.md"""


@cache
def make_verifier(instance: str = PRODUCTION) -> Verifier:
    """Make what checks bundles of one instance of sigstore."""
    with importlib.resources.as_file(_shipped(instance, "trusted_root.json")) as path:
        return Verifier(trusted_root=TrustedRoot.from_file(str(path)))


def own_verifier(trust: Path | None) -> Verifier:
    """Make what checks bundles of a farm's own instance, by its trust configuration; of the public one without.

    Raises:
        InvalidRequest: if that is none.
    """
    return Verifier(trusted_root=trust_config(trust).trusted_root) if trust else make_verifier()


def trust_config(path: Path | None) -> ClientTrustConfig:
    """Read where an instance's servers are and what they sign with; of the public one what the package ships.

    Raises:
        InvalidRequest: if the file is none of that kind.
    """
    if path is None:
        parts = {"trustedRoot": "trusted_root.json", "signingConfig": "signing_config.v0.2.json"}
        document = {name: json.loads(_shipped(PRODUCTION, file).read_bytes()) for name, file in parts.items()}
        kind = ClientTrustConfig.ClientTrustConfigType.CONFIG_0_1.value
        return ClientTrustConfig.from_json(json.dumps({"mediaType": kind, **document}))
    try:
        config = ClientTrustConfig.from_json(path.read_text())
        _ = config.trusted_root, config.signing_config  # which look at what they are made of
    except (Error, OSError, ValueError) as error:
        words = " ".join(str(error).split())
        raise InvalidRequest(f"{path} is no client trust configuration of sigstore's: {words:.300}") from error
    return config


def _shipped(instance: str, name: str) -> Traversable:
    return importlib.resources.files("sigstore._store") / quote(instance, safe="") / name


def verify_statement(name: str, content: bytes, identity: str, issuer: str, verifier: Verifier) -> bytes:
    """Check that an identity signed the statement in a bundle, and give that.

    Raises:
        NotVerified: with the identity that was found and the one expected.
    """
    expected = f"{identity} of {issuer}"
    parsed = _parse(name, content, expected)
    try:
        kind, payload = verifier.verify_dsse(parsed, Identity(identity=identity, issuer=issuer))
    except (Error, ExtensionNotFound, ValueError) as error:
        raise _refused(f"{name} vouches for nothing", parsed, error, expected) from error
    if kind != PAYLOAD_TYPE:
        raise NotVerified(f"{name} is of {kind!a}, and must be of {PAYLOAD_TYPE}")
    return payload


def verify(tarball: Path, bundle: Path, identity: str, issuer: str, verifier: Verifier) -> None:
    """Check that an identity signed a tarball.

    Raises:
        NotVerified: with the identity that was found and the one expected.
    """
    expected = f"{identity} of {issuer}"
    parsed = _parse(bundle.name, bundle.read_bytes() if bundle.is_file() else b"", expected)
    with tarball.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
    try:
        hashed = Hashed(algorithm=HashAlgorithm.SHA2_256, digest=digest)
        verifier.verify_artifact(hashed, parsed, Identity(identity=identity, issuer=issuer))
    except (Error, ExtensionNotFound, ValueError) as error:
        raise _refused(f"{bundle.name} does not vouch for {tarball.name}", parsed, error, expected) from error


def signer_of(certificate: Certificate) -> tuple[str, str]:
    """Name who a certificate is for, as claimed, and who vouches for that.

    Raises:
        ExtensionNotFound, ValueError: if it does not say so.
    """
    names = certificate.extensions.get_extension_for_class(SubjectAlternativeName).value
    identities = [*names.get_values_for_type(RFC822Name), *names.get_values_for_type(UniformResourceIdentifier)]
    issuer = certificate.extensions.get_extension_for_oid(_ISSUER).value
    shown = issuer.value.decode(errors="replace") if isinstance(issuer, UnrecognizedExtension) else str(issuer)
    return ", ".join(identities), shown


def _parse(name: str, content: bytes, expected: str) -> Bundle:
    try:
        return Bundle.from_json(content)
    except (Error, ValueError) as error:
        words = f"{name} is no sigstore bundle that could be read ({error}); {expected} is expected"
        raise NotVerified(words) from error


def _refused(what: str, parsed: Bundle, error: Exception, expected: str) -> NotVerified:
    found = _signer(parsed.signing_certificate)
    problem = _problem(error, found, expected)
    return NotVerified(f"{what}: {problem} ({error}). It is by {found}; {expected} is expected")


def _problem(error: Exception, found: str, expected: str) -> str:
    """Say in our words what the library found."""
    if isinstance(error, CertValidationError):
        version = importlib.metadata.version("sigstore")
        return (
            f"its certificate is none that the trust root of the package sigstore {version} knows, or was not valid at "
            "the time; if the bundle is newer than that package, upgrade it"
        )
    if found != expected:
        return "the wrong identity made it"
    # The library has one type for all of these, and no public way to the digest in a bundle.
    if isinstance(error, VerificationError) and "digest mismatch" in str(error):
        return "it was made for another file, so the tarball was changed, or the bundle is of another release"
    if isinstance(error, VerificationError) and "Signature is invalid" in str(error):
        return "the file, or the signature in it, was changed"
    return "it is broken"


def _signer(certificate: Certificate) -> str:
    try:
        return " of ".join(signer_of(certificate))
    except (ExtensionNotFound, ValueError) as error:
        return f"nobody it names ({error})"
