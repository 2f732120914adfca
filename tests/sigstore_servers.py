"""A sigstore of a test's own, by HTTP: a Fulcio, which gives certificates to identities, and a Rekor, which logs signatures.

Made after what their clients demand: certificates of RFC 5280 with the issuer's and a log's word in them (RFC 6962), a
tree of signed entries with proofs (RFC 9162), and checkpoints as signed notes. Both answer as the version 1 of theirs does.
"""

import base64
import contextlib
import datetime
import hashlib
import json
import struct
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jwt
import requests
import rfc8785
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

IDENTITY = "spiffe://example.org/python-builds"
AUDIENCE = "sigstore"
_ISSUER = ObjectIdentifier("1.3.6.1.4.1.57264.1.1")
_TIMESTAMPS = ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
_SHA256 = ec.ECDSA(hashes.SHA256())
_MINUTES = datetime.timedelta(minutes=10)


def token_of(issuer: str, identity: str = IDENTITY, audience: str = AUDIENCE) -> str:
    """Have tests/e2e/identity.py's provider give an identity its token, as an agent of a machine would."""
    asked = {"client_id": audience, "redirect_uri": "http://127.0.0.1/", "response_type": "code", "scope": "openid"}
    browser = requests.Session()
    browser.trust_env = False
    page = f"{issuer}/oauth2/authorize"
    back = browser.post(page, params=asked, data={"sub": identity}, allow_redirects=False, timeout=30)
    code = back.headers["Location"].partition("code=")[2].partition("&")[0]
    given = {"grant_type": "authorization_code", "code": code, "redirect_uri": asked["redirect_uri"]}
    answer = browser.post(
        f"{issuer}/oauth2/token", data={**given, "client_id": audience, "client_secret": "x"}, timeout=30
    )
    return str(answer.json()["id_token"])


@dataclass
class Sigstore:
    """Both servers, with what they sign with."""

    issuer: str
    """Whose tokens it takes."""
    url: str = ""
    authority: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    certificates: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    """Signs for the log of certificates."""
    entries: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    """Signs for the log of signatures."""
    log: list[bytes] = field(default_factory=list)
    """The log of signatures itself."""
    asked: list[str] = field(default_factory=list)
    problems: list[int] = field(default_factory=list)
    """Statuses with which the next requests are answered."""
    silent: threading.Event | None = None
    """While it is not set nobody is answered."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Make the root."""
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A test's Fulcio")])
        self.root = (
            _certificate(name, name, self.authority.public_key(), datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.authority.public_key()), critical=False)
            .sign(self.authority, hashes.SHA256())
        )

    def certify(self, token: str, request: x509.CertificateSigningRequest) -> x509.Certificate:
        """Certify that whoever made a request is who a token says; raises jwt's errors if the token is not good."""
        (known,) = requests.get(f"{self.issuer}/jwks", timeout=30, proxies={"http": ""}).json()["keys"]
        key = jwt.PyJWK(known).key
        claims = jwt.decode(token, key, algorithms=["RS256"], audience=AUDIENCE, issuer=self.issuer)
        public = request.public_key()
        named = (
            _certificate(self.root.subject, x509.Name([]), public, _MINUTES)
            .add_extension(_usage(digital_signature=True), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.authority.public_key()), critical=False
            )
            .add_extension(x509.SubjectAlternativeName([x509.UniformResourceIdentifier(claims["sub"])]), critical=True)
            .add_extension(x509.UnrecognizedExtension(_ISSUER, self.issuer.encode()), critical=False)
        )
        at = datetime.datetime.now(datetime.UTC)
        # What the log signs is the certificate without its word: so it is made once to see that, and once with it.
        unsaid = self._with_word(named, at, b"")
        issuer_id = _key_id(self.authority)
        body = unsaid.tbs_precertificate_bytes
        signed = struct.pack("!BBQH32s", 0, 0, _milliseconds(at), 1, issuer_id) + len(body).to_bytes(3, "big") + body
        return self._with_word(named, at, self.certificates.sign(signed + b"\0\0", _SHA256))

    def _with_word(self, named: x509.CertificateBuilder, at: datetime.datetime, signature: bytes) -> x509.Certificate:
        word = struct.pack("!B32sQHBBH", 0, _key_id(self.certificates), _milliseconds(at), 0, 4, 3, len(signature))
        words = struct.pack("!HH", len(word + signature) + 2, len(word + signature)) + word + signature
        octets = b"\x04" + _length(len(words)) + words
        return named.add_extension(x509.UnrecognizedExtension(_TIMESTAMPS, octets), critical=False).sign(
            self.authority, hashes.SHA256()
        )

    def enter(self, proposed: dict[str, Any]) -> dict[str, Any]:
        """Take a signature into the log; give the entry with the proof that it is there."""
        content = proposed["spec"]["proposedContent"]
        envelope = json.loads(content["envelope"])
        payload = base64.b64decode(envelope["payload"])
        body = {
            "apiVersion": "0.0.1",
            "kind": "dsse",
            "spec": {
                "envelopeHash": _digest(content["envelope"].encode()),
                "payloadHash": _digest(payload),
                "signatures": [
                    {"signature": one["sig"], "verifier": content["verifiers"][0]} for one in envelope["signatures"]
                ],
            },
        }
        with self.lock:
            self.log.append(rfc8785.dumps(body))
            index, log = len(self.log) - 1, [*self.log]
        return self._entry(index, log)

    def _entry(self, index: int, log: Sequence[bytes]) -> dict[str, Any]:
        encoded = base64.b64encode(log[index]).decode()
        name, root = _key_id(self.entries), _root(log)
        said = {"body": encoded, "integratedTime": int(_now().timestamp()), "logID": name.hex(), "logIndex": index}
        note = f"a test's log\n{len(log)}\n{base64.b64encode(root).decode()}\n"
        signed = base64.b64encode(name[:4] + self.entries.sign(note.encode(), _SHA256)).decode()
        proof = {
            "logIndex": index,
            "treeSize": len(log),
            "rootHash": root.hex(),
            "hashes": [one.hex() for one in _path(index, log)],
            "checkpoint": f"{note}\n\N{EM DASH} test {signed}\n",
        }
        promise = base64.b64encode(self.entries.sign(rfc8785.dumps(said), _SHA256)).decode()
        return {f"{index:064x}": {**said, "verification": {"inclusionProof": proof, "signedEntryTimestamp": promise}}}

    def write_trust(self, path: Path) -> Path:
        """Write down what a client needs to know of it."""
        start = {"start": "2020-01-01T00:00:00Z"}
        authority = {"certificates": [{"rawBytes": _text(self.root.public_bytes(Encoding.DER))}]}
        root = {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [self._log(self.entries, start)],
            "ctlogs": [self._log(self.certificates, start)],
            "certificateAuthorities": [
                {
                    "subject": {"organization": "test", "commonName": "test"},
                    "uri": self.url,
                    "certChain": authority,
                    "validFor": start,
                }
            ],
        }
        service = {"url": self.url, "majorApiVersion": 1, "validFor": start, "operator": "test"}
        signing = {
            "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
            "caUrls": [service],
            "rekorTlogUrls": [service],
            "rekorTlogConfig": {"selector": "ANY"},
        }
        kind = "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json"
        path.write_text(json.dumps({"mediaType": kind, "trustedRoot": root, "signingConfig": signing}))
        return path

    def _log(self, key: ec.EllipticCurvePrivateKey, valid: dict[str, str]) -> dict[str, Any]:
        public = {"rawBytes": _text(_spki(key)), "keyDetails": "PKIX_ECDSA_P256_SHA_256", "validFor": valid}
        return {
            "baseUrl": self.url,
            "hashAlgorithm": "SHA2_256",
            "publicKey": public,
            "logId": {"keyId": _text(_key_id(key))},
        }


class _Answers(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        seen: Sigstore = self.server.sigstore  # type: ignore[attr-defined]
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        seen.asked.append(self.path)
        if seen.silent:
            seen.silent.wait()
        if seen.problems:
            self.say({"code": 5, "message": "it is asked too much"}, seen.problems.pop(0))
        elif self.path == "/api/v2/signingCert":
            token = self.headers["Authorization"].removeprefix("Bearer ")
            request = x509.load_pem_x509_csr(base64.b64decode(body["certificateSigningRequest"]))
            try:
                chain = [seen.certify(token, request), seen.root]
            except jwt.PyJWTError as error:
                self.say({"code": 3, "message": f"There was an error processing the identity token: {error}"}, 400)
                return
            pem = [one.public_bytes(Encoding.PEM).decode() for one in chain]
            self.say({"signedCertificateEmbeddedSct": {"chain": {"certificates": pem}}})
        else:
            self.say(seen.enter(body), 201)

    def say(self, answer: object, status: int = 200) -> None:
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@contextlib.contextmanager
def sigstore(issuer: str) -> Iterator[Sigstore]:
    """Give both on one free port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as server:
        made = server.sigstore = Sigstore(issuer=issuer, url=f"http://127.0.0.1:{server.server_port}")  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True).start()
        yield made
        if made.silent:
            made.silent.set()
        server.shutdown()


def _certificate(issuer: x509.Name, subject: x509.Name, key: Any, valid: datetime.timedelta) -> x509.CertificateBuilder:
    begin = _now() - datetime.timedelta(minutes=1)
    return (
        x509.CertificateBuilder()
        .issuer_name(issuer)
        .subject_name(subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + valid)
    )


def _usage(**used: bool) -> x509.KeyUsage:
    names = (
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement key_cert_sign crl_sign "
        "encipher_only decipher_only"
    )
    return x509.KeyUsage(**{name: used.get(name, False) for name in names.split()})


def _root(log: Sequence[bytes]) -> bytes:
    """Hash a tree, as RFC 9162 does."""
    if len(log) == 1:
        return hashlib.sha256(b"\0" + log[0]).digest()
    half = _half(len(log))
    return hashlib.sha256(b"\1" + _root(log[:half]) + _root(log[half:])).digest()


def _path(index: int, log: Sequence[bytes]) -> list[bytes]:
    """Prove that an entry is in a tree, by the neighbours of all that it is a part of, from below."""
    if len(log) == 1:
        return []
    half = _half(len(log))
    if index < half:
        return [*_path(index, log[:half]), _root(log[half:])]
    return [*_path(index - half, log[half:]), _root(log[:half])]


def _half(count: int) -> int:
    return 1 << (count - 1).bit_length() - 1


def _spki(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _key_id(key: ec.EllipticCurvePrivateKey) -> bytes:
    return hashlib.sha256(_spki(key)).digest()


def _digest(content: bytes) -> dict[str, str]:
    return {"algorithm": "sha256", "value": hashlib.sha256(content).hexdigest()}


def _length(count: int) -> bytes:
    """Write a length as DER does."""
    return (
        bytes([count])
        if count < 128
        else b"\x81" + bytes([count])
        if count < 256
        else b"\x82" + struct.pack("!H", count)
    )


def _milliseconds(at: datetime.datetime) -> int:
    return int(at.timestamp()) * 1000


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _now() -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC)
