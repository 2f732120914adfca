"""What package indexes say, read from real packages; and signatures by real keys."""

import datetime
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from python_builds.adapters.digests import file_sha256
from python_builds.adapters.publishing import packages
from python_builds.adapters.publishing.packages import package_metadata, require_rpm
from python_builds.adapters.publishing.publishing import sign_package
from python_builds.adapters.publishing.signing import signer
from python_builds.core.errors import SigningError, StoreError
from python_builds.core.publishing.record_rules import package_problem
from python_builds.core.settings.settings import Settings
from tests.published import verify
from tests.rpms import check_rpm

MAKE_KEY = "scripts/setup/make-signing-key.sh"
DAY = datetime.datetime(2030, 1, 2, tzinfo=datetime.UTC)


@pytest.fixture
def deb(tmp_path):
    (tmp_path / "tree/DEBIAN").mkdir(parents=True)
    control = "Package: python-3.13.5\nVersion: 1\nArchitecture: amd64\nMaintainer: Ä <a@example.org>\n"
    (tmp_path / "tree/DEBIAN/control").write_text(f"{control}Depends: zlib1g\nDescription: CPython\n Long.\n")
    path = tmp_path / "python-3.13.5_1_amd64.deb"
    subprocess.run(["dpkg-deb", "-Zxz", "--build", tmp_path / "tree", path], check=True, capture_output=True)
    return path


def make_key(folder, name, passphrase=None):
    command = [MAKE_KEY, folder / f"{name}.asc", f"{name} <{name}@example.org>", *([passphrase] if passphrase else [])]
    subprocess.run(command, check=True, capture_output=True)
    return folder / f"{name}.asc"


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    return make_key(folder, "one"), make_key(folder, "two")


def settings(tmp_path, **values):
    return Settings(_env_file=None, state_dir=tmp_path, **values)


def test_a_deb_s_control_file_is_kept_as_it_is(deb):
    found = package_metadata(deb, "pkgs/x.deb")

    assert found["control"].startswith("Package: python-3.13.5\nVersion: 1\n")
    assert found["control"].endswith("Depends: zlib1g\nDescription: CPython\n Long.\n")
    assert "Ä" in found["control"]


def test_what_the_tools_say_of_a_package_is_what_a_record_may_tell(deb, rpm, make_product):
    for path, platform, place in ((deb, "debian-12", ""), (rpm, "rhel-9", "pkgs/python-3.13.5-1-1.x86_64.rpm")):
        assert package_problem(make_product("3.13.5", platform), 1, package_metadata(path, place)) == ""


def test_an_rpm_s_part_of_the_index_is_what_createrepo_says_whenever_it_was_copied(rpm):
    found = package_metadata(rpm, "pkgs/x.rpm")
    rpm.touch()

    assert package_metadata(rpm, "pkgs/x.rpm") == found
    declared = found["primary"].replace("<package ", '<package xmlns:rpm="http://linux.duke.edu/metadata/rpm" ', 1)
    package = ElementTree.fromstring(declared)
    assert package.find("location").get("href") == "pkgs/x.rpm"
    assert package.findtext("checksum") == file_sha256(rpm)
    assert "libz.so.1()(64bit)" in found["primary"]
    assert "/opt/python/3.13.5/bin/python3" in found["primary"]


@pytest.mark.parametrize("name", ["a.deb", "a.rpm"])
def test_what_is_no_package_is_an_error_that_names_it(tmp_path, name):
    (tmp_path / name).write_bytes(b"<html>")

    with pytest.raises(StoreError, match=f"^{name} cannot be read as a package: "):
        package_metadata(tmp_path / name, "x")


def test_a_machine_without_rpm_is_told_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr(packages, "RPM_CONFIGURATION", tmp_path / "none")

    with pytest.raises(StoreError, match=r"\(.*/none is missing\): apt-get install rpm libglib2\.0-bin"):
        require_rpm()


def test_a_machine_without_what_createrepo_loads_is_told_what_to_install(tmp_path, rpm, monkeypatch):
    monkeypatch.setitem(sys.modules, "createrepo_c", None)  # importing it is an ImportError then

    with pytest.raises(StoreError, match=r"\(.*createrepo_c.*\): apt-get install rpm libglib2\.0-bin"):
        package_metadata(rpm, "pkgs/x.rpm")


def test_nothing_is_signed_without_a_key(tmp_path):
    with signer(settings(tmp_path)) as none:
        assert none is None


def test_the_same_content_gets_the_same_signature_and_any_other_day_another(tmp_path, keys):
    with signer(settings(tmp_path, signing_key_file=keys[0])) as signs:
        first = signs.sign(b"text\n", DAY, clear=False)

        assert signs.sign(b"text\n", DAY, clear=False) == first
        assert signs.sign(b"text\n", DAY + datetime.timedelta(days=1), clear=False) != first


def test_signatures_verify_and_what_is_changed_does_not(tmp_path, keys):
    with signer(settings(tmp_path, signing_key_file=keys[0])) as signs:
        (tmp_path / "public.asc").write_bytes(signs.public_keys())
        past = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)  # before the key was made
        clear, detached = signs.sign(b"text\n", past, clear=True), signs.sign(b"text\n", past, clear=False)

    assert verify(str(tmp_path / "public.asc"), clear) == b"text\n"
    verify(str(tmp_path / "public.asc"), detached, b"text\n")
    with pytest.raises(AssertionError, match="BAD signature"):
        verify(str(tmp_path / "public.asc"), detached, b"texT\n")
    assert b"Hash: SHA512" in clear


def test_two_keys_sign_side_by_side_while_one_replaces_the_other(tmp_path, keys):
    both = tmp_path / "both.asc"
    both.write_bytes(b"".join(key.read_bytes() for key in keys))
    both.chmod(0o600)
    with signer(settings(tmp_path, signing_key_file=both)) as signs:
        signature = signs.sign(b"text\n", signs.newest_key, clear=False)
        published = signs.public_keys()
    assert len(signs.fingerprints) == 2
    for key in keys:
        with signer(settings(tmp_path, signing_key_file=key)) as alone:
            (tmp_path / "public.asc").write_bytes(alone.public_keys())
        ring = tmp_path / "ring.gpg"
        ring.unlink(missing_ok=True)
        subprocess.run(["gpg", "--batch", "--dearmor", "--output", ring, tmp_path / "public.asc"], check=True)
        (tmp_path / "sig").write_bytes(signature)
        (tmp_path / "text").write_bytes(b"text\n")
        done = subprocess.run(
            ["gpgv", f"--keyring={ring}", "sig", "text"], cwd=tmp_path, capture_output=True, text=True
        )
        assert "Good signature" in done.stderr, "whoever has one of the keys is content"
    (tmp_path / "both-public.asc").write_bytes(published)
    verify(str(tmp_path / "both-public.asc"), signature, b"text\n")


def test_a_key_that_signs_no_more_is_still_published(tmp_path, keys):
    with signer(settings(tmp_path, signing_key_file=keys[0])) as old:
        former = old.public_keys()
        signature = old.sign(b"text\n", old.newest_key, clear=False)
    both = tmp_path / "both.asc"
    both.write_bytes(former + keys[1].read_bytes())
    both.chmod(0o600)
    with signer(settings(tmp_path, signing_key_file=both)) as signs:
        (tmp_path / "public.asc").write_bytes(signs.public_keys())

    assert len(signs.fingerprints) == 1
    assert signs.fingerprints != old.fingerprints
    verify(str(tmp_path / "public.asc"), signature, b"text\n")


def test_one_key_of_several_is_chosen_by_its_fingerprint(tmp_path, keys):
    both = tmp_path / "both.asc"
    both.write_bytes(b"".join(key.read_bytes() for key in keys))
    both.chmod(0o600)
    with signer(settings(tmp_path, signing_key_file=both)) as every:
        second = every.fingerprints[1]
    with signer(settings(tmp_path, signing_key_file=both, signing_keys=second)) as signs:
        assert signs.fingerprints == (second,)


def test_keys_of_gpg_s_own_key_ring_are_used_by_fingerprint(tmp_path, keys, monkeypatch):
    home = tmp_path / "gnupg"
    home.mkdir(mode=0o700)
    monkeypatch.setenv("GNUPGHOME", str(home))
    subprocess.run(["gpg", "--batch", "--quiet", "--import", keys[0]], check=True)
    with signer(settings(tmp_path, signing_key_file=keys[0])) as from_file:
        (fingerprint,) = from_file.fingerprints
    try:
        with signer(settings(tmp_path, signing_keys=fingerprint)) as signs:
            assert signs.sign(b"x", signs.newest_key, clear=True)
        with (
            pytest.raises(SigningError, match="gpg has no secret key " + "A" * 40),
            signer(settings(tmp_path, signing_keys="A" * 40)),
        ):
            pass
    finally:
        subprocess.run(["gpgconf", "--kill", "all"], check=True)


def test_a_key_with_a_passphrase_needs_it(tmp_path):
    (tmp_path / "passphrase").write_text("secret words\n")
    (tmp_path / "passphrase").chmod(0o600)
    key = make_key(tmp_path, "guarded", tmp_path / "passphrase")
    with signer(settings(tmp_path, signing_key_file=key, signing_passphrase_file=tmp_path / "passphrase")) as signs:
        assert signs.sign(b"x", signs.newest_key, clear=True)
    (tmp_path / "passphrase").write_text("wrong\n")
    with (
        pytest.raises(SigningError) as error,
        signer(settings(tmp_path, signing_key_file=key, signing_passphrase_file=tmp_path / "passphrase")) as signs,
    ):
        signs.sign(b"x", signs.newest_key, clear=True)
    assert "wrong" not in str(error.value).replace("PYTHON_BUILDS", "")


def test_a_file_without_secret_keys_is_named(tmp_path):
    (tmp_path / "no.asc").write_text("nothing\n")
    (tmp_path / "no.asc").chmod(0o600)
    with (
        pytest.raises(SigningError, match="no.asc holds no OpenPGP secret keys"),
        signer(settings(tmp_path, signing_key_file=tmp_path / "no.asc")),
    ):
        pass


def test_an_rpm_is_signed_in_its_place_with_its_digest_written_anew(tmp_path, rpm, keys):
    before = file_sha256(rpm)
    with signer(settings(tmp_path, signing_key_file=keys[0])) as signs:
        sign_package(signs, rpm)
        (tmp_path / "public.asc").write_bytes(signs.public_keys())
    checked = check_rpm(rpm, tmp_path / "public.asc")

    assert file_sha256(rpm) != before
    assert (tmp_path / "a.rpm.sha256").read_text() == f"{file_sha256(rpm)}  a.rpm\n"
    assert checked.returncode == 0, checked.stdout
    assert "RSA/SHA512 Signature" in checked.stdout and ": OK" in checked.stdout


def test_an_rpm_that_arrived_changed_is_not_signed(tmp_path, rpm, keys):
    rpm.write_bytes(rpm.read_bytes() + b"x")
    with (
        pytest.raises(StoreError, match="nothing was published"),
        signer(settings(tmp_path, signing_key_file=keys[0])) as signs,
    ):
        sign_package(signs, rpm)


def test_a_key_is_never_overwritten(tmp_path, keys):
    done = subprocess.run([MAKE_KEY, keys[0], "x <x@example.org>"], capture_output=True, text=True)

    assert done.returncode == 1
    assert "exists; a key is never overwritten" in done.stderr
    assert keys[0].stat().st_mode & 0o077 == 0
