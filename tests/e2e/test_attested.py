"""A farm that states how its artifacts came to be, and who asks whether that is so."""

import hashlib
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from python_builds.adapters.store.directory_store import DirectoryStore
from python_builds.core.publishing.dsse import ENDING
from python_builds.core.settings.setting_types import CHECKOUT
from tests.e2e.farms import FarmUnderTest, make_farm, mini_tarball
from tests.web import cdn


@pytest.fixture
def farm(tmp_path: Path) -> Iterator[FarmUnderTest]:
    key = tmp_path / "attestation.pem"
    subprocess.run([CHECKOUT / "scripts/setup/make-attestation-key.sh", key], check=True)
    with make_farm(attestation_key_file=key, builder_id="https://farm.example.org") as made:
        mini_tarball(made.tarballs, "3.11.2")
        yield made


def test_every_artifact_has_its_statement_and_is_verified_with_the_tree_s_document(farm: FarmUnderTest) -> None:
    done = farm.build("3.11.2", PROFILE="optimized")

    assert done.returncode == 0, done.stdout
    (record,) = farm.files("python/*/records/*.json")
    artifacts = [
        a for a in json.loads((farm.settings.store / record).read_text())["artifacts"] if a["kind"] != "sha256"
    ]
    assert {a["kind"] for a in artifacts} >= {"deb", "tarball", "uv", "sbom"}
    assert {f"{a['key']}{ENDING}" for a in artifacts} == {*farm.files(f"python/**/*{ENDING}")}
    assert farm.files("inputs/*/scripts.tar") and farm.files("inputs/*/cpython.cdx.json")
    (tarball,) = [a["key"] for a in artifacts if a["kind"] == "tarball"]
    shown = farm.run(
        "verify", FILE=str(farm.settings.store / tarball), KEY=str(farm.settings.store / "python/python-builds.pub")
    )

    assert shown.returncode == 0, shown.stdout
    assert "provenance   holds" in shown.stdout and "https://farm.example.org" in shown.stdout
    assert "vouched for by digest when it was built" in shown.stdout
    (farm.settings.store / tarball).write_bytes(b"something else")
    refused = farm.run("verify", FILE=str(farm.settings.store / tarball))
    assert refused.returncode == 1 and "provenance   FAILS" in refused.stdout, refused.stdout


def test_a_second_farm_builds_it_again_from_the_provenance_alone_and_the_first_one_s_users_see_it(
    farm: FarmUnderTest, tmp_path: Path
) -> None:
    assert farm.build("3.11.2", PROFILE="quick").returncode == 0
    (tarball,) = [
        key
        for key in farm.files("quick/python/*/*.tar.gz")
        if not key.endswith(("-uv.tar.gz", "-test.tar.gz", "-debug.tar.gz"))
    ]
    statement, public = f"{farm.settings.store / tarball}{ENDING}", tmp_path / "one.pub"
    public.write_bytes((farm.settings.store / "quick/python/python-builds.pub").read_bytes())
    other = tmp_path / "two.pem"
    subprocess.run([CHECKOUT / "scripts/setup/make-attestation-key.sh", other], check=True)
    with make_farm(attestation_key_file=other, builder_id="https://two.example.org") as second:
        unsigned = second.run("reproduce", PROVENANCE=statement, KEY=str(public_part(other, tmp_path / "two.pub")))
        assert unsigned.returncode == 1 and "by none of the trusted keys" in unsigned.stdout
        with cdn() as web:
            web.store = DirectoryStore(farm.settings.store)
            done = second.run("reproduce", PROVENANCE=f"{web.url}/{tarball}{ENDING}", KEY=str(public))
        assert done.returncode == 0, done.stdout
        assert "reproduced: every file is the same" in done.stdout
        assert {key.partition("/")[0] for key in web.asked} >= {"inputs", "quick", "sources"}, "nothing else is at hand"
        digest = hashlib.sha256((farm.settings.store / tarball).read_bytes()).hexdigest()
        (stated,) = second.files(f"rebuilds/{digest}/*{ENDING}")
        taken = farm.run("accept", FILE=str(second.settings.store / stated), KEY=str(tmp_path / "two.pub"))
    assert taken.returncode == 0 and "reproduced by https://two.example.org" in taken.stdout, taken.stdout
    index = json.loads((farm.settings.store / "quick/python/index.json").read_text())
    told = {build["kind"]: build["reproduced_by"] for build in index["builds"]}
    assert told.pop("tarball") == ["https://two.example.org"] and not any(told.values())
    assert "reproduced by 1" in (farm.settings.store / "quick/python/index.html").read_text()
    both = tmp_path / "both.pub"
    both.write_bytes(public.read_bytes() + (tmp_path / "two.pub").read_bytes())
    shown = farm.run("verify", FILE=str(farm.settings.store / tarball), KEY=str(both))
    assert shown.returncode == 0 and "reproduced by 1: https://two.example.org" in shown.stdout, shown.stdout
    own = farm.run("accept", FILE=statement, KEY=str(public))
    assert own.returncode == 1 and "does not state that SHA-256" in own.stdout


def public_part(secret: Path, path: Path) -> Path:
    """Write the public part of a key."""
    subprocess.run(["openssl", "pkey", "-in", secret, "-pubout", "-out", path], check=True)
    return path
