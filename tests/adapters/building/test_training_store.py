"""Training data in a store: the newest counts, nothing is overwritten, what is half written does not count."""

import datetime
from hashlib import sha256
from pathlib import Path

import pytest

from python_builds.adapters.building.training_store import keep_training, newest_training
from python_builds.adapters.store.directory_store import DirectoryStore
from python_builds.core.building.training import TrainingData, TrainingIdentity
from python_builds.core.errors import StoreError
from python_builds.core.publishing.artifacts import training_prefix
from python_builds.core.upstream.tags import parse_tag

TAG = parse_tag("3.14.7")
IDENTITY = TrainingIdentity(
    source_sha256="a" * 64,
    architecture="amd64",
    compiler="gcc 12",
    target="x86_64",
    flags="-O3",
    configuration="c" * 64,
)


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "store", "")


def made(folder: Path, content: bytes) -> tuple[TrainingData, Path]:
    path = folder / "training-data.tar.gz"
    path.write_bytes(content)
    digest = sha256(content).hexdigest()
    data = TrainingData(
        key=f"{training_prefix(TAG, IDENTITY.digest)}{digest}.tar.gz",
        sha256=digest,
        size=len(content),
        identity=IDENTITY,
        trained_by="debian-12-amd64/7",
        trained_at=datetime.datetime(2026, 11, 24, tzinfo=datetime.UTC),
    )
    return data, path


def test_the_newest_counts_and_older_ones_stay(store: DirectoryStore, tmp_path: Path) -> None:
    assert newest_training(store, TAG, IDENTITY.digest) is None
    for content in (b"one", b"two"):
        data, path = made(tmp_path, content)
        keep_training(store, data, path)

    assert newest_training(store, TAG, IDENTITY.digest) == data
    assert len(store.keys(training_prefix(TAG, IDENTITY.digest))) == 4
    assert newest_training(store, parse_tag("3.14.70"), IDENTITY.digest) is None


def test_each_variant_has_data_of_its_own(store: DirectoryStore, tmp_path: Path) -> None:
    data, path = made(tmp_path, b"one")
    keep_training(store, data, path)

    assert data.key.startswith("training/3.14.7/")
    assert training_prefix(parse_tag("3.14.7t"), "x") == "training/3.14.7t/x/"
    assert newest_training(store, parse_tag("3.14.7t"), IDENTITY.digest) is None


def test_the_same_data_twice_are_one_file(store: DirectoryStore, tmp_path: Path) -> None:
    data, path = made(tmp_path, b"one")

    assert keep_training(store, data, path) != keep_training(store, data, path)
    assert newest_training(store, TAG, IDENTITY.digest) == data


def test_a_file_without_its_document_does_not_count(store: DirectoryStore, tmp_path: Path) -> None:
    data, path = made(tmp_path, b"one")
    store.upload(path, data.key, data.sha256)

    assert newest_training(store, TAG, IDENTITY.digest) is None
    keep_training(store, data, path)
    assert newest_training(store, TAG, IDENTITY.digest) == data


def test_what_changed_on_its_way_is_not_kept(store: DirectoryStore, tmp_path: Path) -> None:
    data, path = made(tmp_path, b"one")
    path.write_bytes(b"other")

    with pytest.raises(StoreError, match="it is not kept"):
        keep_training(store, data, path)
    assert store.keys("training/") == []
