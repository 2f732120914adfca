"""Training data: made once, kept, used by later builds of the same, and made anew when somebody asks."""

import json
from pathlib import Path
from typing import Any

from tests.e2e.farms import FarmUnderTest, mini_tarball


def record(farm: FarmUnderTest, revision: int) -> dict[str, Any]:
    (key,) = farm.files(f"python/*/records/3.11.2-*-r{revision}.json")
    return json.loads((farm.settings.store / key).read_bytes())


def build(farm: FarmUnderTest, **options: str) -> str:
    done = farm.build("3.11.2", PROFILE="optimized", FORCE="1", **options)
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_a_rebuild_uses_stored_training_data_and_comes_out_the_same(farm: FarmUnderTest) -> None:
    first, second = build(farm), build(farm)

    assert "compile instrumented" in first
    assert "compile instrumented" not in second
    assert "use stored training data" in second
    one, two = record(farm, 1), record(farm, 2)
    assert one["training"] == two["training"]
    stored = farm.settings.store / one["training"]["key"]
    assert stored.name == f"{one['training']['sha256']}.tar.gz"
    assert [a["sha256"] for a in one["artifacts"] if a["kind"] == "tarball"] == [
        a["sha256"] for a in two["artifacts"] if a["kind"] == "tarball"
    ]


def test_training_anew_is_kept_and_used_from_then_on(farm: FarmUnderTest) -> None:
    build(farm)
    again = build(farm, RETRAIN="1")
    build(farm)

    assert "compile instrumented" in again
    digests = [record(farm, revision)["training"]["sha256"] for revision in (1, 2, 3)]
    assert digests[0] != digests[1] == digests[2]
    assert len(farm.files("training/3.11.2/*/*.tar.gz")) == 2, "nothing stored is ever overwritten"


def test_another_configuration_is_trained_for_itself(farm: FarmUnderTest) -> None:
    build(farm)
    mini_tarball(farm.tarballs, "3.11.3", FOUND="something else")
    done = farm.build("3.11.3", PROFILE="optimized")

    assert done.returncode == 0, done.stdout
    assert "compile instrumented" in done.stdout


def test_stored_data_that_was_changed_is_made_anew_and_told(farm: FarmUnderTest) -> None:
    build(farm)
    (key,) = farm.files("training/3.11.2/*/*.tar.gz")
    Path(farm.settings.store, key).write_bytes(b"something else")
    again = build(farm)

    assert f"{key} is damaged: training anew" in again
    assert "compile instrumented" in again


def test_a_quick_build_is_not_trained(farm: FarmUnderTest) -> None:
    done = farm.build("3.11.2")

    assert done.returncode == 0, done.stdout
    assert "train" not in done.stdout
    assert farm.files("training/*") == []


def test_a_record_says_how(farm: FarmUnderTest) -> None:
    build(farm)
    made = record(farm, 1)
    how = made["built_with"]

    assert how["compiler"].startswith("gcc ")
    assert "--enable-optimizations" in how["configure"]
    assert [flag for flag in how["configure"] if flag.startswith("CFLAGS_NODIST=")]
    assert how["libraries"]["libz.so.1"].startswith("zlib1g "), how["libraries"]
    assert how["tests"] == {"passed": 1, "skipped": []}
    assert how["modules"]
    assert made["recipe"]
    assert made["source"]["sha256"] == made["training"]["identity"]["source_sha256"]
    assert made["image"] is None, "it was built on this machine"
    assert str(farm.folder) not in json.dumps(made["training"]) + json.dumps(how), "a path of this build"
