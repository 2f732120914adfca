"""Sigstore bundles: real ones, made with sigstore's staging instance, against its shipped trust roots."""

import base64
import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sigstore.verify import Verifier

from python_builds.adapters.upstream.sigstore_bundle import PRODUCTION, STAGING, make_verifier, verify
from python_builds.core.errors import NotVerified


@pytest.fixture
def staging(monkeypatch, tmp_path):
    """The verifier of sigstore's staging instance, made where nothing can be written and no one be asked."""
    monkeypatch.setenv("HOME", str(tmp_path / "none"))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    make_verifier.cache_clear()
    return make_verifier(STAGING)


@pytest.fixture
def tampered(tmp_path, real_bundle):
    """Write the bundle anew, after a function changed its JSON."""

    def write(change):
        document = json.loads(real_bundle.bundle.read_bytes())
        change(document)
        (tmp_path / real_bundle.bundle.name).write_text(json.dumps(document))
        return tmp_path / real_bundle.bundle.name

    return write


def refusal(file, bundle, identity, issuer, verifier):
    with pytest.raises(NotVerified) as refused:
        verify(file, bundle, identity, issuer, verifier)
    return str(refused.value)


def test_a_bundle_of_the_expected_identity_is_accepted_without_network(real_bundle, staging):
    verify(real_bundle.file, real_bundle.bundle, real_bundle.identity, real_bundle.issuer, staging)


def test_the_wrong_identity_is_refused_with_the_one_found_and_the_one_expected(real_bundle, staging):
    said = refusal(real_bundle.file, real_bundle.bundle, "hugo@python.org", real_bundle.issuer, staging)

    assert said.startswith(
        f"{real_bundle.bundle.name} does not vouch for {real_bundle.file.name}: the wrong identity made it"
    )
    assert f"It is by {real_bundle.identity} of https://github.com/login/oauth" in said
    assert said.endswith("hugo@python.org of https://github.com/login/oauth is expected")


def test_the_right_identity_of_the_wrong_issuer_is_refused_with_both(real_bundle, staging):
    said = refusal(real_bundle.file, real_bundle.bundle, real_bundle.identity, "https://accounts.google.com", staging)

    assert "the wrong identity made it" in said
    assert f"It is by {real_bundle.identity} of https://github.com/login/oauth" in said
    assert said.endswith(f"{real_bundle.identity} of https://accounts.google.com is expected")


def test_a_certificate_of_another_instance_than_production_is_refused(real_bundle):
    said = refusal(
        real_bundle.file, real_bundle.bundle, real_bundle.identity, real_bundle.issuer, make_verifier(PRODUCTION)
    )

    assert "its certificate is none that the trust root of the package sigstore" in said
    assert "upgrade it" in said


def test_a_file_that_was_tampered_with_is_refused(real_bundle, staging, tmp_path):
    file = tmp_path / real_bundle.file.name
    file.write_bytes(real_bundle.file.read_bytes() + b"\n")

    assert "it was made for another file, so the tarball was changed" in refusal(
        file, real_bundle.bundle, real_bundle.identity, real_bundle.issuer, staging
    )


def test_a_file_that_was_tampered_with_together_with_the_digest_in_its_bundle_is_refused(
    real_bundle, staging, tmp_path, tampered
):
    file = tmp_path / real_bundle.file.name
    file.write_bytes(b"")
    empty = base64.b64encode(bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")).decode()
    bundle = tampered(lambda d: d["messageSignature"]["messageDigest"].update(digest=empty))

    assert "the file, or the signature in it, was changed" in refusal(
        file, bundle, real_bundle.identity, real_bundle.issuer, staging
    )


def test_a_signature_that_was_tampered_with_is_refused(real_bundle, staging, tampered):
    def change(document):
        signature = bytearray(base64.b64decode(document["messageSignature"]["signature"]))
        signature[-1] ^= 1
        document["messageSignature"]["signature"] = base64.b64encode(signature).decode()

    assert "does not vouch for" in refusal(
        real_bundle.file, tampered(change), real_bundle.identity, real_bundle.issuer, staging
    )


def test_a_signature_that_no_log_has_seen_is_refused(real_bundle, staging, tampered):
    bundle = tampered(lambda d: d["verificationMaterial"].update(tlogEntries=[]))

    assert "is no sigstore bundle that could be read (expected exactly one log entry" in refusal(
        real_bundle.file, bundle, real_bundle.identity, real_bundle.issuer, staging
    )


def test_a_bundle_whose_time_was_moved_past_its_certificate_s_is_refused(real_bundle, staging, tampered):
    """The certificate is valid for ten minutes; when it was used is what the log says, and signs."""

    def change(document):
        entry = document["verificationMaterial"]["tlogEntries"][0]
        if "integratedTime" in entry:
            entry["integratedTime"] = str(int(entry["integratedTime"]) + 86400)
        document["verificationMaterial"].pop("timestampVerificationData", None)

    said = refusal(real_bundle.file, tampered(change), real_bundle.identity, real_bundle.issuer, staging)

    assert "valid" in said


@pytest.mark.parametrize("content", [b"", b"junk", b"\xff\xfe", b"[]", b"null", b"{}", b'{"mediaType": "a"}', None])
def test_a_missing_or_broken_bundle_is_refused_with_who_is_expected(staging, tmp_path, content):
    (tmp_path / "Python-3.14.0.tgz").write_bytes(b"a tarball")
    bundle = tmp_path / "Python-3.14.0.tgz.sigstore"
    if content is not None:
        bundle.write_bytes(content)

    said = refusal(tmp_path / "Python-3.14.0.tgz", bundle, "hugo@python.org", "https://issuer.example", staging)

    assert said.startswith("Python-3.14.0.tgz.sigstore is no sigstore bundle that could be read (")
    assert said.endswith("; hugo@python.org of https://issuer.example is expected")


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_a_bundle_with_damage_is_refused_or_still_true_and_never_a_crash(tmp_path_factory, real_bundles, data):
    ours, other = real_bundles["bundle_v3.txt"], real_bundles["bundle.txt"]
    content = bytearray(ours.bundle.read_bytes())
    content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    bundle = tmp_path_factory.getbasetemp() / "damaged.sigstore"
    bundle.write_bytes(content)

    with contextlib.suppress(NotVerified):
        verify(ours.file, bundle, ours.identity, ours.issuer, make_verifier(STAGING))
    with pytest.raises(NotVerified):
        verify(other.file, bundle, ours.identity, ours.issuer, make_verifier(STAGING))


def test_the_trust_root_is_the_one_that_the_package_ships(monkeypatch, tmp_path):
    """With an empty cache sigstore's own offline mode takes that one too; a filled cache must not change ours."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    own, theirs = make_verifier(PRODUCTION), Verifier.production(offline=True)

    assert own._trusted_root._inner == theirs._trusted_root._inner
