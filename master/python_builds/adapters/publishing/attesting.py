"""Signatures of statements about artifacts, by keys that verifiers of DSSE know: ECDSA of P-256, or Ed25519, in PEM.

OpenPGP's are of apt, dnf and people; cosign, in-toto and openssl read none of them. A file holds one or several keys:
all secret ones sign, and the public ones of former days are published with theirs.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from python_builds.core.errors import NotVerified, SigningError
from python_builds.core.publishing.dsse import Envelope, parse_envelope, signed_bytes
from python_builds.core.settings.settings import Settings, variable

Public = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey
Secret = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey

_BLOCK = re.compile(rb"-----BEGIN ([A-Z ]+)-----\r?\n.*?-----END \1-----", re.DOTALL)


@dataclass(frozen=True, kw_only=True)
class Attester:
    """What signs."""

    secret: tuple[Secret, ...]
    public: tuple[Public, ...]

    def sign(self, payload: bytes) -> bytes:
        """Give a statement in its envelope."""
        signatures = [(key_id(key.public_key()), _sign(key, signed_bytes(payload))) for key in self.secret]
        return Envelope(payload=payload, signatures=signatures).dump()

    def public_keys(self) -> bytes:
        """Give the keys as verifiers need them."""
        return b"".join(key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo) for key in self.public)


def attester(settings: Settings) -> Attester | None:
    """Give what signs by the settings; None where nothing is to be stated.

    Raises:
        SigningError: if the file holds no such key.
    """
    path = settings.attestation_key_file
    return load_attester(path) if path else None


def load_attester(path: Path) -> Attester:
    """Read the keys of a file; for errors see `attester`."""
    secret: list[Secret] = []
    public: list[Public] = []
    for block in _BLOCK.finditer(path.read_bytes()):
        if b"PUBLIC" in block[1]:
            public.append(_public(block[0], str(path)))
        elif b"PRIVATE" in block[1]:
            secret.append(_secret(block[0], path))
    if not secret:
        raise SigningError(f"{path} holds no secret key in PEM; see {variable('attestation_key_file')}")
    return Attester(secret=tuple(secret), public=(*(key.public_key() for key in secret), *public))


def load_public(name: str, content: bytes) -> Mapping[str, Public]:
    """Read public keys, by their ids.

    Raises:
        SigningError: if there is none.
    """
    found = [_public(block[0], name) for block in _BLOCK.finditer(content) if b"PUBLIC" in block[1]]
    if not found:
        raise SigningError(f"{name} holds no public key in PEM (-----BEGIN PUBLIC KEY-----)")
    return {key_id(key): key for key in found}


def verify_envelope(name: str, content: bytes, keys: Mapping[str, Public]) -> tuple[bytes, Sequence[str]]:
    """Give what is signed, and the ids of the keys that have signed it.

    Raises:
        NotVerified: if none of the keys has.
    """
    envelope = parse_envelope(name, content)
    signed = signed_bytes(envelope.payload)
    good = [known for known, key in keys.items() if any(_verifies(key, one, signed) for _, one in envelope.signatures)]
    if not good:
        by = ", ".join(name or "a key without a name" for name, _ in envelope.signatures) or "nobody"
        raise NotVerified(f"{name} is signed by {by}, and by none of the trusted keys: {', '.join(keys)}")
    return envelope.payload, good


def key_id(key: Public) -> str:
    """Name a key by what `openssl pkey -pubin -outform DER | sha256sum` computes, of its SubjectPublicKeyInfo."""
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def _sign(key: Secret, data: bytes) -> bytes:
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign(data)
    return key.sign(data, ec.ECDSA(hashes.SHA256()))


def _verifies(key: Public, signature: bytes, data: bytes) -> bool:
    try:
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, data)
        else:
            key.verify(signature, data, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return True


def _secret(block: bytes, path: Path) -> Secret:
    try:
        key = load_pem_private_key(block, None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise SigningError(f"{path} holds a secret key that cannot be read without a passphrase: {error}") from error
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    raise _of_another_kind(path)


def _public(block: bytes, name: str) -> Public:
    try:
        key = load_pem_public_key(block)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise SigningError(f"{name} holds a public key that cannot be read: {error}") from error
    if isinstance(key, ed25519.Ed25519PublicKey):
        return key
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    raise _of_another_kind(name)


def _of_another_kind(name: object) -> SigningError:
    return SigningError(f"{name} holds a key of another kind; it must be ECDSA of P-256 or Ed25519")
