"""A farm that publishes in a bucket: what is there afterwards, who may see which secret, and what happens when S3 is away."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from python_builds.core.settings.setting_types import CHECKOUT
from tests.e2e.farms import FarmUnderTest, make_farm, mini_tarball
from tests.s3 import BUCKET, FaultyS3, bucket_settings, s3_server

SECRET = "the-secret-access-key"


@pytest.fixture
def s3() -> Iterator[FaultyS3]:
    with s3_server() as server:
        yield server


@pytest.fixture
def farm(s3: FaultyS3, tmp_path: Path) -> Iterator[FarmUnderTest]:
    key = tmp_path / "signing.asc"
    subprocess.run([CHECKOUT / "scripts/setup/make-signing-key.sh", key, "Farm <farm@example.org>"], check=True)
    settings = {**bucket_settings(s3.url, tmp_path, SECRET), "signing_key_file": key}
    with make_farm(**settings) as made:
        mini_tarball(made.tarballs, "3.11.2")
        yield made


def secrets_in(farm: FarmUnderTest) -> list[str]:
    """Name the files of the farm, logs and database included, that hold a secret."""
    files = [path for path in farm.folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return [str(p) for p in files if SECRET.encode() in p.read_bytes() or b"PRIVATE KEY" in p.read_bytes()]


def test_a_build_ends_in_the_bucket_and_nowhere_else(farm: FarmUnderTest, s3: FaultyS3) -> None:
    done = farm.build("3.11.2")
    keys = s3.store().keys("")

    assert done.returncode == 0, done.stdout
    assert not farm.settings.store.exists()
    (record,) = [key for key in keys if "/records/" in key]
    found = json.loads(s3.store().read(record))
    assert {a["key"] for a in found["artifacts"]} <= {*keys}
    assert "Package: python-3.11.2\n" in found["package"]["control"]
    assert f"{s3.url}/{BUCKET}/some/where/{found['artifacts'][0]['key']}" in done.stdout, "says where it can be fetched"
    assert secrets_in(farm) == []
    assert SECRET not in done.stdout


def test_a_worker_knows_no_credentials(farm: FarmUnderTest) -> None:
    mini_tarball(farm.tarballs, "3.11.6", COMPILE_SECONDS=4)
    farm.environment["AWS_SECRET_ACCESS_KEY"] = SECRET
    farm.run("run")
    build = farm.spawn("build", VERSION="3.11.6")
    farm.wait_for_step("compile")
    found = Path(f"/proc/{farm.worker_process()}/environ").read_bytes()
    build.communicate(timeout=120)

    assert b"PATH=" in found
    assert b"AWS" not in found
    assert SECRET.encode() not in found
    assert build.returncode == 0


def test_what_nobody_could_try_is_in_no_index_of_a_bucket(farm: FarmUnderTest, s3: FaultyS3) -> None:
    farm.build("3.11.2")

    assert s3.store().read("quick/python/versions.json") == b'{"python_versions": []}'
    assert s3.store().exists("quick/python/versions.json.asc")


def test_an_outage_of_the_bucket_is_a_red_step_with_its_reason_and_the_next_build_works(
    farm: FarmUnderTest, s3: FaultyS3
) -> None:
    s3.fault("PUT", "/pkgs/", status="403 Forbidden", code="ExpiredToken", times=99)
    done = farm.build("3.11.2")
    s3.faults.clear()
    again = farm.build("3.11.2")

    assert done.returncode == 1
    assert "FAILED  publish" in done.stdout
    assert "its credentials have expired" in done.stdout
    assert again.returncode == 0, again.stdout
    assert [key for key in s3.store().keys("") if "/records/" in key and key.endswith("-r2.json")]


def test_a_bucket_that_is_not_there_is_said_before_anything_is_built(farm: FarmUnderTest) -> None:
    farm.environment["PYTHON_BUILDS_S3_BUCKET"] = "nobody-s"
    done = farm.build("3.11.2")

    assert done.returncode == 1
    assert "there is no such bucket: see PYTHON_BUILDS_S3_BUCKET" in done.stdout
    assert "compile" not in done.stdout


def test_a_start_says_what_the_bucket_s_server_can_and_does_not_happen_with_one_that_is_unsafe(
    farm: FarmUnderTest, s3: FaultyS3
) -> None:
    good = farm.run("run")
    farm.run("stop")
    s3.careless = ("HTTP_IF_MATCH",)
    bad = farm.run("run")

    assert good.returncode == 0
    assert "it writes on a condition, If-Match's tag in quotation marks, and takes checksums" in good.stdout
    assert bad.returncode == 1
    assert "takes no notice of conditions" in bad.stdout and "PYTHON_BUILDS_S3_CONDITIONAL_WRITES=false" in bad.stdout
    assert farm.processes() == []
