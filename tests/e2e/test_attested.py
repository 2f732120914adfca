"""A farm that states how its artifacts came to be, and who asks whether that is so."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from python_builds.core.publishing.dsse import ENDING
from python_builds.core.settings.setting_types import CHECKOUT
from tests.e2e.farms import FarmUnderTest, make_farm, mini_tarball


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
