"""Writing the indexes, from records alone: what one new record changes, or everything.

The order, in which what is named comes first, and a signature (.asc) before what it signs: snapshots; of each platform
its packages' indexes (core/indexes/apt_repository.py, yum_repository.py there), uv.json, index.json and SHA256SUMS
(platform_indexes.py); of all platforms the schema, index.json, versions.json (manifest.py), advisories, keys,
install.sh and index.html (index_pages.py); where everything is written, indexes.json.
A record is found by its mark, written before it and deleted after the indexes: a run that ends anywhere is made good by
the next. What is in the store is replaced only if it is still what it was: of two masters at once, one starts again.

An audit reads all records and all indexes and compares; it also finds what is there without a mark, and refuses to name
less than the indexes do, unless that is meant. What is damaged stops nothing else: a record keeps what was taken up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from python_builds.adapters.advisories.advisory_source import read_advice
from python_builds.adapters.indexes.guarded_write import IndexWriter
from python_builds.adapters.indexes.index_guard import losses, platform_index_key, platform_losses, read_index
from python_builds.adapters.indexes.index_pages import basis, for_all
from python_builds.adapters.indexes.indexed import Indexed
from python_builds.adapters.publishing.attesting import attester
from python_builds.adapters.publishing.publishing import read_records
from python_builds.adapters.publishing.rebuilt import rebuilt_of
from python_builds.adapters.publishing.signing import Signer, signer
from python_builds.adapters.stop import Stop
from python_builds.adapters.store.marks import Marks
from python_builds.adapters.store.observed import Observed
from python_builds.adapters.store.store import Store
from python_builds.core.advisories.advice import Advice
from python_builds.core.advisories.files import former_keys
from python_builds.core.errors import DamagedObject, StoreConflict, StoreError
from python_builds.core.indexes import manifest
from python_builds.core.indexes.checksums import aliases_prefix, moved_by
from python_builds.core.indexes.index_files import PLAIN, IndexFile
from python_builds.core.indexes.platform_indexes import platform_indexes
from python_builds.core.platforms.platform import Platform
from python_builds.core.platforms.platforms import PLATFORMS
from python_builds.core.publishing.artifacts import PROFILES, platform_folder
from python_builds.core.publishing.record_keys import records_prefix, snapshot_key
from python_builds.core.publishing.records import Record
from python_builds.core.publishing.snapshots import Snapshot, parse_snapshot
from python_builds.core.settings.settings import Settings

ATTEMPTS = 4
"""At indexes that another master is writing too."""

NOTHING = manifest.joined([])


def write_indexes(settings: Settings, store: Store, *, audit: bool = False, accept_loss: bool = False) -> Indexed:
    """Bring the indexes of all profiles up to date.

    Raises:
        StoreError: if they would name less than they do.
        SigningError: if they are to be signed and cannot be.
    """
    advice = read_advice(settings, Stop())
    result = Indexed(left=[*advice.advisories.problems] if advice else [])
    attests = attester(settings)
    with signer(settings) as signs:
        for profile in PROFILES:
            indexing = Indexing(
                store=store,
                profile=profile,
                signer=signs,
                attestation_keys=attests.public_keys() if attests else b"",
                unchecked=not settings.s3_bucket,
                audit=audit,
                accept_loss=accept_loss,
                advice=advice,
            )
            result.written += indexing.run()
            result.damaged |= indexing.damaged
            result.left += indexing.marks.left
    return result


@dataclass(kw_only=True)
class Indexing:
    """One run for one profile."""

    store: Store
    profile: str
    signer: Signer | None = None
    attestation_keys: bytes = b""
    unchecked: bool = False
    audit: bool = False
    accept_loss: bool = False
    advice: Advice | None = None
    platforms: Sequence[Platform] = PLATFORMS
    rebuilt: Mapping[Platform, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)
    damaged: dict[str, str] = field(default_factory=dict)

    def run(self) -> list[str]:
        """Bring the indexes up to date; return the keys that were written.

        Raises:
            StoreError: if they would name less than they do.
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

    def _run(self) -> None:
        self.before = Observed(self.store, reads=self.audit)
        self.marks = Marks(store=self.store, profile=self.profile)
        self.marks.read()
        keys = self.attestation_keys
        by = basis(self.store, self.profile, self.signer, self.advice, attestation_keys=keys, unchecked=self.unchecked)
        top = [file.key for file in manifest.global_indexes(NOTHING, self.profile) if file.how == PLAIN]
        self.before.observe([by.key, *top])
        is_whole = self.before.is_same(by.key, by.content) and all(self.before.is_there(key) for key in top)
        everything = self.audit or not is_whole
        marked = self.marks.records((*self.marks.new, *self.marks.damaged))
        changed = [p for p in self.platforms if everything or p.name in marked]
        if not changed:
            return
        self.there = self._unchanged(changed)
        self._observe(changed, marked, everything=everything)
        self.rebuilt = rebuilt_of(self.store, self.profile, changed, self.damaged)
        self.writer = IndexWriter(self.store, self.before, self.signer, written=self.written, damaged=self.damaged)
        old = {platform: self._snapshot(platform) for platform in changed}
        fresh, damaged = self._fresh(old, marked)
        self.damaged |= damaged
        new = self.marks.records(self.marks.new)
        steady = [p for p in changed if is_whole and p.name not in new and fresh.get(p, old[p]) == old[p]]
        self._write_all(fresh, steady, guarded=everything or None in old.values())
        if everything:
            self.writer.remove(former_keys(self.advice, self.profile))
            self.writer.write(by)
        self.marks.settle({key for snapshot in fresh.values() for key in snapshot.by_key}, damaged)

    def _observe(self, changed: Sequence[Platform], marked: Mapping[str, Sequence[str]], *, everything: bool) -> None:
        """Look at what may be replaced, before anything is read that another master may change and write indexes of."""
        if everything:
            self.before.observe_below(map(self._aliases, changed))
        else:
            self.before.observe(key for p in changed for key in moved_by(marked.get(p.name, []), self.profile, p))
        self.before.observe(file.key for p in changed for file in self._indexes(p, []))
        self.before.observe(file.key for file in self._for_all(NOTHING))

    def _write_all(self, fresh: Mapping[Platform, Snapshot], steady: Sequence[Platform], *, guarded: bool) -> None:
        """Write what the snapshots make; of `steady` platforms nothing is new, so nothing should differ."""
        current = {platform: self._current(snapshot) for platform, snapshot in fresh.items()}
        index = manifest.joined(self._platform_index(platform, current.get(platform)) for platform in self.platforms)
        if guarded:
            self._refuse_loss(index)
        files = {
            platform: [f for f in self._indexes(platform, records) if not f.alias or self.before.is_observed(f.key)]
            for platform, records in current.items()
        }
        for_all = self._for_all(index)
        self.before.observe(file.key for mine in (*files.values(), for_all) for file in mine)
        for platform, snapshot in fresh.items():
            self.writer.write(IndexFile(key=snapshot_key(self.profile, platform), content=snapshot.dump()))
        for platform, mine in files.items():
            for file in mine:
                self.writer.write(file, steady=platform in steady)
            self.writer.remove_others(self._aliases(platform), mine)
        for file in for_all:
            self.writer.write(file, steady={*self.platforms} == {*steady})

    def _unchanged(self, changed: list[Platform]) -> dict[Platform, Mapping[str, Any]]:
        """Read the indexes of the other platforms; one that is damaged changes, too."""
        there = {}
        for platform in self.platforms:
            key = platform_index_key(self.profile, platform)
            if platform not in changed and self.store.exists(key):
                try:
                    there[platform] = read_index(self.store, key)
                except DamagedObject as error:
                    self.damaged[key] = f"{error}; it is written anew"
                    changed.append(platform)
        return there

    def _snapshot(self, platform: Platform) -> Snapshot | None:
        key = snapshot_key(self.profile, platform)
        self.before.observe([key])
        if self.before.is_there(key):
            try:
                return parse_snapshot(key, self.store.read(key))
            except DamagedObject as error:
                self.damaged[key] = f"{error}; it is made anew from the records"
        self.before.observe_below([self._aliases(platform)])
        return None

    def _fresh(
        self, old: Mapping[Platform, Snapshot | None], marked: Mapping[str, Sequence[str]]
    ) -> tuple[dict[Platform, Snapshot], dict[str, str]]:
        """Take up records, but of platforms that would lose something by what is damaged; tell what is damaged, too."""
        fresh: dict[Platform, Snapshot] = {}
        damaged: dict[str, str] = {}
        for platform, snapshot in old.items():
            new, problems = self._take_up(platform, snapshot, marked.get(platform.name, []))
            damaged |= problems
            index = manifest.platform_index(self._current(new), platform_folder(self.profile, platform))
            gone = platform_losses(self.store, self.profile, platform, index) if problems else None
            if gone and not self.accept_loss:
                key = platform_index_key(self.profile, platform)
                self.damaged[key] = f"{key} and what else {platform.name} has stay as they are, or would lose {gone}"
                self.there[platform] = read_index(self.store, key)
            elif new.records or snapshot:
                fresh[platform] = new
        return fresh, damaged

    def _take_up(
        self, platform: Platform, old: Snapshot | None, marked: Sequence[str]
    ) -> tuple[Snapshot, dict[str, str]]:
        """Take up new records; in an audit, and where there is no snapshot, compare with all that there are."""
        if old is not None and not self.audit:
            return old.take_up(read_records(self.store, [key for key in marked if self.store.exists(key)]))
        keys = self.store.keys(records_prefix(self.profile, platform))
        return (old or Snapshot()).only(keys).take_up(read_records(self.store, keys))

    def _current(self, snapshot: Snapshot) -> list[Record]:
        return manifest.current(snapshot.records, self.profile, unchecked=self.unchecked)

    def _indexes(self, platform: Platform, records: Sequence[Record]) -> list[IndexFile]:
        rebuilt, with_key = self.rebuilt.get(platform, manifest.NOBODY), self.signer is not None
        return platform_indexes(platform, self.profile, records, self.store.url, with_key=with_key, rebuilt=rebuilt)

    def _aliases(self, platform: Platform) -> str:
        return aliases_prefix(platform_folder(self.profile, platform))

    def _for_all(self, index: Mapping[str, Any]) -> list[IndexFile]:
        return for_all(self.store, self.profile, self.signer, self.attestation_keys, self.advice, index)

    def _platform_index(self, platform: Platform, records: Sequence[Record] | None) -> Mapping[str, Any]:
        """Make a platform's index, or give the one there is where nothing of it has changed."""
        if records is None and platform in self.there:
            return self.there[platform]
        rebuilt = self.rebuilt.get(platform, manifest.NOBODY)
        return manifest.platform_index(records or [], platform_folder(self.profile, platform), rebuilt)

    def _refuse_loss(self, index: Mapping[str, Any]) -> None:
        gone = None if self.accept_loss else losses(self.store, self.profile, index, self.platforms)
        if gone:
            raise StoreError(
                f"the indexes of {self.store} would lose {gone}. Find out where the records are: `make adopt` makes "
                "those of what the predecessor left, `make reindex ACCEPT_LOSS=1` goes on; nothing was written"
            )
