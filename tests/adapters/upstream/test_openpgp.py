"""OpenPGP signatures, made by the real gpg and judged by the real gpgv."""

import datetime
import hashlib

import pytest

from python_builds.adapters.upstream.openpgp import read_key, verify
from python_builds.core.errors import NotVerified

MANAGER, OTHER = "the manager", "somebody else"


@pytest.fixture(scope="module")
def manager(people):
    """The fingerprint of the manager's key, which never expires."""
    people.join(OTHER)
    return people.join(MANAGER)


@pytest.fixture
def tarball(tmp_path):
    (tmp_path / "Python-3.13.5.tgz").write_bytes(b"a tarball\r\n" * 1000)
    return tmp_path / "Python-3.13.5.tgz"


@pytest.fixture
def keys(tmp_path):
    return tmp_path / "keys"


def refusal(*arguments):
    with pytest.raises(NotVerified) as refused:
        verify(*arguments)
    return str(refused.value)


def test_a_signature_by_the_manager_s_key_is_accepted_and_dated(people, manager, tarball, keys):
    signature = people.sign(MANAGER, tarball, at="20250611T120000")

    assert verify(tarball, signature, people.publish(MANAGER, keys), manager) == datetime.date(2025, 6, 11)


def test_a_signature_that_is_not_armored_is_accepted_too(people, manager, tarball, keys):
    signature = people.sign(MANAGER, tarball, "--no-armor")

    verify(tarball, signature, people.publish(MANAGER, keys), manager)


def test_a_tarball_that_was_tampered_with_is_refused_with_the_key_that_is_expected(people, manager, tarball, keys):
    signature, key = people.sign(MANAGER, tarball), people.publish(MANAGER, keys)
    tarball.write_bytes(tarball.read_bytes() + b"\n")

    assert refusal(tarball, signature, key, manager) == (
        "Python-3.13.5.tgz.asc does not vouch for Python-3.13.5.tgz: the tarball or the signature was changed after it was "
        f"signed; a signature by OpenPGP key {manager} is expected, as in {key}"
    )


def test_a_signature_that_was_tampered_with_is_refused(people, manager, tarball, keys):
    signature = people.sign(MANAGER, tarball, "--no-armor")
    content = bytearray(signature.read_bytes())
    content[-5] ^= 1
    signature.write_bytes(content)

    assert "does not vouch for" in refusal(tarball, signature, people.publish(MANAGER, keys), manager)


def test_a_right_signature_by_another_key_is_refused_with_both_keys(people, manager, tarball, keys):
    signature = people.sign(OTHER, tarball)
    (other,) = people.fingerprints(OTHER)

    said = refusal(tarball, signature, people.publish(MANAGER, keys), manager)

    assert f"it was made by another key, {other}; " in said
    assert manager in said


def test_another_key_under_the_expected_name_does_not_count(people, manager, tarball, keys):
    signature = people.sign(OTHER, tarball)
    other = people.publish(OTHER, keys)
    posing = other.rename(keys / f"{manager}.asc")

    assert f"it was made by another key, {other.stem}; " in refusal(tarball, signature, posing, manager)


def test_several_signatures_are_not_picked_from(people, manager, tarball, keys):
    signature = people.sign(MANAGER, tarball, "--local-user", f"={OTHER}")

    assert "it holds several signatures" in refusal(tarball, signature, people.publish(MANAGER, keys), manager)


@pytest.mark.parametrize("how", ["--sign", "--clear-sign"])
def test_a_signed_message_is_no_signature_of_the_tarball(people, manager, tarball, keys, how):
    signature = people.sign(MANAGER, tarball, how=how)
    tarball.write_bytes(b"anything")

    # What is wrong with it, each gpgv says in other words.
    assert "gpgv finds no valid signature in it (gpgv: " in refusal(
        tarball, signature, people.publish(MANAGER, keys), manager
    )


def test_a_signature_of_text_is_refused_as_it_holds_for_other_bytes_too(people, manager, tarball, keys):
    signature = people.sign(MANAGER, tarball, "--textmode")
    tarball.write_bytes(tarball.read_bytes().replace(b"\r\n", b"\n"))

    assert "does not sign the file byte by byte" in refusal(tarball, signature, people.publish(MANAGER, keys), manager)


@pytest.mark.parametrize(
    "content", [b"", b"junk", b"-----BEGIN PGP SIGNATURE-----\n\n=\n-----END PGP SIGNATURE-----\n"]
)
def test_what_is_no_signature_is_refused(people, manager, tarball, keys, content):
    signature = tarball.with_name("Python-3.13.5.tgz.asc")
    signature.write_bytes(content)

    assert "gpgv finds no valid signature in it" in refusal(tarball, signature, people.publish(MANAGER, keys), manager)


def test_a_missing_signature_is_refused(people, manager, tarball, keys):
    assert "gpgv finds no valid signature in it" in refusal(
        tarball, tarball.with_name("none.asc"), people.publish(MANAGER, keys), manager
    )


def test_a_signature_made_before_its_key_expired_goes_on_being_accepted(people, tarball, keys):
    fingerprint = people.join("an expired one", "sign", "2024-06-01")
    signature = people.sign("an expired one", tarball, at="20240301T000000")

    made = verify(tarball, signature, people.publish("an expired one", keys), fingerprint)

    assert made == datetime.date(2024, 3, 1)


def test_a_signature_made_after_its_key_expired_is_refused_with_both_days(people, tarball, keys):
    fingerprint = people.join("a late one", "sign", "2024-06-01")
    before = people.publish("a late one", keys)
    content = before.read_bytes()
    people.gpg("--quick-set-expire", fingerprint, "2034-01-01")
    signature = people.sign("a late one", tarball, at="20250101T120000")

    assert (
        "it was made on 2025-01-01 and its key had expired on 2024-06-01 (where its owner has prolonged it"
        in refusal(tarball, signature, before, fingerprint)
    )
    prolonged = people.publish("a late one", keys)
    assert prolonged.read_bytes() != content
    assert verify(tarball, signature, prolonged, fingerprint) == datetime.date(2025, 1, 1)


def test_a_subkey_of_the_manager_s_counts_until_it_expires(people, tarball, keys):
    fingerprint = people.join("one with subkeys", "cert", "never")
    people.gpg("--quick-add-key", fingerprint, "ed25519", "sign", "2024-06-01", at="20240101T000000")
    before = people.sign("one with subkeys", tarball, at="20240301T000000").rename(tarball.with_name("before.asc"))
    key = people.publish("one with subkeys", keys)

    assert verify(tarball, before, key, fingerprint) == datetime.date(2024, 3, 1)


def test_a_revoked_key_s_signatures_are_refused(people, tarball, keys):
    fingerprint = people.join("a revoked one")
    signature = people.sign("a revoked one", tarball)
    verify(tarball, signature, people.publish("a revoked one", keys), fingerprint)
    people.revoke("a revoked one")

    assert "its key has been revoked" in refusal(tarball, signature, people.publish("a revoked one", keys), fingerprint)


def test_a_key_that_has_expired_and_was_revoked_is_refused_though_gpgv_says_only_the_first(people, tarball, keys):
    fingerprint = people.join("a revoked and expired one", "sign", "2024-06-01")
    signature = people.sign("a revoked and expired one", tarball, at="20240301T000000")
    verify(tarball, signature, people.publish("a revoked and expired one", keys), fingerprint)
    people.revoke("a revoked and expired one")

    assert "its key has been revoked" in refusal(
        tarball, signature, people.publish("a revoked and expired one", keys), fingerprint
    )


def test_a_signature_from_the_future_is_refused(people, manager, tarball, keys):
    signature = people.sign(MANAGER, tarball, at="20900101T000000")

    assert "it says that it was made in the future, on 2090-01-01" in refusal(
        tarball, signature, people.publish(MANAGER, keys), manager
    )


def test_a_signature_from_before_its_key_was_made_is_refused(people, manager, tarball, keys):
    signature = people.sign(MANAGER, tarball, "--ignore-time-conflict", at="20200101T000000")

    assert "Time conflict" in refusal(tarball, signature, people.publish(MANAGER, keys), manager)


def test_a_signature_that_has_itself_expired_is_refused(people, manager, tarball, keys):
    signature = people.sign(MANAGER, tarball, "--default-sig-expire", "30d", at="20250101T000000")

    assert "the signature itself has expired" in refusal(tarball, signature, people.publish(MANAGER, keys), manager)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n",
        b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n(not base64)\n-----END PGP PUBLIC KEY BLOCK-----\n",
    ],
)
def test_a_key_file_that_holds_no_key_is_an_error_that_says_where_to_read_on(tmp_path, content):
    (tmp_path / "key.asc").write_bytes(content)

    with pytest.raises(NotVerified, match=r"/key\.asc is no armored OpenPGP public key .*; keys/README\.md says"):
        read_key(tmp_path / "key.asc")


def test_a_key_s_armor_is_read_as_gpg_reads_it(people, manager, keys):
    binary = people.gpg("--export", f"={MANAGER}")

    assert hashlib.sha256(read_key(people.publish(MANAGER, keys))).digest() == hashlib.sha256(binary).digest()


def test_a_machine_without_gpgv_is_told_what_to_install(people, manager, tarball, keys, monkeypatch, tmp_path):
    signature, key = people.sign(MANAGER, tarball), people.publish(MANAGER, keys)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert "this machine has no gpgv, which checks it; install it: apt-get install gpgv" in refusal(
        tarball, signature, key, manager
    )
