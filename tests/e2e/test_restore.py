"""A farm is lost but for its bucket and its key; another one, with no state and no database, goes on from there.

Or it was upgraded, and goes back.
"""

import json
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from python_builds.cli.master.prepared_database import NOTE
from python_builds.core.publishing.artifacts import Product
from python_builds.core.settings.setting_types import CHECKOUT
from tests.e2e.farms import make_farm, mini_tarball
from tests.published import publish
from tests.s3 import FaultyS3, bucket_settings, s3_server

KEPT = ("/records/", "/pkgs/", "sources/", "/snapshots/", "/reservations/", ".tar.", "write-test.txt")
"""In the keys of what nothing can make again."""


@pytest.fixture
def s3() -> Iterator[FaultyS3]:
    with s3_server() as server:
        yield server


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """Make what has to be kept beside the bucket."""
    made = tmp_path / "signing.asc"
    subprocess.run([CHECKOUT / "scripts/setup/make-signing-key.sh", made, "Farm <farm@example.org>"], check=True)
    return made


@pytest.fixture
def settings(s3: FaultyS3, key: Path, tmp_path: Path) -> dict[str, object]:
    return {**bucket_settings(s3.url, tmp_path), "signing_key_file": key}


@pytest.fixture
def before(
    s3: FaultyS3, settings: dict[str, object], make_product: Callable[..., Product]
) -> dict[str, tuple[bytes, Any]]:
    """Have a farm publish, and lose it; give what the bucket holds then."""
    for product in (("3.13.5",), ("3.12.1", "debian-12", "arm64"), ("3.14.0", "rhel-9")):
        publish(s3.store(), make_product(*product))
    publish(s3.store(), make_product("3.13.5"), 2)
    with make_farm(**settings) as lost:
        mini_tarball(lost.tarballs, "3.11.2")
        assert lost.build("3.11.2").returncode == 0
        assert lost.run("reindex").stdout == "all up to date\n"
        shutil.rmtree(lost.settings.state_dir)
    return contents(s3)


def contents(s3: FaultyS3) -> dict[str, tuple[bytes, Any]]:
    """Read the whole bucket, each object with when it was written."""
    store = s3.store()
    listed = s3.client().get_paginator("list_objects_v2").paginate(Bucket=s3.bucket)
    written = {one["Key"]: one["LastModified"] for page in listed for one in page.get("Contents", ())}
    return {key: (store.read(key), written[f"some/where/{key}"]) for key in store.keys("")}


def test_a_farm_without_state_goes_on_from_the_bucket_and_changes_nothing_there(
    before: dict[str, tuple[bytes, Any]], s3: FaultyS3, settings: dict[str, object]
) -> None:
    with make_farm(**settings) as restored:
        mini_tarball(restored.tarballs, "3.11.2")
        assert restored.run("run").returncode == 0
        checked = restored.run("reindex", DIGESTS="1")

        assert checked.returncode == 0, checked.stdout
        assert checked.stdout.startswith("all up to date\n")
        assert contents(s3) == before, "every index is the same to the byte, signatures too, and none was written"

        again = restored.build("3.11.2", FORCE="1")
        assert again.returncode == 0, again.stdout
        assert [key for key in s3.store().keys("") if key.endswith("3.11.2-amd64-r2.json")], "no revision comes twice"


def test_indexes_that_are_lost_are_made_again_to_the_byte_and_signed_by_the_same_key(
    before: dict[str, tuple[bytes, Any]], s3: FaultyS3, settings: dict[str, object], tmp_path: Path
) -> None:
    records = [json.loads(content) for key, (content, _) in before.items() if "/records/" in key]
    named = {artifact["key"] for record in records for artifact in record["artifacts"]}
    gone = [key for key in before if key not in named and not any(part in key for part in KEPT)]
    assert {"python/index.json", "python/versions.json", "python/python-builds.asc"} < {*gone}
    for key in gone:
        s3.store().delete(key)
    with make_farm(**settings) as restored:
        made = restored.run("reindex", DIGESTS="1")
    after = contents(s3)

    assert made.returncode == 0, made.stdout
    assert {*before} ^ {*after} == set()
    assert [key for key in before if after[key][0] != before[key][0]] == [], "signatures are dated by what they sign"
    assert after["python/python-builds.asc"][0] == before["python/python-builds.asc"][0]
    assert signers(after, tmp_path / "now") == signers(before, tmp_path / "then")


def signers(bucket: dict[str, tuple[bytes, Any]], home: Path) -> dict[str, str]:
    """Verify every detached signature with the bucket's own public key; give whose each is."""
    home.mkdir(mode=0o700)
    gpg = ["gpg", "--batch", "--quiet", "--homedir", str(home), "--no-autostart"]
    subprocess.run([*gpg, "--import"], input=bucket["python/python-builds.asc"][0], check=True)
    found = {}
    for key in (key for key in bucket if f"{key}.asc" in bucket):
        (home / "signed").write_bytes(bucket[key][0])
        (home / "signature").write_bytes(bucket[f"{key}.asc"][0])
        done = subprocess.run(
            [*gpg, "--status-fd=1", "--verify", home / "signature", home / "signed"], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        found[key] = done.stdout.partition("VALIDSIG ")[2].split()[0]
    assert found
    return found


def test_a_farm_goes_back_to_an_older_buildbot_with_the_copy_of_its_database() -> None:
    with make_farm(database_url="sqlite:///state.sqlite") as farm:
        assert farm.run("run").returncode == 0
        farm.run("stop")
        folder = farm.settings.state_dir / "master"
        shutil.copy(folder / "state.sqlite", farm.folder / "copy")
        with sqlite3.connect(folder / "state.sqlite") as connection:
            connection.execute("UPDATE alembic_version SET version_num = 'of-a-newer-one'")
        connection.close()
        (folder / NOTE).write_text("99.0 noted by a newer Buildbot\n")
        refused = farm.run("run")

        assert refused.returncode == 1
        assert "the database was brought up to date by a newer Buildbot" in refused.stdout
        assert "Traceback" not in refused.stdout
        shutil.copy(farm.folder / "copy", folder / "state.sqlite")
        assert farm.run("run").returncode == 0
        farm.run("stop")
