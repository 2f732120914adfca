"""Publishing how each artifact came to be, beside it, before the record that says so."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from python_builds.adapters.store.store import Store
from python_builds.core.errors import StoreError
from python_builds.core.indexes.index_files import sha256_of
from python_builds.core.publishing.artifacts import input_key
from python_builds.core.publishing.provenance import Maker, Resource, provenance
from python_builds.core.publishing.records import Record

WRITERS = 8
"""Statements that are written at the same time."""


def keep_inputs(store: Store, inputs: Mapping[str, bytes]) -> list[Resource]:
    """Keep what a build was made of, each once for all builds that were made of it."""
    found = []
    for name, content in inputs.items():
        digest = sha256_of(content)
        key = input_key(digest, name)
        if not store.exists(key):
            store.create(key, content)  # another build may have it at the same time, with the same bytes
        found.append(Resource(name=name, digest={"sha256": digest}, downloadLocation=key))
    return found


def provenances(record: Record, maker: Maker) -> dict[str, bytes]:
    """State how each artifact that a record names was made, by its key."""
    return {a.key: provenance(record, a, maker) for a in record.artifacts if a.kind != "sha256"}


def publish_signed(store: Store, signed: Iterable[tuple[str, bytes]]) -> None:
    """Write signed statements under their keys.

    Raises:
        StoreError: if there is one already.
    """

    def write(one: tuple[str, bytes]) -> None:
        key, content = one
        if not store.create(key, content):
            raise StoreError(f"{key} exists already and is never overwritten")

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, signed))
