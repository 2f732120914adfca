"""A farm that states how its artifacts came to be, and who asks whether that is so."""

import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from python_builds.adapters.store.directory_store import DirectoryStore
from python_builds.core.publishing.dsse import BUNDLE_ENDING, ENDING
from python_builds.core.settings.setting_types import CHECKOUT
from tests.e2e.farms import FarmUnderTest, make_farm, mini_tarball
from tests.e2e.identity import oidc_provider
from tests.sigstore_servers import IDENTITY, sigstore, token_of
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


def test_who_knows_the_farm_s_identity_needs_no_key_of_it(tmp_path: Path) -> None:
    token = tmp_path / "token"
    with oidc_provider() as issuer, sigstore(issuer) as signs:
        token.write_text(token_of(issuer))
        token.chmod(0o600)
        trust = signs.write_trust(tmp_path / "trust.json")
        with make_farm(sigstore_token_file=token, sigstore_trust_config=trust) as farm:
            mini_tarball(farm.tarballs, "3.11.2")
            assert farm.build("3.11.2").returncode == 0
            (record,) = farm.files("quick/python/*/records/*.json")
            kept = json.loads((farm.settings.store / record).read_text())
            artifacts = [a["key"] for a in kept["artifacts"] if a["kind"] != "sha256"]
            assert {f"{key}{BUNDLE_ENDING}" for key in artifacts} == {*farm.files(f"quick/**/*{BUNDLE_ENDING}")}
            assert not farm.files(f"quick/**/*{ENDING}"), "no key signs anything"
            assert len(signs.log) == len(artifacts)
            file, other = (str(farm.settings.store / key) for key in artifacts[:2])
            asked = {"FILE": file, "IDENTITY": IDENTITY, "ISSUER": issuer}
            shown = farm.run("verify", **asked)
            assert shown.returncode == 0, shown.stdout
            assert f"of this file, signed by {IDENTITY} of {issuer}" in shown.stdout
            assert "vouched for by digest when it was built" in shown.stdout
            stranger = farm.run("verify", **{**asked, "IDENTITY": "spiffe://example.org/another"})
            assert stranger.returncode == 1 and "identity     FAILS" in stranger.stdout, stranger.stdout
            assert farm.run("verify", FILE=file).returncode == 1, "of nobody who was named"
            half = farm.run("verify", FILE=file, IDENTITY=IDENTITY)
            assert half.returncode == 1 and "--identity and --issuer go together" in half.stdout, half.stdout
            (tree,) = (a["key"] for a in kept["artifacts"] if a["kind"] == "tarball")
            bundle = {"PROVENANCE": f"{farm.settings.store / tree}{BUNDLE_ENDING}"}
            unnamed = farm.run("reproduce", **bundle)
            assert unnamed.returncode == 1 and "name IDENTITY= and ISSUER=" in unnamed.stdout, unnamed.stdout
            again = farm.run("reproduce", **bundle, IDENTITY=IDENTITY, ISSUER=issuer)
            assert again.returncode == 0 and "reproduced: every file is the same" in again.stdout, again.stdout
            shutil.copy(f"{other}{BUNDLE_ENDING}", f"{file}{BUNDLE_ENDING}")
            swapped = farm.run("verify", **asked)
            assert swapped.returncode == 1 and "not of this file" in swapped.stdout, swapped.stdout
            Path(f"{file}{BUNDLE_ENDING}").unlink()
            missing = farm.run("verify", **asked)
            assert missing.returncode == 1 and "no .sigstore.json lies beside it" in missing.stdout, missing.stdout
            damaged = farm.run("reindex", DIGESTS="1")
            assert f"{artifacts[0]}{BUNDLE_ENDING} is gone" in damaged.stdout, damaged.stdout
            token.write_text("another")
            refused = farm.build("3.11.2", FORCE="1")
            assert refused.returncode == 1 and "Identity token is malformed" in refused.stdout, refused.stdout
            assert len(signs.log) == len(artifacts)


def public_part(secret: Path, path: Path) -> Path:
    """Write the public part of a key."""
    subprocess.run(["openssl", "pkey", "-in", secret, "-pubout", "-out", path], check=True)
    return path
