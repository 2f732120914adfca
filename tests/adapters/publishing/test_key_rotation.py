"""A new key takes over from an old one, drilled with the real apt; expiry is told weeks ahead; keys that lie elsewhere."""

import datetime
import os
import shutil
import subprocess

import pytest

from python_builds.adapters.indexes.indexing import write_indexes
from python_builds.adapters.publishing.key_watch import key_alerts, note_keys
from python_builds.adapters.publishing.publishing import sign_package
from python_builds.adapters.publishing.signing import signer
from python_builds.adapters.store.directory_store import DirectoryStore
from python_builds.core.settings.settings import Settings
from tests.published import publish
from tests.rpms import check_rpm

NOW = datetime.datetime.now(datetime.UTC)


@pytest.fixture
def farm(people, tmp_path):
    """Make settings of a farm whose key file holds these people's secret keys, and of `public` the public ones."""

    def make(*names, public=(), how="--export-secret-keys"):
        path = tmp_path / "signing.asc"
        exported = [people.gpg("--armor", how, f"={name}") for name in names]
        path.write_bytes(b"".join([*exported, *(people.gpg("--armor", "--export", f"={name}") for name in public)]))
        path.chmod(0o600)
        given = {"state_dir": tmp_path / "state", "store": tmp_path / "store", "signing_key_file": path}
        return Settings(_env_file=None, **given)

    return make


class Apt:
    """The real apt of somebody who fetched the keys at some time."""

    def __init__(self, folder, store):
        self.folder = folder
        for name in ("state/lists/partial", "cache/archives/partial", "etc/apt.conf.d", "etc/preferences.d"):
            (folder / name).mkdir(parents=True)
        (folder / "status").write_text("")
        self.fetch_keys(store)
        source = f"deb [signed-by={folder}/keys.asc] file:{store.root}/python/debian-12 bookworm main\n"
        (folder / "sources.list").write_text(source)

    def fetch_keys(self, store):
        (self.folder / "keys.asc").write_bytes(store.read("python/python-builds.asc"))

    def update(self):
        """Give what apt complains of; nothing if all is well."""
        shutil.rmtree(self.folder / "state" / "lists")
        (self.folder / "state" / "lists" / "partial").mkdir(parents=True)
        options = {
            "Dir::Etc": self.folder / "etc",
            "Dir::Etc::SourceList": self.folder / "sources.list",
            "Dir::Etc::SourceParts": "-",
            "Dir::State": self.folder / "state",
            "Dir::State::status": self.folder / "status",
            "Dir::Cache": self.folder / "cache",
            "APT::Architecture": "amd64",
            "APT::Sandbox::User": "root",
            "Acquire::Languages": "none",
            "APT::Update::Error-Mode": "any",
        }
        given = [f"-o{name}={value}" for name, value in options.items()]
        done = subprocess.run(["apt-get", *given, "update"], capture_output=True, text=True)
        return done.stderr if done.returncode else ""


def test_a_new_key_takes_over_and_nobody_who_fetched_the_keys_meanwhile_is_left_out(
    farm, people, make_product, tmp_path
):
    people.join("old key")
    people.join("new key")
    settings = farm("old key")
    store = DirectoryStore(settings.store)
    publish(store, make_product("3.13.5", profile="optimized"))
    write_indexes(settings, store)
    early, late = Apt(tmp_path / "early", store), Apt(tmp_path / "late", store)
    assert early.update() == ""

    write_indexes(farm("old key", "new key"), store)
    assert early.update() == "", "who has the old key alone reads what both have signed"
    newcomer = Apt(tmp_path / "newcomer", store)
    late.fetch_keys(store)
    assert (late.update(), newcomer.update()) == ("", "")

    write_indexes(farm("new key", public=["old key"]), store)
    assert (late.update(), newcomer.update()) == ("", "")
    assert "NO_PUBKEY" in early.update(), "who never fetched the new key is told so"
    early.fetch_keys(store)
    assert early.update() == ""

    write_indexes(farm("new key"), store)
    assert (early.update(), late.update(), newcomer.update()) == ("", "", "")


def test_of_two_signatures_the_first_key_s_is_the_last_which_is_the_one_that_zypper_looks_at(farm, people, tmp_path):
    first = people.join("the first")
    people.join("the second")
    with signer(farm("the first", "the second")) as signs:
        (tmp_path / "signature").write_bytes(signs.sign(b"", NOW, clear=False))
    told = subprocess.run(["gpg", "--list-packets", tmp_path / "signature"], capture_output=True, text=True).stdout

    assert [line.split()[-1] for line in told.splitlines() if line.startswith(":signature packet")][1:] == [first[-16:]]


def test_a_subkey_signs_while_the_primary_key_is_elsewhere(farm, people, make_product, tmp_path):
    primary = people.join("offline", "cert", "never")
    people.gpg("--quick-add-key", primary, "ed25519", "sign", "never", at="20240102T000000")
    settings = farm("offline", how="--export-secret-subkeys")
    with signer(settings) as signs:
        assert signs.fingerprints == (primary,)
        listed = signs._gpg("--with-colons", "--list-secret-keys").decode().splitlines()
    assert [line.split(":")[14] for line in listed if line.startswith("sec")] == ["#"], "the primary is not here"
    store = DirectoryStore(settings.store)
    publish(store, make_product("3.13.5", profile="optimized"))
    write_indexes(settings, store)
    apt = Apt(tmp_path / "apt", store)
    assert apt.update() == ""

    # The primary, wherever it is, gives the subkey an heir: clients that fetch the same key again go on.
    people.gpg("--quick-add-key", primary, "ed25519", "sign", "never", at="20250102T000000")
    write_indexes(farm("offline", how="--export-secret-subkeys"), store)
    assert apt.update() != "", "it does not know the new subkey yet"
    apt.fetch_keys(store)
    assert apt.update() == ""


def test_an_agent_elsewhere_signs_through_a_forwarded_socket(people, make_product, rpm, tmp_path, monkeypatch):
    fingerprint = people.join("elsewhere")
    public = people.gpg("--export", "=elsewhere")
    subprocess.run(["gpgconf", "--homedir", people.home, "--launch", "gpg-agent"], check=True)
    command = ["gpgconf", "--homedir", people.home, "--list-dirs", "agent-extra-socket"]
    extra = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    home = tmp_path / "gnupg"
    home.mkdir(mode=0o700)
    monkeypatch.setenv("GNUPGHOME", str(home))
    subprocess.run(["gpg", "--batch", "--quiet", "--no-autostart", "--import"], input=public, check=True)
    listed = ["gpgconf", "--list-dirs", "agent-socket"]
    socket = subprocess.run(listed, check=True, capture_output=True, text=True).stdout.strip()
    os.makedirs(os.path.dirname(socket), mode=0o700, exist_ok=True)
    os.symlink(extra, socket)  # as `ssh -R` lays a socket there
    settings = Settings(
        _env_file=None, state_dir=tmp_path / "state", store=tmp_path / "store", signing_keys=fingerprint
    )
    store = DirectoryStore(settings.store)
    publish(store, make_product("3.13.5", profile="optimized"))
    write_indexes(settings, store)
    with signer(settings) as signs:
        sign_package(signs, rpm)
    (tmp_path / "public.asc").write_bytes(store.read("python/python-builds.asc"))
    checked = check_rpm(rpm, tmp_path / "public.asc")

    assert not list((home / "private-keys-v1.d").glob("*")), "no secret key is here"
    assert Apt(tmp_path / "apt", store).update() == ""
    assert checked.returncode == 0 and "/SHA512 Signature" in checked.stdout, checked.stdout


def test_the_operator_hears_weeks_ahead_that_a_key_expires(farm, people):
    sound, soon = people.join("lasting"), people.join("in forty days", "sign", "40d", at=None)
    expired = people.join("gone", "sign", "1y")
    settings = farm("lasting", "in forty days", "gone")
    assert key_alerts(settings, NOW) == {}, "nobody has looked yet"
    note_keys(settings)
    found = key_alerts(settings, NOW)

    assert [*found] == [f"signing key {soon} expires soon", f"signing key {expired} signs no more"]
    patient = settings.model_copy(update={"signing_expiry_days": 20})
    assert [*key_alerts(patient, NOW)] == [f"signing key {expired} signs no more"]
    assert not [name for name in found if sound in name]
    assert key_alerts(Settings(_env_file=None, state_dir=settings.state_dir), NOW) == {}, "it signs nothing"
