"""Statements about artifacts: signed so that others' programs verify them, and read from anybody without harm."""

import base64
import json
import subprocess

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from google.protobuf import json_format
from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
from in_toto_attestation.v1 import statement as other_statement
from in_toto_attestation.v1 import statement_pb2
from securesystemslib import dsse as other_dsse
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey
from sigstore import dsse as sigstore_dsse
from sigstore.errors import VerificationError as SigstoreRefuses
from sigstore.hashes import HashAlgorithm, Hashed

from python_builds.adapters.publishing.attesting import key_id, load_attester, load_public, verify_envelope
from python_builds.core.errors import NotVerified, SigningError
from python_builds.core.publishing.dsse import ENDING, MAX_ENVELOPE_BYTES, parse_envelope, signed_bytes
from python_builds.core.publishing.provenance import (
    PREDICATE,
    STATEMENT,
    Resource,
    parse_provenance,
    provenance,
    rebuild,
)
from tests.attested import FARM, make_key, maker, publish_attested

KINDS = ("ec", "ed25519")


@pytest.fixture(params=KINDS)
def attests(request, tmp_path):
    return make_key(tmp_path / "key.pem", request.param)


@pytest.fixture
def published(store, make_product, attests):
    record = publish_attested(store, make_product(), attests)
    return {a.key: store.read(f"{a.key}{ENDING}") for a in record.artifacts if a.kind != "sha256"}


def test_securesystemslib_verifies_what_is_published_and_in_toto_reads_it(attests, published, store):
    assert len(published) == 6
    for key, content in published.items():
        envelope = other_dsse.Envelope.from_dict(json.loads(content))
        keys = [SSlibKey.from_crypto(one) for one in attests.public]
        for one, public in zip(keys, attests.public, strict=True):
            one.keyid = key_id(public)
        assert [*envelope.verify(keys, 1)] == [key_id(attests.public[0])]
        found = json_format.Parse(envelope.payload, statement_pb2.Statement())
        statement = other_statement.Statement.copy_from_pb(found)
        statement.validate()
        assert statement.pb.subject[0].digest["sha256"] == store.digest(key)
        predicate = json_format.ParseDict(json_format.MessageToDict(found.predicate), provenance_pb2.Provenance())
        assert predicate.run_details.builder.id == FARM


def with_sigstore(content, public_keys):
    """Verify as cosign does with --key: the public key in PEM, the type, the signature of type and payload."""
    envelope = sigstore_dsse.Envelope._from_json(content)
    assert envelope._inner.payload_type == sigstore_dsse.Envelope._TYPE
    return sigstore_dsse.Statement(sigstore_dsse._verify(load_pem_public_key(public_keys), envelope))


@pytest.mark.parametrize("attests", ["ec"], indirect=True)
def test_sigstore_s_own_reader_verifies_it_in_cosign_s_format(attests, published, store, tmp_path):
    other = make_key(tmp_path / "other.pem").public_keys()
    for key, content in published.items():
        statement = with_sigstore(content, attests.public_keys())
        digests = {found: bytes.fromhex(store.digest(found)) for found in published}
        matching = [
            found
            for found, digest in digests.items()
            if statement._matches_digest(Hashed(algorithm=HashAlgorithm.SHA2_256, digest=digest))
        ]
        assert matching == [key], "it is of this artifact and of no other"
        assert statement._inner.predicate_type == PREDICATE
        with pytest.raises(SigstoreRefuses, match="invalid signature"):
            with_sigstore(content, other)


@pytest.mark.parametrize("attests", ["ec"], indirect=True)
def test_what_sigstore_has_signed_is_read_here(attests, published, tmp_path):
    payload, _ = verify_envelope("x", next(iter(published.values())), load_public("key", attests.public_keys()))
    secret = load_pem_private_key((tmp_path / "key.pem").read_bytes(), None)
    content = sigstore_dsse._sign(secret, sigstore_dsse.Statement(payload)).to_json().encode()

    assert json.loads(content)["signatures"][0].get("keyid", "") == "", "as cosign's are: any key is tried"
    assert verify_envelope("x", content, load_public("key", attests.public_keys()))[0] == payload


@pytest.mark.parametrize("name", ["", None, "the same"])
def test_a_good_signature_counts_whatever_another_beside_it_says_of_its_key(tmp_path, name):
    attests, other = make_key(tmp_path / "key"), make_key(tmp_path / "other")
    good, bad = (json.loads(one.sign(b"{}"))["signatures"][0] for one in (attests, other))
    signatures = [{**good, "keyid": name}, {**bad, "keyid": name}]
    document = {**json.loads(attests.sign(b"{}")), "signatures": signatures}

    for several in (signatures, signatures[::-1]):
        content = json.dumps({**document, "signatures": several}).encode()
        assert verify_envelope("x", content, load_public("key", attests.public_keys()))[0] == b"{}"
    with pytest.raises(NotVerified, match=name or "a key without a name"):
        verify_envelope("x", content, load_public("key", make_key(tmp_path / "third").public_keys()))


def test_of_two_signatures_sigstore_s_reader_takes_none_and_dsse_s_own_either(tmp_path):
    """So who verifies by cosign's bundles or sigstore-python waits for the end of a rotation, or for a new build."""
    old, new = (make_key(tmp_path / name) for name in ("old", "new"))
    (tmp_path / "both").write_bytes((tmp_path / "old").read_bytes() + (tmp_path / "new").read_bytes())
    content = load_attester(tmp_path / "both").sign(b"{}")

    with pytest.raises(sigstore_dsse.InvalidEnvelope, match="exactly one signature"):
        with_sigstore(content, old.public_keys())
    for one in (old, new):
        key = SSlibKey.from_crypto(one.public[0])
        key.keyid = key_id(one.public[0])
        assert [*other_dsse.Envelope.from_dict(json.loads(content)).verify([key], 1)] == [key.keyid]


def test_openssl_verifies_it(published, tmp_path):
    attests = make_key(tmp_path / "openssl.pem")
    payload = b'{"a": 1}'
    document = json.loads(attests.sign(payload))
    (tmp_path / "public.pem").write_bytes(attests.public_keys())
    (tmp_path / "signature").write_bytes(base64.b64decode(document["signatures"][0]["sig"]))
    (tmp_path / "signed").write_bytes(b"DSSEv1 28 application/vnd.in-toto+json 8 " + payload)
    names = ["-verify", "public.pem", "-signature", "signature", "signed"]
    done = subprocess.run(["openssl", "dgst", "-sha256", *names], cwd=tmp_path, capture_output=True, text=True)

    assert done.stdout == "Verified OK\n", done.stderr


def test_a_changed_statement_is_refused_here_and_by_others(attests, published):
    document = json.loads(next(iter(published.values())))
    payload = base64.b64decode(document["payload"])
    document["payload"] = base64.b64encode(payload.replace(b"debian-12", b"debian-13")).decode()
    changed = json.dumps(document).encode()
    public = load_public("key", attests.public_keys())

    with pytest.raises(NotVerified, match="by none of the trusted keys"):
        verify_envelope("x", changed, public)
    keys = [SSlibKey.from_crypto(one) for one in attests.public]
    keys[0].keyid = key_id(attests.public[0])
    with pytest.raises(VerificationError):
        other_dsse.Envelope.from_dict(document).verify(keys, 1)


def test_what_one_key_has_signed_another_does_not_vouch_for(published, tmp_path):
    other = make_key(tmp_path / "other.pem")

    with pytest.raises(NotVerified, match=key_id(other.public[0])):
        verify_envelope("x", next(iter(published.values())), load_public("key", other.public_keys()))


def test_while_one_key_replaces_another_both_sign_and_either_is_enough(tmp_path):
    old, new = (make_key(tmp_path / name, kind) for name, kind in (("old", "ec"), ("new", "ed25519")))
    (tmp_path / "both").write_bytes((tmp_path / "old").read_bytes() + (tmp_path / "new").read_bytes())
    content = load_attester(tmp_path / "both").sign(b"{}")

    for one in (old, new):
        payload, signers = verify_envelope("x", content, load_public("key", one.public_keys()))
        assert (payload, signers) == (b"{}", [key_id(one.public[0])])
    (tmp_path / "former").write_bytes((tmp_path / "new").read_bytes() + old.public_keys())
    former = load_attester(tmp_path / "former")
    assert len(former.secret) == 1 and len(load_public("key", former.public_keys())) == 2


@pytest.mark.parametrize(
    "content, complaint",
    [
        (b"", "holds no secret key in PEM"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "cannot be read without a passphrase"),
    ],
)
def test_a_file_without_a_key_that_can_sign_is_named(tmp_path, content, complaint):
    (tmp_path / "key").write_bytes(content)

    with pytest.raises(SigningError, match=complaint):
        load_attester(tmp_path / "key")


def test_a_key_of_another_kind_is_refused(tmp_path):
    command = [
        "openssl",
        "genpkey",
        "-algorithm",
        "EC",
        "-pkeyopt",
        "ec_paramgen_curve:P-384",
        "-out",
        tmp_path / "key",
    ]
    subprocess.run(command, check=True, capture_output=True)

    with pytest.raises(SigningError, match=r"it must be ECDSA of P-256 or Ed25519"):
        load_attester(tmp_path / "key")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b'{"payloadType": "text/plain", "payload": "", "signatures": []}',
        b'{"payloadType": "application/vnd.in-toto+json", "payload": "%", "signatures": []}',
        b'{"payloadType": "application/vnd.in-toto+json", "payload": "", "signatures": [1]}',
        b"[" * 100_000,
        b" " * (MAX_ENVELOPE_BYTES + 1),
    ],
    ids=lambda content: content[:60],
)
def test_what_is_no_envelope_is_told_as_that(content):
    with pytest.raises(NotVerified, match="^x "):
        parse_envelope("x", content)


@pytest.mark.parametrize(
    "payload", [b"", b"[]", b'{"_type": 1}', b'{"_type": "a", "subject": [], "predicateType": "b"}']
)
def test_what_is_no_provenance_is_told_as_that(payload):
    with pytest.raises(NotVerified, match="^x holds no provenance"):
        parse_provenance("x", payload)


def test_a_statement_names_what_went_in_by_digest_and_always_in_the_same_bytes(make_record):
    record = make_record()
    artifact = record.artifacts[0]
    content = provenance(record, artifact, maker(Resource(name="record", digest={"sha256": "c" * 64})))
    stated = parse_provenance("x", content)

    assert content == provenance(record, artifact, maker(Resource(name="record", digest={"sha256": "c" * 64})))
    assert content.startswith(b'{"_type":"%s","subject":[{"digest":{"sha256":"%s"}' % (STATEMENT.encode(), b"b" * 64))
    assert json.loads(content)["predicateType"] == PREDICATE
    source = stated.predicate.definition.dependency("Python.tgz")
    assert (source.sha256, source.download_location) == ("a" * 64, "sources/3.13.5/Python.tgz")
    assert source.annotations == {"trust": "digest", "verified": []}
    assert stated.predicate.run.byproducts[0].sha256 == "c" * 64
    assert signed_bytes(b"{}") == b"DSSEv1 28 application/vnd.in-toto+json 2 {}"


def test_a_rebuild_names_the_statement_that_it_went_by():
    artifact, original = (Resource(name=name, digest={"sha256": name * 64}) for name in "ab")
    stated = parse_provenance("x", rebuild(artifact, original, FARM, "2026-01-02T00:00:00+00:00", {"cores": 1}))

    assert stated.subject == (artifact,)
    assert stated.predicate.definition.dependencies == (original,)
