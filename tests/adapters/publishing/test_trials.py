"""What trials after release read and remember."""

import datetime

import pytest

from python_builds.adapters.digests import file_sha256
from python_builds.adapters.publishing.publishing import write_record
from python_builds.adapters.publishing.trials import (
    fetch,
    newest_published,
    packages_of,
    read_all_trials,
    read_trials,
    write_trials,
)
from python_builds.core.errors import DamagedObject
from python_builds.core.platforms.platforms import platform_named
from python_builds.core.publishing.trials import GOOD, Trial, Trials

NOW = datetime.datetime(2026, 11, 28, 3, tzinfo=datetime.UTC)


def test_the_newest_revision_of_each_minor_is_tried_and_not_what_the_predecessor_built(store, make_record):
    for record in (
        make_record("3.13.4"),
        make_record("3.13.5"),
        make_record("3.13.5", revision=2),
        make_record("3.13.6", architecture="arm64"),
        make_record("3.12.1", profile="quick"),
        make_record("3.11.1").model_copy(update={"adopted": True}),
    ):
        write_record(store, record)

    found = newest_published(store, "optimized", platform_named("debian-12"), "amd64")

    assert [(str(record.product.tag), record.revision) for record in found] == [("3.13.5", 2)]


@pytest.mark.parametrize("version, count", [("3.13.5", 2), ("3.14.0rc1", 1)])
def test_a_package_is_installed_with_its_metapackage_if_it_has_one(version, count, make_record):
    kinds = [artifact.kind for artifact in packages_of(make_record(version))]

    assert kinds == ["deb", "metapackage"][:count]


def test_what_is_fetched_is_what_its_record_says(store, make_record, tmp_path):
    (tmp_path / "x").write_text("a package")
    digest = file_sha256(tmp_path / "x")
    (artifact, _) = packages_of(make_record())
    store.upload(tmp_path / "x", artifact.key, digest)
    here = tmp_path / "here"
    here.mkdir()
    said: list[str] = []
    fetch(store, [artifact.model_copy(update={"sha256": digest})], here, said.append)

    (path,) = here.iterdir()
    assert (path.name, path.read_text()) == ("python-3.13.5_1_amd64.deb", "a package")
    assert said == [f"python-3.13.5_1_amd64.deb: 2 bytes, sha256 {digest}, as its record says"]


def test_what_is_not_what_its_record_says_does_not_stay(store, make_record, tmp_path):
    (tmp_path / "x").write_text("another")
    (artifact, _) = packages_of(make_record())
    store.upload(tmp_path / "x", artifact.key, file_sha256(tmp_path / "x"))
    here = tmp_path / "here"
    here.mkdir()

    with pytest.raises(DamagedObject, match=f"has the digest .* and by its record {'b' * 64}"):
        fetch(store, [artifact], here, print)
    assert not [*here.iterdir()]


def test_what_is_remembered_is_read_back_and_what_is_not_ours_is_tried_anew(tmp_path):
    trials = Trials(looked_at=NOW, trials={"3.13.5": Trial(revision=2, verdict=GOOD, at=NOW, packages={"libz": "1"})})
    write_trials(tmp_path, "debian-12-amd64", trials)

    assert read_all_trials(tmp_path, ["debian-12-amd64", "debian-13-amd64"]) == {"debian-12-amd64": trials}
    (tmp_path / "trials" / "debian-12-amd64.json").write_text("{}")
    assert read_trials(tmp_path, "debian-12-amd64") is None
