"""Where a person demands it, what is installed must be what the farm has stated, by a key that he has from elsewhere."""

import json

import pytest

from python_builds.core.publishing.dsse import ENDING
from tests.attested import make_key, public_file, publish_attested
from tests.installer.installs import every_shell, index, install

DEB = "python/debian-12/pkgs/python-3.14.0_1_amd64.deb"


@pytest.fixture(params=["ec", "ed25519"])
def attests(request, tmp_path):
    return make_key(tmp_path / "attestation.pem", request.param)


@pytest.fixture
def attested(farm, make_product, attests):
    """A farm whose newest version has its statements, and whose others have none."""
    publish_attested(farm.store, make_product("3.14.0"), attests)
    index(farm)
    return farm


@every_shell
def test_what_the_farm_has_stated_is_installed(shell, attested, stranger, attests, tmp_path):
    key = public_file(attests, tmp_path / "farm.pub")
    done, notes = install(shell, attested, stranger, "--yes", PROVENANCE_KEY=str(key))

    assert f"provenance signed by the key in {key}" in done.stderr, done.stderr
    assert "apt-get install" in notes or "python-3.14.0_1_amd64.deb" in notes


@every_shell
def test_what_another_key_has_signed_is_not(shell, attested, stranger, tmp_path):
    key = public_file(make_key(tmp_path / "other.pem"), tmp_path / "other.pub")
    done, notes = install(shell, attested, stranger, "--yes", PROVENANCE_KEY=str(key))

    assert (done.returncode, notes) == (1, "")
    assert f"is not signed by the key in {key}; nothing was installed" in done.stderr


@every_shell
def test_what_nobody_has_stated_is_not(shell, attested, stranger, attests, tmp_path):
    key = public_file(attests, tmp_path / "farm.pub")
    done, notes = install(shell, attested, stranger, "--yes", "3.13.5", PROVENANCE_KEY=str(key))

    assert (done.returncode, notes) == (1, "")
    assert ".intoto.jsonl cannot be fetched" in done.stderr


def swapped(farm):
    """Have a statement of another file beside the package."""
    return farm.store.read(f"python/debian-12/python-3.14.0-debian-12.tar.gz{ENDING}")


def edited(farm):
    """Have a payload that begins as another one that was signed."""
    document = json.loads(farm.store.read(DEB + ENDING))
    document["payload"] = document["payload"][:-8] + "AAAAAAA="
    return json.dumps(document, separators=(",", ":")).encode() + b"\n"


@every_shell
@pytest.mark.parametrize(
    "statement, complaint",
    [
        (swapped, "is of something else"),
        (edited, "is not signed by the key"),
        (lambda _: b"", "is not signed by the key"),
        (lambda _: b"{}\n", "is not signed by the key"),
        (
            lambda farm: farm.store.read(DEB + ENDING).replace(b'"payload":"', b'"payload": "'),
            "is not signed by the key",
        ),
    ],
    ids=["of another file", "changed", "empty", "without a signature", "written by somebody else"],
)
def test_a_statement_that_is_not_of_this_file_installs_nothing(
    shell, attested, stranger, attests, tmp_path, statement, complaint
):
    key = public_file(attests, tmp_path / "farm.pub")
    attested.changed = {DEB + ENDING: statement(attested)}
    done, notes = install(shell, attested, stranger, "--yes", PROVENANCE_KEY=str(key))

    assert (done.returncode, notes) == (1, "")
    assert complaint in done.stderr and "nothing was installed" in done.stderr


@every_shell
def test_a_key_that_is_not_there_is_told_before_anything_is_fetched(shell, attested, stranger):
    done, _ = install(shell, attested, stranger, "--yes", PROVENANCE_KEY="/nowhere/farm.pub")

    assert done.returncode == 1
    assert "PROVENANCE_KEY names /nowhere/farm.pub, which cannot be read" in done.stderr
    assert attested.asked == []
