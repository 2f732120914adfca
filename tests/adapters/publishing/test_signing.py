"""Keys that sign: those that clients believe, for as long as they do, and a sentence where there is none."""

import datetime
import subprocess

import pytest

from python_builds.adapters.indexes.indexing import write_indexes
from python_builds.adapters.publishing.readiness import key_warnings, require_ready
from python_builds.adapters.publishing.signing import signer
from python_builds.adapters.stop import Stop
from python_builds.adapters.store.directory_store import DirectoryStore
from python_builds.core.errors import SigningError, StoreError
from python_builds.core.settings.settings import Settings
from tests.published import publish
from tests.s3 import s3_server

OLD = datetime.datetime(2024, 6, 1, tzinfo=datetime.UTC)


@pytest.fixture
def signing(people, tmp_path):
    """Make settings of a farm whose key file holds these people's secret keys, and of `public` the public ones."""

    def make(*names, public=(), **values):
        path = tmp_path / "signing.asc"
        exported = [people.gpg("--armor", "--export-secret-keys", *(f"={name}" for name in names))] if names else []
        exported += [people.gpg("--armor", "--export", f"={name}") for name in public]
        path.write_bytes(b"".join(exported))
        path.chmod(0o600)
        given = {"state_dir": tmp_path, "store": tmp_path / "store", "signing_key_file": path}
        return Settings(_env_file=None, **{**given, **values})

    return make


@pytest.fixture(scope="module")
def keys(people):
    """Make one key of each kind; give the fingerprints by name."""
    made = {
        "sound": people.join("sound"),
        "expired": people.join("expired", "sign", "1y"),
        "soon": people.join("soon", "sign", "seconds=7200", at=None),
        "in ten days": people.join("in ten days", "sign", "10d", at=None),
        "revoked": people.join("revoked"),
        "old subkey": people.join("old subkey", "cert", "never"),
        "new subkey": people.join("new subkey", "cert", "never"),
        "cannot sign": people.join("cannot sign", "cert", "never"),
        "locked": people.join("locked"),
    }
    people.revoke("revoked")
    people.gpg("--quick-add-key", made["old subkey"], "ed25519", "sign", "1y", at="20240101T000000")
    people.gpg("--quick-add-key", made["new subkey"], "ed25519", "sign", "1y", at="20240101T000000")
    people.gpg("--quick-add-key", made["new subkey"], "ed25519", "sign", "never", at="20250101T000000")
    return made


@pytest.mark.parametrize(
    "name, said",
    [
        ("expired", "expired on 2024-12-31"),
        ("old subkey", "expired on 2024-12-31"),
        ("revoked", "is revoked. Clients would refuse what it signs: give it a later date"),
    ],
)
def test_a_key_that_clients_refuse_signs_nothing_and_says_why(keys, signing, name, said):
    with pytest.raises(SigningError, match=f"no key can sign: {keys[name]} {said}"), signer(signing(name)):
        pass


@pytest.mark.parametrize("how", [{"public": ["sound"]}, {"public": ["sound"], "signing_keys": "of sound"}])
def test_a_key_without_its_secret_part_is_named_with_the_settings(keys, signing, how):
    values = {**how, **({"signing_keys": keys["sound"]} if "signing_keys" in how else {})}
    with (
        pytest.raises(SigningError, match="gpg has no secret key .*see PYTHON_BUILDS_SIGNING_KEY_FILE"),
        signer(signing(**values)),
    ):
        pass
    with pytest.raises(SigningError, match="gpg has no secret key"), signer(signing("cannot sign")):
        pass


def test_of_several_keys_those_sign_that_clients_believe_and_all_are_published(keys, signing, people, tmp_path):
    with signer(signing("expired", "sound", "revoked")) as signs:
        assert signs.fingerprints == (keys["sound"],)
        assert {*signs.published} == {keys["expired"], keys["sound"], keys["revoked"]}
        assert verified(signs, tmp_path) == [keys["sound"]]
    assert [one.partition(" ")[2][:10] for one in key_warnings(signing("expired", "sound", "revoked"))] == [
        "expired on",
        "is revoked",
    ]


def test_content_that_is_older_than_a_subkey_is_signed_by_that_subkey(keys, signing, people, tmp_path):
    with signer(signing("new subkey")) as signs:
        assert verified(signs, tmp_path) == [people.fingerprints("new subkey")[2]]


def verified(signs, folder):
    """Sign something of 2024; give the fingerprints of the keys of good signatures, as gpgv judges them today."""
    content, signature, ring = folder / "content", folder / "content.asc", folder / "ring.asc"
    content.write_bytes(b"an index")
    signature.write_bytes(signs.sign(b"an index", OLD, clear=False))
    ring.write_bytes(signs.public_keys())
    command = ["gpgv", f"--keyring={ring}", "--status-fd=1", signature, content]
    subprocess.run(["gpg", "--batch", "--yes", "--dearmor", "--output", folder / "ring.gpg", ring], check=True)
    command[1] = f"--keyring={folder / 'ring.gpg'}"
    said = subprocess.run(command, capture_output=True, text=True).stdout
    assert "GOODSIG" in said and "EXPKEYSIG" not in said, said
    return [line.split()[2] for line in said.splitlines() if " VALIDSIG " in line]


def test_an_hours_long_build_is_not_begun_with_a_key_that_expires_before_it_ends(keys, signing, tmp_path):
    store = DirectoryStore(tmp_path / "store")
    with pytest.raises(SigningError, match=f"^{keys['soon']} can sign until .* UTC only. .*quick-set-expire"):
        require_ready(signing("soon"), store, "optimized", Stop())
    require_ready(signing("soon", "in ten days"), store, "optimized", Stop())
    require_ready(signing("sound"), store, "optimized", Stop())
    require_ready(Settings(_env_file=None, state_dir=tmp_path), store, "optimized", Stop())

    assert store.keys("") == ["python/write-test.txt"]


def test_a_farm_that_starts_says_that_its_key_expires_soon(keys, signing, tmp_path):
    (sentence,) = key_warnings(signing("in ten days"))
    assert sentence.startswith("the last signing key expires on ")
    assert key_warnings(signing("sound")) == []
    assert key_warnings(Settings(_env_file=None, state_dir=tmp_path)) == []
    with pytest.raises(SigningError, match="expired on"):
        key_warnings(signing("expired"))


def test_a_key_whose_passphrase_nobody_told_is_found_before_a_build(keys, signing, people, tmp_path):
    made = signing("locked")
    locked = tmp_path / "home"
    locked.mkdir(mode=0o700)
    gpg = ["gpg", "--homedir", locked, "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase"]
    subprocess.run([*gpg, "", "--import", made.signing_key_file], check=True)
    # gpg has no option for a new passphrase: it is asked for the old one, then for the new one.
    change = [
        "gpg",
        "--homedir",
        locked,
        "--pinentry-mode=loopback",
        "--command-fd=0",
        "--no-tty",
        "--change-passphrase",
    ]
    subprocess.run([*change, keys["locked"]], input=b"a secret\n", check=True, capture_output=True)
    secret = subprocess.run([*gpg, "a secret", "--armor", "--export-secret-keys"], check=True, capture_output=True)
    subprocess.run(["gpgconf", "--homedir", locked, "--kill", "all"], check=True)
    made.signing_key_file.write_bytes(secret.stdout)

    with pytest.raises(SigningError, match="its secret key is locked: see PYTHON_BUILDS_SIGNING_PASSPHRASE_FILE"):
        require_ready(made, DirectoryStore(tmp_path / "store"), "optimized", Stop())
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("a secret\n")
    passphrase.chmod(0o600)
    told = made.model_copy(update={"signing_passphrase_file": passphrase})
    require_ready(told, DirectoryStore(tmp_path / "store"), "optimized", Stop())


def test_indexes_are_not_signed_by_a_key_that_clients_refuse(keys, signing, make_product, tmp_path):
    store = DirectoryStore(tmp_path / "store")
    publish(store, make_product())

    with pytest.raises(SigningError, match="expired on 2024-12-31"):
        write_indexes(signing("expired"), store)
    assert not store.exists("python/index.json")


@pytest.mark.parametrize(
    "status, code, said",
    [
        ("400 Bad Request", "ExpiredToken", "its credentials have expired: renew them in PYTHON_BUILDS_S3_CREDENTIALS"),
        ("403 Forbidden", "InvalidAccessKeyId", "the server does not know the account, or no more: renew them in"),
        ("403 Forbidden", "SignatureDoesNotMatch", "the secret key is not the one of the account: renew them in"),
        ("403 Forbidden", "RequestTimeTooSkewed", "this machine's clock differs from the server's"),
        ("403 Forbidden", "AccessDenied", "the account may not do that: it needs s3:GetObject, s3:PutObject"),
    ],
)
def test_credentials_that_are_no_good_are_named_before_a_build_with_what_to_do(tmp_path, status, code, said):
    with s3_server() as server:
        store = server.store()
        server.fault("PUT", "write-test", status=status, code=code, times=9)
        with pytest.raises(StoreError, match=f"could not write python/write-test.txt: .*{code}.*; {said}"):
            require_ready(Settings(_env_file=None, state_dir=tmp_path), store, "optimized", Stop())
        server.faults.clear()
        require_ready(Settings(_env_file=None, state_dir=tmp_path), store, "optimized", Stop())
        require_ready(Settings(_env_file=None, state_dir=tmp_path), store, "quick", Stop())

        assert store.keys("") == ["python/write-test.txt", "quick/python/write-test.txt"]
