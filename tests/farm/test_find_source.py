"""The release build's own step: what it says of what was verified, and that what is not verified goes nowhere."""

import dataclasses

import pytest

from python_builds.adapters.store.directory_store import DirectoryStore
from python_builds.adapters.upstream.folder import Folder
from python_builds.adapters.upstream.verification import Proof
from python_builds.core.errors import NotVerified
from python_builds.core.settings.settings import Settings
from python_builds.core.upstream.trust import Trust
from python_builds.farm.building.source_work import find_source
from python_builds.farm.steps.master_step import Work
from tests.e2e.farms import mini_tarball


@dataclasses.dataclass(frozen=True)
class Signed(Folder):
    """A folder whose tarballs have signatures that hold what the check expects."""

    def offers(self):
        proof = Proof(trust=Trust.OPENPGP, max_bytes=1, check=check)

        def fetch_both(offer):
            def fetch(target):
                offer.fetch(target)
                proof.file(target).write_bytes((self.path / f"{offer.name}.asc").read_bytes())

            return fetch

        return [
            dataclasses.replace(
                offer, trust=proof.trust, proof=proof, lacking="get a better one", fetch=fetch_both(offer)
            )
            for offer in super().offers()
        ]


def check(tarball, signature):
    if signature.read_bytes() != b"good":
        raise NotVerified(f"{signature.name} does not vouch for {tarball.name}: it is bad")
    return "OpenPGP by somebody"


@pytest.fixture
def find(tmp_path):
    """Run the step on a tarball with a signature; gives what it said, whether it ended well or not."""

    def run(signature, holds="3.13.5"):
        folder = tmp_path / "tarballs"
        folder.mkdir()
        mini_tarball(folder, "3.13.5", HOLDS=holds)
        (folder / "Python-3.13.5.tgz.asc").write_bytes(signature)
        (tmp_path / "spool").mkdir()
        said = []
        work = Work(
            properties={"python_version": "3.13.5", "platforms": ["debian-12"], "profile": "quick", "force": False},
            build="release/1",
            spool=tmp_path / "spool",
            steps={},
            say=said.append,
        )
        settings = Settings(_env_file=None, state_dir=tmp_path / "state", minimum_trust="openpgp")
        return said, find_source(lambda _: [Signed(folder)], DirectoryStore(tmp_path / "store"), settings, work)

    return run


def test_a_release_build_says_what_was_verified_and_what_could_be_better(find, tmp_path):
    said, outcome = find(b"good")

    assert "verified: SHA-256 of a file beside it" in said
    assert "verified: OpenPGP by somebody" in said
    assert any(line.startswith("verified: Include/patchlevel.h says 3.13.5; ") for line in said), said
    assert "it could be vouched for better: get a better one" in said
    assert outcome.summary == "Python-3.13.5.tgz, vouched for by openpgp"
    assert not (tmp_path / "spool").exists()


def test_a_release_whose_signature_is_bad_is_an_error_and_in_no_store(find, tmp_path):
    with pytest.raises(NotVerified, match="Python-3.13.5.tgz.asc does not vouch for Python-3.13.5.tgz: it is bad"):
        find(b"bad")

    assert not (tmp_path / "spool").exists()
    assert DirectoryStore(tmp_path / "store").keys("") == []


def test_a_signed_tarball_of_another_release_is_an_error_and_in_no_store(find, tmp_path):
    with pytest.raises(NotVerified, match="holds CPython 3.13.4, by its Include/patchlevel.h, and should hold 3.13.5"):
        find(b"good", holds="3.13.4")

    assert DirectoryStore(tmp_path / "store").keys("") == []
