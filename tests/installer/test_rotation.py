"""A new key takes over from an old one, of the checksums and of the statements, for people who name a key from elsewhere."""

import contextlib
import subprocess

import pytest

from python_builds.adapters.publishing.attesting import load_attester
from python_builds.adapters.publishing.signing import signer
from python_builds.core.settings.setting_types import CHECKOUT
from python_builds.core.settings.settings import Settings
from tests.attested import make_key, public_file, publish_attested
from tests.installer.installs import every_shell, index, install


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """Make two keys; give the secret parts and the public one of the first, as docs/bucket.md has an operator use them."""
    folder = tmp_path_factory.mktemp("keys")
    script = CHECKOUT / "scripts/setup/make-signing-key.sh"
    for name in ("old", "new"):
        subprocess.run([script, folder / name, f"{name} <{name}@example.org>"], check=True, capture_output=True)
    with signing(folder, (folder / "old").read_bytes()) as signs:
        (folder / "public").write_bytes(signs.public_keys())
    return {name: (folder / name).read_bytes() for name in ("old", "new", "public")}


@contextlib.contextmanager
def signing(folder, *keys):
    path = folder / "signing.asc"
    path.write_bytes(b"".join(keys))
    path.chmod(0o600)
    with signer(Settings(_env_file=None, state_dir=folder, signing_key_file=path)) as signs:
        yield signs


@every_shell
def test_whoever_named_the_old_key_or_the_new_one_installs_while_both_sign(shell, farm, stranger, keys, tmp_path):
    old, new = (fingerprint(tmp_path, keys[name]) for name in ("old", "new"))
    for held, good in (
        (("old",), {old}),
        (("old", "new"), {old, new}),
        (("public", "new"), {new}),
        (("new",), {new}),
    ):
        with signing(tmp_path, *(keys[name] for name in held)) as signs:
            index(farm, signer=signs)
        for named in (old, new):
            done, _ = install(shell, farm, stranger, "--yes", KEY_FINGERPRINT=named)
            said = "checksums signed by " if named in good else f"not by {named}; nothing was installed"
            assert said in done.stderr, (held, named == old, done.stderr)


def fingerprint(folder, secret):
    with signing(folder, secret) as signs:
        return signs.fingerprints[0]


@every_shell
def test_whoever_named_the_primary_key_installs_what_its_subkeys_sign_while_it_is_offline(
    shell, farm, stranger, tmp_path
):
    home = tmp_path / "offline"
    home.mkdir(mode=0o700)

    def gpg(*arguments):
        quiet = ["--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""]
        return subprocess.run(["gpg", "--homedir", home, *quiet, *arguments], check=True, capture_output=True).stdout

    gpg("--quick-generate-key", "Farm <farm@example.org>", "ed25519", "cert", "never")
    listed = gpg("--with-colons", "--list-keys").decode().splitlines()
    primary = next(line.split(":")[9] for line in listed if line.startswith("fpr:"))
    for _ in ("the first", "its heir"):
        gpg("--quick-add-key", primary, "ed25519", "sign", "1y")
        with signing(tmp_path, gpg("--armor", "--export-secret-subkeys")) as signs:
            index(farm, signer=signs)
        done, _ = install(shell, farm, stranger, "--yes", KEY_FINGERPRINT=primary)
        assert f"checksums signed by {primary}" in done.stderr, done.stderr
    subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=True)


@every_shell
def test_whoever_named_both_keys_of_statements_installs_what_either_has_signed(
    shell, farm, make_product, stranger, tmp_path
):
    old = make_key(tmp_path / "old.pem")
    public_file(old, tmp_path / "old.pub")
    make_key(tmp_path / "new.pem")
    for name, parts in (("both", ("old.pem", "new.pem")), ("later", ("old.pub", "new.pem"))):
        (tmp_path / name).write_bytes(b"".join((tmp_path / part).read_bytes() for part in parts))
        (tmp_path / name).chmod(0o600)
    both, later = load_attester(tmp_path / "both"), load_attester(tmp_path / "later")
    public_file(load_attester(tmp_path / "new.pem"), tmp_path / "new.pub")
    public_file(later, tmp_path / "both.pub")
    for version, attests in (("3.14.0", old), ("3.14.1", both), ("3.14.2", later)):
        publish_attested(farm.store, make_product(version), attests)
    index(farm)

    good = {
        "old.pub": {"3.14.0", "3.14.1"},
        "new.pub": {"3.14.1", "3.14.2"},
        "both.pub": {"3.14.0", "3.14.1", "3.14.2"},
    }
    for name, versions in good.items():
        for version in ("3.14.0", "3.14.1", "3.14.2"):
            done, _ = install(shell, farm, stranger, "--yes", version, PROVENANCE_KEY=str(tmp_path / name))
            held = f"provenance signed by the key in {tmp_path / name}" in done.stderr
            assert held == (version in versions), (name, version, done.stderr)
            assert held or "nothing was installed" in done.stderr
