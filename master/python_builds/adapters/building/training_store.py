"""Training data in the store: a tarball named by its digest, and a numbered document that names it, written last."""

import contextlib
from pathlib import Path

from python_builds.adapters.digests import file_sha256
from python_builds.adapters.store.store import Store
from python_builds.core.building.training import TrainingData
from python_builds.core.documents import dump, parse_document
from python_builds.core.errors import DamagedObject, StoreError
from python_builds.core.publishing.artifacts import training_prefix
from python_builds.core.upstream.tags import Tag


def newest_training(store: Store, tag: Tag, identity: str) -> TrainingData | None:
    """Find the newest data for an identity, or None; what is damaged is passed over."""
    prefix = training_prefix(tag, identity)
    for number in sorted(_numbers(store, prefix), reverse=True):
        with contextlib.suppress(DamagedObject):
            return read_training(store, f"{prefix}{number}.json")
    return None


def read_training(store: Store, key: str) -> TrainingData:
    """Read what describes training data.

    Raises:
        DamagedObject: if it is no such document, or names data that are not beside it.
    """
    data = parse_document(TrainingData, "does not describe training data", key, store.read(key))
    if data.key.rpartition("/")[0] != key.rpartition("/")[0]:
        raise DamagedObject(f"{key} does not describe training data: it names {data.key!r}, which is not beside it")
    return data


def keep_training(store: Store, data: TrainingData, path: Path) -> str:
    """Keep new data, from then on the newest for its identity; return the key of what describes it.

    Raises:
        StoreError: if the file is not what its description says, or could not be written.
    """
    found = file_sha256(path)
    if found != data.sha256:
        raise StoreError(f"the training data left the worker as {data.sha256} and arrived as {found}; it is not kept")
    if not store.exists(data.key):
        store.upload(path, data.key, data.sha256)
    prefix = f"{data.key.rpartition('/')[0]}/"
    number = max(_numbers(store, prefix), default=0) + 1
    while not store.create(f"{prefix}{number}.json", dump(data)):
        number += 1
    return f"{prefix}{number}.json"


def _numbers(store: Store, prefix: str) -> list[int]:
    names = [key.removeprefix(prefix).removesuffix(".json") for key in store.keys(prefix) if key.endswith(".json")]
    return [int(name) for name in names if name.isascii() and name.isdigit()]
