"""Sigstore bundles: a tarball, the identity that signed it, and the log that saw it, checked without network.

The trust root is the one that the installed sigstore package ships. `Verifier.production(offline=True)` would take the
first one that it ever wrote into the user's cache, so that an upgrade of the package would not change it.
"""

import hashlib
import importlib.metadata
import importlib.resources
from functools import cache
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
from sigstore.models import Bundle, TrustedRoot
from sigstore.verify import Verifier
from sigstore.verify.policy import Identity
from sigstore_models.common.v1 import HashAlgorithm

from python_builds.core.errors import NotVerified

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
    shipped = importlib.resources.files("sigstore._store") / quote(instance, safe="") / "trusted_root.json"
    with importlib.resources.as_file(shipped) as path:
        return Verifier(trusted_root=TrustedRoot.from_file(str(path)))


def verify(tarball: Path, bundle: Path, identity: str, issuer: str, verifier: Verifier) -> None:
    """Check that an identity signed a tarball.

    Raises:
        NotVerified: with the identity that was found and the one expected.
    """
    expected = f"{identity} of {issuer} is expected"
    try:
        parsed = Bundle.from_json(bundle.read_bytes())
    except (Error, OSError, ValueError) as error:
        raise NotVerified(f"{bundle.name} is no sigstore bundle that could be read ({error}); {expected}") from error
    with tarball.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").digest()
    try:
        hashed = Hashed(algorithm=HashAlgorithm.SHA2_256, digest=digest)
        verifier.verify_artifact(hashed, parsed, Identity(identity=identity, issuer=issuer))
    except (Error, ExtensionNotFound, ValueError) as error:
        found = _signer(parsed.signing_certificate)
        raise NotVerified(
            f"{bundle.name} does not vouch for {tarball.name}: {_problem(error, found, f'{identity} of {issuer}')} "
            f"({error}). It is by {found}; {expected}"
        ) from error


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
    """Name who a certificate is for, as claimed, and who vouches for that."""
    try:
        names = certificate.extensions.get_extension_for_class(SubjectAlternativeName).value
        identities = [*names.get_values_for_type(RFC822Name), *names.get_values_for_type(UniformResourceIdentifier)]
        issuer = certificate.extensions.get_extension_for_oid(_ISSUER).value
    except (ExtensionNotFound, ValueError) as error:
        return f"nobody it names ({error})"
    shown = issuer.value.decode(errors="replace") if isinstance(issuer, UnrecognizedExtension) else str(issuer)
    return f"{', '.join(identities)} of {shown}"
