"""What can prove that a tarball is a release: which manager, which key, and what to do where something lacks."""

import pytest
from packaging.version import Version

from python_builds.adapters.upstream.openpgp import read_key
from python_builds.adapters.upstream.verification import DEFAULT, KEYS, make_verification
from python_builds.core.settings.settings import Settings
from python_builds.core.upstream.release_managers import RELEASE_MANAGERS
from python_builds.core.upstream.trust import Trust

KEY_FILES = sorted(KEYS.glob("*.asc"))


@pytest.mark.parametrize("path", KEY_FILES, ids=lambda p: p.name)
def test_a_key_file_holds_one_key_of_the_fingerprint_that_it_is_named_after(path, people):
    shown = people.gpg("--show-keys", "--with-colons", path, text=True)
    lines = shown.splitlines()

    assert sum(line.startswith("pub:") for line in lines) == 1, f"{path.name} must hold one key"
    primary = next(line.split(":")[9] for line in lines if line.startswith("fpr:"))
    assert path.stem == primary, f"rename {path.name} to {primary}.asc, or get the right key"
    assert read_key(path)


@pytest.mark.parametrize("path", KEY_FILES, ids=lambda p: p.name)
def test_a_key_file_s_origin_is_told(path):
    rows = [line for line in (KEYS / "README.md").read_text().splitlines() if line.startswith(f"| {path.stem} |")]

    assert len(rows) == 1, f"add a row for {path.name} to master/python_builds/keys/README.md"
    minors = [m for m, manager in RELEASE_MANAGERS.items() if manager.fingerprint == path.stem]
    assert minors, f"{path.name} is nobody's in core/upstream/release_managers.py"
    assert f"| {', '.join(minors)} |" in rows[0]


def test_a_key_that_lacks_is_listed_as_lacking():
    text = (KEYS / "README.md").read_text()
    for manager in RELEASE_MANAGERS.values():
        if manager.fingerprint:
            row = f"| {manager.fingerprint} |" if (KEYS / f"{manager.fingerprint}.asc").exists() else "- "
            assert f"{row}{'' if row != '- ' else manager.fingerprint}" in text, (
                f"tell of {manager.name}'s key in keys/README.md"
            )


def test_the_key_of_3_12_and_3_13_is_here():
    assert {str(v) for v in map(Version, ("3.11.2", "3.12.1", "3.13.5", "3.14.0")) if DEFAULT.openpgp(v)} == {
        "3.12.1",
        "3.13.5",
    }


def test_every_release_of_the_table_can_be_proved_by_sigstore():
    for minor in RELEASE_MANAGERS:
        proof = DEFAULT.sigstore(Version(f"{minor}.1"))
        assert proof is not None and proof.trust is Trust.SIGSTORE


def test_a_pre_release_is_proved_as_its_final():
    assert DEFAULT.openpgp(Version("3.13.0rc3"))
    assert DEFAULT.sigstore(Version("3.15.0a1"))


def test_a_minor_that_nobody_is_known_for_names_the_setting():
    assert DEFAULT.sigstore(Version("3.18.0")) is None
    assert DEFAULT.openpgp(Version("3.18.0")) is None
    assert DEFAULT.lacking(Version("3.18.0")) == (
        "no release manager of 3.18 is known: name them in PYTHON_BUILDS_RELEASE_MANAGERS"
    )


def test_a_key_that_is_not_here_is_named_with_its_place():
    said = DEFAULT.lacking(Version("3.11.2"))

    assert said.startswith("the OpenPGP key of Pablo Galindo Salgado is not here: put it into ")
    assert f"{KEYS}/A035C8C19219BA821ECEA86B64E628F8D684696D.asc; the README.md beside it" in said


def test_a_fingerprint_that_is_not_known_names_the_setting(verification):
    said = verification(_3_13={}).lacking(Version("3.13.5"))

    assert said == (
        "the fingerprint of a@example.org's OpenPGP key is not known: set it in PYTHON_BUILDS_RELEASE_MANAGERS"
    )


@pytest.mark.parametrize("version", ["3.13.5", "3.14.0"])
def test_where_nothing_lacks_nothing_is_said(version):
    assert DEFAULT.lacking(Version(version)) == ""


def test_a_signature_for_a_minor_without_openpgp_proves_nothing(verification, people, tmp_path):
    people.join("of a later minor")
    key = people.publish("of a later minor", tmp_path / "keys")

    made = verification(_3_13={"fingerprint": key.stem}, _3_14={"fingerprint": key.stem})

    assert made.openpgp(Version("3.13.5"))
    assert made.openpgp(Version("3.14.0")) is None


def test_the_settings_add_managers_and_replace_them():
    settings = Settings(
        _env_file=None,
        release_managers={
            "3.18": {"identity": "new@python.org", "issuer": "https://accounts.google.com"},
            "3.14": {"identity": "other@python.org", "issuer": "https://accounts.google.com"},
        },
    )

    managers = make_verification(settings).managers

    assert managers["3.18"].identity == "new@python.org"
    assert managers["3.14"].identity == "other@python.org"
    assert managers["3.13"] == RELEASE_MANAGERS["3.13"]
