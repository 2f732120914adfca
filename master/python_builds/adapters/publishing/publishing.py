"""Publishing is a sequence that can stop anywhere: reserve a revision, upload, verify, write the record last.

Readers only see what a record names, so a build that dies leaves a reservation and perhaps some files that nobody
names; its retry has a new revision and never meets them.
"""

import functools
import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from python_builds.adapters.digests import file_sha256
from python_builds.adapters.publishing.revisions import now, revisions
from python_builds.adapters.publishing.signing import Signer
from python_builds.adapters.store.store import Store
from python_builds.core.documents import dump
from python_builds.core.errors import DamagedObject, StoreError
from python_builds.core.indexes.index_files import sha256_of
from python_builds.core.platforms.platform import Platform
from python_builds.core.publishing.artifacts import Product, artifact_keys, artifact_kind
from python_builds.core.publishing.record_keys import product_of_record, record_key, records_prefix, unindexed_key
from python_builds.core.publishing.record_rules import MAX_RECORD_BYTES
from python_builds.core.publishing.records import Artifact, Record, parse_record
from python_builds.core.publishing.snapshots import Found
from python_builds.core.publishing.zst_files import zst_keys

READERS = 16
"""Records that are read at the same time: S3 answers many requests as fast as one."""


def read_records(store: Store, keys: Iterable[str]) -> list[Found]:
    """Read records, several at once; one that is damaged is told and stops no other."""
    with ThreadPoolExecutor(READERS) as pool:
        return list(pool.map(functools.partial(_find_record, store), keys))


def _find_record(store: Store, key: str) -> Found:
    content = b""
    try:
        content = store.read(key, MAX_RECORD_BYTES)
        record = parse_record(key, content)
    except DamagedObject as error:
        return Found(key=key, record=None, sha256=sha256_of(content), problem=str(error))
    return Found(key=key, record=record, sha256=sha256_of(content))


def published_products(store: Store, profile: str, platform: Platform) -> set[Product]:
    """List what a platform has, by the names of its records.

    Raises:
        InvalidKey: if something else lies among them.
    """
    return {product_of_record(profile, platform, key)[0] for key in store.keys(records_prefix(profile, platform))}


def newest_record(store: Store, product: Product) -> Record | None:
    """Find the newest revision of a product.

    None if it was never published, or if its record is damaged: what is asked for then is built, as a new revision.
    """
    numbers = revisions(store, product, record_key)
    return read_records(store, [record_key(product, max(numbers))])[0].record if numbers else None


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


def write_sidecar(path: Path) -> None:
    """Write a file's digest beside it, as the scripts do."""
    path.with_name(f"{path.name}.sha256").write_text(f"{file_sha256(path)}  {path.name}\n")


def sign_package(signer: Signer, path: Path) -> None:
    """Sign a package that arrived as it left the worker, and write its digest anew.

    Raises:
        StoreError: if it is not what the worker made.
        SigningError: if it cannot be signed.
    """
    sidecar = path.with_name(f"{path.name}.sha256")
    _require_same(path, read_sidecar(sidecar))
    signer.sign_rpm(path)
    write_sidecar(path)


def _require_same(path: Path, left: str) -> str:
    arrived = file_sha256(path)
    if arrived != left:
        raise StoreError(f"{path.name} left the worker as {left} and arrived as {arrived}; nothing was published")
    return arrived


def upload_artifacts(store: Store, product: Product, revision: int, folder: Path) -> tuple[Artifact, ...]:
    """Upload what a build left in a folder, each file checked against the digest that the worker computed.

    Raises:
        StoreError: if a file is missing, or is not what the worker made.
    """
    keys = artifact_keys(product, revision)
    added = {name: key for name, key in zst_keys(product, revision).items() if (folder / name).is_file()}
    for name in keys:
        if not (folder / name).is_file():
            raise StoreError(
                f"the build left no {name}; a {product.platform.package_format} platform makes {list(keys)}"
            )
    result = []
    for name, key in (keys | added).items():
        path = folder / name
        digest = file_sha256(path)
        if not name.endswith(".sha256"):
            _require_same(path, read_sidecar(folder / f"{name}.sha256"))
        store.upload(path, key, digest)
        result.append(Artifact(kind=artifact_kind(name), key=key, sha256=digest, size=path.stat().st_size))
    return tuple(result)


def located(store: Store, record: Record) -> list[dict[str, object]]:
    """List a record's artifacts with where a person finds each, without the digests' own files."""
    return [{**a.model_dump(), "location": store.location(a.key)} for a in record.artifacts if a.kind != "sha256"]


def write_record(store: Store, record: Record) -> str:
    """Write a record, after which what it names counts as published; return its key.

    Raises:
        StoreError: if the revision has one already.
    """
    key = record_key(record.product, record.revision)
    # Before the record, so that no record is ever missed; a mark without its record says nothing.
    store.create(unindexed_key(record.product, record.revision), json.dumps({"at": now()}).encode())
    if not store.create(key, dump(record)):
        raise StoreError(f"{key} exists already and is never overwritten")
    return key
