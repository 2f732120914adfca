"""The mirror: tarballs that this farm has fetched and verified before, in its own store, for all its platforms.

A mirrored tarball is the one that its record describes, or it is damaged, and fetched anew. What nobody describes any
more vouches for nothing. Another tarball of the same release takes its place only where somebody corrected it in the
folder that it came from, and nothing is published of it: records name the digest of what was built.
"""

import functools
from dataclasses import dataclass, field
from pathlib import Path

from packaging.version import Version

from python_builds.adapters.digests import file_sha256
from python_builds.adapters.publishing.publishing import read_records
from python_builds.adapters.store.store import Store
from python_builds.adapters.upstream.fetching import Fetched
from python_builds.adapters.upstream.offers import Offer
from python_builds.core.documents import dump
from python_builds.core.errors import InvalidKey, PythonBuildsError, SourceError, StoreError, WrongDigest
from python_builds.core.platforms.platform import Platform
from python_builds.core.platforms.platforms import PLATFORMS
from python_builds.core.publishing import records
from python_builds.core.publishing.artifacts import PROFILES, SIGNATURE_ENDINGS, source_key, source_record_key
from python_builds.core.publishing.record_keys import product_of_record, records_prefix
from python_builds.core.upstream.releases import version_of_tarball


@dataclass(frozen=True)
class Mirror:
    """What is mirrored, as a source."""

    store: Store
    name: str = "mirror"
    notes: list[str] = field(default_factory=list)

    def offers(self) -> list[Offer]:
        """List what is mirrored, as well vouched for as it was when it came."""
        self.notes.clear()
        found = []
        for key in self.store.keys("sources/"):
            if key.endswith("/source.json"):
                try:
                    found.append(self._offer(records.parse_source(key, self.store.read(key))))
                except PythonBuildsError as error:
                    self.notes.append(f"{self.name}: {error}.")
        return found

    def _offer(self, source: records.Source) -> Offer:
        version = version_of_tarball(source.name)
        if version is None:
            raise SourceError(f"the store's mirror names {source.name!r}, which is no source tarball")
        key = source_key(version, source.name)
        return Offer(
            version=version,
            name=source.name,
            origin=source.origin,
            trust=source.trust,
            sha256=source.sha256,
            listed_in="this farm's mirror",
            proof=None,
            lacking="",
            is_there=functools.partial(self.store.exists, key),
            fetch=functools.partial(self.store.download, key),
            by_hand=False,
            mirrored=True,
        )


def mirrored(store: Store, version: Version) -> records.Source:
    """Read what is known about a mirrored tarball."""
    key = source_record_key(version)
    return records.parse_source(key, store.read(key))


def mirror(store: Store, offer: Offer, fetched: Fetched) -> records.Source:
    """Put a verified tarball into the store, then its signature and what is known; return what the store now holds.

    A release that is mirrored already stays as it is, unless it is damaged or the offer is vouched for better; see the
    module's text for what may take its place.

    Raises:
        WrongDigest: if the store holds another tarball under the same name, which stays.
    """
    kept = _kept(store, offer.version)
    if kept is not None and offer.mirrored:
        return kept
    scratch = fetched.tarball.with_name(f"{fetched.tarball.name}.mirrored")
    if kept is not None and kept.name != offer.name:  # a release has a .tgz and a .tar.xz
        is_whole = digest_in(store, source_key(offer.version, kept.name), scratch) == kept.sha256
        if is_whole and kept.trust.satisfies(offer.trust):
            return kept
        kept = None
    key = source_key(offer.version, offer.name)
    found = digest_in(store, key, scratch)
    stands = kept.sha256 if kept is not None else found
    if stands is not None and stands != fetched.sha256:
        _require_replaceable(store, offer, fetched.sha256, stands, kept)
        withdraw(store, offer.version, offer.name)
        kept = found = None
    put(store, key, fetched.tarball, fetched.sha256, found)
    if kept is not None and kept.trust.satisfies(offer.trust):
        return kept
    return _describe(store, offer, fetched)


def digest_in(store: Store, key: str, scratch: Path) -> str | None:
    """Compute the digest of what a key really holds; None if there is nothing."""
    if not store.exists(key):
        return None
    try:
        store.download(key, scratch)
        return file_sha256(scratch)
    finally:
        scratch.unlink(missing_ok=True)


def put(store: Store, key: str, tarball: Path, sha256: str, found: str | None) -> None:
    """Have a key hold a tarball, in place of what was found there."""
    if found == sha256:
        return
    if found is not None:
        store.delete(key)
    store.upload(tarball, key, sha256)


def withdraw(store: Store, version: Version, name: str) -> None:
    """Mirror a release no more: first what is known about it, so that nobody takes the rest."""
    store.delete(source_record_key(version))
    for ending in (*SIGNATURE_ENDINGS.values(), ""):
        store.delete(source_key(version, name + ending))


def published_of(store: Store, version: Version, sha256: str) -> list[str]:
    """List the records of a release that name a tarball's digest, and the damaged ones, which may have."""
    keys = [
        key
        for profile in PROFILES
        for platform in PLATFORMS
        for key in store.keys(records_prefix(profile, platform))
        if _is_of(version, profile, platform, key)
    ]
    return [found.key for found in read_records(store, keys) if found.record is None or _names(found.record, sha256)]


def _names(record: records.Record, sha256: str) -> bool:
    return record.source is not None and record.source.sha256 == sha256


def _is_of(version: Version, profile: str, platform: Platform, key: str) -> bool:
    try:
        return product_of_record(profile, platform, key)[0].version == version
    except InvalidKey:
        return False


def _kept(store: Store, version: Version) -> records.Source | None:
    """Read what is known about a mirrored tarball; None if there is none, or nothing that could be read."""
    key = source_record_key(version)
    if not store.exists(key):
        return None
    content = store.read(key)
    try:
        return records.parse_source(key, content)
    except StoreError:
        return None


def _require_replaceable(store: Store, offer: Offer, sha256: str, stands: str, kept: records.Source | None) -> None:
    corrects = kept is None or (offer.by_hand and offer.origin == kept.origin and offer.trust.satisfies(kept.trust))
    published = published_of(store, offer.version, stands)
    if corrects and not published:
        return
    why = f" Its records name that digest: {', '.join(published)}." if published else ""
    raise WrongDigest(
        f"the store holds {offer.name} with SHA-256 {stands} from {kept.origin if kept else 'an earlier try'}, but "
        f"{offer.origin} vouches for {sha256}; a release never changes, so find out which one is right before you "
        f"delete sources/{offer.version} in the store.{why}"
    )


def _describe(store: Store, offer: Offer, fetched: Fetched) -> records.Source:
    if fetched.signature:
        signature_key = source_key(offer.version, offer.name + SIGNATURE_ENDINGS[offer.trust])
        store.replace(signature_key, fetched.signature.read_bytes())
    source = records.Source(
        name=offer.name,
        sha256=fetched.sha256,
        size=fetched.size,
        origin=offer.origin,
        trust=offer.trust,
        verified=fetched.verified,
    )
    store.replace(source_record_key(offer.version), dump(source))
    return source
