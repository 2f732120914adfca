"""Publishing is a sequence that can stop anywhere: reserve a revision, upload, verify, write the record last.

Readers only see what a record names, so a build that dies leaves a reservation and perhaps some files that nobody
names; its retry has a new revision and never meets them.
"""

import datetime
import json
from collections.abc import Iterable
from pathlib import Path

from python_builds.edges.store import DirectoryStore, file_sha256
from python_builds.facts import manifest
from python_builds.facts.artifacts import (
    PROFILES,
    Product,
    artifact_keys,
    artifact_kind,
    record_key,
    records_prefix,
    reservation_key,
    revision_of_key,
)
from python_builds.facts.errors import StoreError
from python_builds.facts.platforms import PLATFORMS, Platform
from python_builds.facts.records import Artifact, Record, dump, parse_record


def read_records(store: DirectoryStore, profile: str, platforms: Iterable[Platform] = PLATFORMS) -> list[Record]:
    """Read the records of one profile, of all platforms or some."""
    return [
        parse_record(key, store.read(key))
        for platform in platforms
        for key in store.keys(records_prefix(profile, platform))
    ]


def newest_record(store: DirectoryStore, product: Product) -> Record | None:
    """Find the newest revision of a product, or None if it was never published."""
    prefix = record_key(product, 1).removesuffix("1.json")
    revisions = [r for key in store.keys(prefix) if (r := revision_of_key(product, key)) is not None]
    if not revisions:
        return None
    key = record_key(product, max(revisions))
    return parse_record(key, store.read(key))


def reserve_revision(store: DirectoryStore, product: Product, build: str) -> int:
    """Reserve the next revision of a product for a build, which alone may then publish under it."""
    prefix = reservation_key(product, 1).removesuffix("1.json")
    reserved = [revision_of_key(product, key) or 0 for key in store.keys(prefix)]
    record = newest_record(store, product)
    revision = max([0, *reserved, record.revision if record else 0]) + 1
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    while not store.create(reservation_key(product, revision), json.dumps({"build": build, "at": now}).encode()):
        revision += 1
    return revision


def read_sidecar(path: Path) -> str:
    """Read the digest from a `.sha256` file, which names the file beside it.

    Raises:
        StoreError: if it does not.
    """
    text = path.read_text(errors="replace")
    digest, _, name = text.strip().partition("  ")
    if len(digest) != 64 or name != path.name.removesuffix(".sha256"):
        raise StoreError(f"{path.name} holds {text[:200]!r} and not '<sha256>  <file name>'")
    return digest


def upload_artifacts(store: DirectoryStore, product: Product, revision: int, folder: Path) -> tuple[Artifact, ...]:
    """Upload what a build left in a folder, each file checked against the digest that the worker computed.

    Raises:
        StoreError: if a file is missing, or is not what the worker made.
    """
    keys = artifact_keys(product, revision)
    for name in keys:
        if not (folder / name).is_file():
            raise StoreError(
                f"the build left no {name}; a {product.platform.package_format} platform makes {list(keys)}"
            )
    result = []
    for name, key in keys.items():
        path = folder / name
        digest = file_sha256(path)
        if not name.endswith(".sha256") and (expected := read_sidecar(folder / f"{name}.sha256")) != digest:
            raise StoreError(f"{name} left the worker as {expected} and arrived as {digest}; nothing was published")
        store.upload(path, key, digest)
        result.append(Artifact(kind=artifact_kind(name), key=key, sha256=digest, size=path.stat().st_size))
    return tuple(result)


def located(store: DirectoryStore, record: Record) -> list[dict[str, object]]:
    """List a record's artifacts with where a person finds each, without the digests' own files."""
    return [{**a.model_dump(), "location": store.location(a.key)} for a in record.artifacts if a.kind != "sha256"]


def write_record(store: DirectoryStore, record: Record) -> str:
    """Write a record, after which what it names counts as published; return its key.

    Raises:
        StoreError: if the revision has one already.
    """
    key = record_key(record.product, record.revision)
    if not store.create(key, dump(record)):
        raise StoreError(f"{key} exists already and is never overwritten")
    return key


def write_indexes(store: DirectoryStore, *, unchecked: bool) -> list[str]:
    """Compute every index from the records that exist and replace those that changed; return their keys."""
    written = []
    for profile in PROFILES:
        for key, content in manifest.indexes(read_records(store, profile), profile, unchecked=unchecked).items():
            if not store.exists(key) or store.read(key) != content:
                store.replace(key, content)
                written.append(key)
    return written
