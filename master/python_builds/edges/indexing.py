"""Writing the indexes, from records alone: what one new record changes, or everything.

A new record is found by its mark, which was written before it and is deleted after the indexes were. So a run that ends
anywhere is made good by the next. What is in the store is looked at before records are read, and replaced only if it is
still the same then: of two masters that write at once, one starts again.

An audit lists all records and compares; it also finds what is there without a mark, and refuses to name less than the
indexes do, unless that is meant.
"""

import datetime
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from python_builds.edges.digests import file_sha256
from python_builds.edges.index_guard import losses, read_index
from python_builds.edges.publishing import read_records
from python_builds.edges.recipe import INSTALLER
from python_builds.edges.seen import Seen
from python_builds.edges.signing import Signer, signer
from python_builds.edges.store import Store
from python_builds.facts import manifest
from python_builds.facts.artifacts import (
    INDEX_HTML,
    INSTALL_SH,
    KEYS_ASC,
    PROFILES,
    marked_record,
    platform_folder,
    profile_prefix,
    records_prefix,
    snapshot_key,
    unindexed_prefix,
)
from python_builds.facts.download_page import TEMPLATE, download_page
from python_builds.facts.errors import StoreConflict, StoreError
from python_builds.facts.index_files import CLEARSIGNED, NEVER, PLAIN, IndexFile, signed
from python_builds.facts.installer import published_installer
from python_builds.facts.platform_indexes import platform_indexes
from python_builds.facts.platforms import PLATFORMS, Platform
from python_builds.facts.records import Record
from python_builds.facts.setting_types import CHECKOUT
from python_builds.facts.settings import Settings
from python_builds.facts.snapshots import Snapshot, parse_snapshot

ATTEMPTS = 4
"""At indexes that another master is writing too."""

ABANDONED = datetime.timedelta(days=1)
"""After which a mark without a record is of a build that ended between the two."""

SCRIPT = CHECKOUT / "scripts" / INSTALLER

FORMAT = 2
"""Of the indexes; another one has them all written anew."""


def write_indexes(settings: Settings, store: Store, *, audit: bool = False, accept_loss: bool = False) -> list[str]:
    """Bring the indexes of all profiles up to date; return the keys that were written.

    Raises:
        StoreError: if they would name less than they do, or records cannot be read.
        SigningError: if they are to be signed and cannot be.
    """
    written = []
    with signer(settings) as signs:
        for profile in PROFILES:
            indexing = Indexing(
                store=store,
                profile=profile,
                signer=signs,
                unchecked=not settings.s3_bucket,
                audit=audit,
                accept_loss=accept_loss,
            )
            written += indexing.run()
    return written


@dataclass(kw_only=True)
class Indexing:
    """One run for one profile."""

    store: Store
    profile: str
    signer: Signer | None = None
    unchecked: bool = False
    audit: bool = False
    accept_loss: bool = False
    platforms: Sequence[Platform] = PLATFORMS
    written: list[str] = field(default_factory=list)

    def run(self) -> list[str]:
        """Bring the indexes up to date; return the keys that were written.

        Raises:
            StoreError: if they would name less than they do, or records cannot be read.
        """
        for attempt in range(ATTEMPTS):
            try:
                self._run()
            except StoreConflict:
                if attempt == ATTEMPTS - 1:
                    raise
            else:
                break
        return self.written

    @property
    def _basis(self) -> bytes:
        """What all indexes are made by, beside records: where it changes, they change."""
        basis = {
            "format": FORMAT,
            "base": self.store.url("python"),
            "signed_by": self.signer.fingerprints if self.signer else (),
            "keys": self.signer.published if self.signer else (),
            "unchecked": self.unchecked,
            "for_people": [file_sha256(path) for path in (SCRIPT, TEMPLATE)],
        }
        return json.dumps(basis).encode() + b"\n"

    def _run(self) -> None:
        before = Seen(self.store)
        marks = self.store.keys(unindexed_prefix(self.profile))
        basis = IndexFile(key=f"{profile_prefix(self.profile)}python/indexes.json", content=self._basis)
        top = [file.key for file in manifest.global_indexes(manifest.joined([]), self.profile) if file.how == PLAIN]
        before.look_at([basis.key, *top])
        is_whole = before.is_same(basis.key, basis.content) and all(before.is_there(key) for key in top)
        everything = self.audit or not is_whole
        marked = self._marked(marks)
        changed = [p for p in self.platforms if everything or p.name in marked]
        if not changed:
            return
        # Before anything is read that another master may change, and write indexes of.
        before.look_at(file.key for p in changed for file in self._indexes(p, []))
        nothing = manifest.joined([])
        for_all = [*manifest.global_indexes(nothing, self.profile), *self._for_people(nothing)]
        before.look_at(file.key for file in for_all)
        old = {platform: self._snapshot(platform, before) for platform in changed}
        fresh = {p: self._fresh(p, old[p], marked.get(p.name, [])) for p in changed}
        fresh = {platform: snapshot for platform, snapshot in fresh.items() if snapshot.records or old[platform]}
        current = {platform: self._current(snapshot) for platform, snapshot in fresh.items()}
        index = manifest.joined(self._platform_index(platform, current.get(platform)) for platform in self.platforms)
        if everything or None in old.values():
            self._refuse_loss(index)
        files = [file for platform, records in current.items() for file in self._indexes(platform, records)]
        files += [*manifest.global_indexes(index, self.profile), *self._for_people(index)]
        before.look_at(file.key for file in files)
        for platform, snapshot in fresh.items():
            self._write(IndexFile(key=snapshot_key(self.profile, platform), content=snapshot.dump()), before)
        for file in [*files, *([basis] if everything else [])]:
            self._write(file, before)
        self._forget(marks, {key for snapshot in fresh.values() for key in snapshot.by_key})

    def _marked(self, marks: Iterable[str]) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for mark in marks:
            platform, key = marked_record(self.profile, mark)
            found.setdefault(platform, []).append(key)
        return found

    def _snapshot(self, platform: Platform, before: Seen) -> Snapshot | None:
        key = snapshot_key(self.profile, platform)
        before.look_at([key])
        return parse_snapshot(key, self.store.read(key)) if before.is_there(key) else None

    def _fresh(self, platform: Platform, old: Snapshot | None, marked: Sequence[str]) -> Snapshot:
        """Take up new records; in an audit, and where there is no snapshot, compare with all that there are."""
        known = old.by_key if old else {}
        if old is not None and not self.audit:
            there = [key for key in marked if key not in known and self.store.exists(key)]
            return old.with_records(read_records(self.store, there))
        keys = self.store.keys(records_prefix(self.profile, platform))
        kept = [record for key, record in known.items() if key in {*keys}]
        return Snapshot(records=tuple(kept)).with_records(read_records(self.store, [k for k in keys if k not in known]))

    def _current(self, snapshot: Snapshot) -> list[Record]:
        return manifest.current(snapshot.records, self.profile, unchecked=self.unchecked)

    def _indexes(self, platform: Platform, records: Sequence[Record]) -> list[IndexFile]:
        return platform_indexes(platform, self.profile, records, self.store.url, with_key=self.signer is not None)

    def _platform_index(self, platform: Platform, records: Sequence[Record] | None) -> Mapping[str, Any]:
        """Make a platform's index, or read the one there is where nothing of it has changed."""
        folder = platform_folder(self.profile, platform)
        if records is None and self.store.exists(f"{folder}/index.json"):
            return read_index(self.store, f"{folder}/index.json")
        return manifest.platform_index(records or [], folder)

    def _for_people(self, index: Mapping[str, Any]) -> list[IndexFile]:
        """Make what people begin with."""
        prefix = profile_prefix(self.profile)
        address = self.store.url(f"{prefix}python").removesuffix("/python")
        script = published_installer(SCRIPT.read_text(), address)
        page = download_page(index, self.profile, self.store.url, signed=self.signer is not None)
        keys = [IndexFile(key=prefix + KEYS_ASC, content=self.signer.public_keys())] if self.signer else []
        return [
            *keys,
            *signed(prefix + INSTALL_SH, script, NEVER),
            IndexFile(key=prefix + INDEX_HTML, content=page),
        ]

    def _refuse_loss(self, index: Mapping[str, Any]) -> None:
        gone = losses(self.store, self.profile, index)
        if gone and not self.accept_loss:
            raise StoreError(
                f"the indexes of {self.store} would lose {gone}. Find out where the records are: `make adopt` makes "
                "those of what the predecessor left, `make reindex ACCEPT_LOSS=1` goes on; nothing was written"
            )

    def _write(self, file: IndexFile, before: Seen) -> None:
        content = file.content
        if file.how != PLAIN and self.signer is None:
            if before.is_there(file.key):  # of a time when there was a key: it would contradict what is beside it
                self.store.delete(file.key)
            return
        if file.how != PLAIN and self.signer is not None:
            content = self.signer.sign(file.content, file.dated, clear=file.how == CLEARSIGNED)
        if before.is_same(file.key, content):
            return
        if file.lasting:
            self.store.create(file.key, content)
        else:
            self.store.replace_if(file.key, content, before.tag(file.key))
        self.written.append(file.key)

    def _forget(self, marks: Iterable[str], indexed: Collection[str]) -> None:
        """Delete the marks of what is indexed now, and of builds that ended before they wrote a record."""
        for mark in marks:
            if marked_record(self.profile, mark)[1] in indexed or self._is_abandoned(mark):
                self.store.delete(mark)

    def _is_abandoned(self, mark: str) -> bool:
        found = self.store.stat(mark)
        return found is not None and datetime.datetime.now(datetime.UTC) - found.modified > ABANDONED
