"""Reading all that is published and comparing it with what describes it, without changing anything.

Described are a build's files by its record, a source's tarball by its `source.json`, training data by their document, a
library by the farm's own table, and an index file that is named after its content by its name. The indexes themselves
are indexing.py's; of marks and reservations nothing but their names is ever read.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from python_builds.adapters.building.training_store import read_training
from python_builds.adapters.publishing.publishing import read_records
from python_builds.adapters.store.store import Store
from python_builds.core.errors import DamagedObject
from python_builds.core.platforms.platforms import PLATFORMS
from python_builds.core.publishing.artifacts import (
    PROFILES,
    SIGNATURE_ENDINGS,
    library_key,
    profile_prefix,
    source_key,
)
from python_builds.core.publishing.record_keys import records_prefix
from python_builds.core.publishing.records import parse_source
from python_builds.core.upstream.releases import version_of_tarball
from python_builds.core.upstream.static_libraries import LIBRARIES

READERS = 4
"""Objects that are read at the same time; most are large."""

NAMED_BY_CONTENT = re.compile(r"/(?:by-hash/SHA256|repodata)/(?P<sha256>[0-9a-f]{64})(?:-[a-z]+\.xml\.gz)?$")


@dataclass(frozen=True, kw_only=True)
class Claim:
    """What is said of an object."""

    key: str
    by: str
    """The key of what says it."""
    sha256: str | None = None
    size: int | None = None


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far an audit is."""

    objects: int
    bytes: int


def audit(store: Store, seen: Callable[[Progress, Progress], None]) -> list[str]:
    """Read everything; give what is not as described, as sentences. `seen` is told how much there was, and of how much.

    Raises:
        StoreError: if the store cannot be read.
    """
    problems: list[str] = []
    claims = [*_claims(store, problems)]
    total = Progress(objects=len(claims), bytes=sum(claim.size or 0 for claim in claims))
    objects = size = 0
    with ThreadPoolExecutor(READERS) as pool:
        for claim, problem in zip(claims, pool.map(lambda one: _problem(store, one), claims), strict=True):
            objects, size = objects + 1, size + (claim.size or 0)
            problems += [problem] if problem else []
            seen(Progress(objects=objects, bytes=size), total)
    return problems


def _problem(store: Store, claim: Claim) -> str:
    found = store.stat(claim.key)
    if found is None:
        return f"{claim.key} is gone, and {claim.by} names it"
    if claim.size is not None and found.size != claim.size:
        return f"{claim.key} has {found.size} bytes, and {claim.size} by {claim.by}"
    if claim.sha256 is not None and (digest := store.digest(claim.key)) != claim.sha256:
        return f"{claim.key} has SHA-256 {digest}, and {claim.sha256} by {claim.by}"
    return ""


def _claims(store: Store, problems: list[str]) -> Iterator[Claim]:
    """Collect what is said; what cannot be read says nothing, and is a problem."""
    for profile in PROFILES:
        for platform in PLATFORMS:
            for found in read_records(store, store.keys(records_prefix(profile, platform))):
                if found.record is None:
                    problems.append(found.problem)
                    continue
                for one in found.record.artifacts:
                    yield Claim(key=one.key, by=found.key, sha256=one.sha256, size=one.size)
                for key in found.record.statements:
                    yield Claim(key=key, by=found.key)
    for prefix, claimed in (("sources/", _of_source), ("training/", _of_training)):
        for key in store.keys(prefix):
            try:
                yield from claimed(store, key)
            except DamagedObject as error:
                problems.append(str(error))
    there = store.keys("sources/libraries/")
    for library in LIBRARIES:
        if (key := library_key(library.tarball)) in there:
            yield Claim(key=key, by="the table of libraries", sha256=library.sha256)
    for profile in PROFILES:
        yield from _of_names(store.keys(f"{profile_prefix(profile)}python/"))


def _of_source(store: Store, key: str) -> Iterator[Claim]:
    if not key.endswith("/source.json"):
        return
    source = parse_source(key, store.read(key))
    version = version_of_tarball(source.name)
    if version is None or source_key(version, source.name).rpartition("/")[0] != key.rpartition("/")[0]:
        raise DamagedObject(f"{key} does not describe a source: it names {source.name!r}, which is not beside it")
    tarball = source_key(version, source.name)
    yield Claim(key=tarball, by=key, sha256=source.sha256, size=source.size)
    if source.trust in SIGNATURE_ENDINGS:
        yield Claim(key=tarball + SIGNATURE_ENDINGS[source.trust], by=key)


def _of_training(store: Store, key: str) -> Iterator[Claim]:
    if key.endswith(".json"):
        data = read_training(store, key)
        yield Claim(key=data.key, by=key, sha256=data.sha256, size=data.size)


def _of_names(keys: Iterable[str]) -> Iterator[Claim]:
    for key in keys:
        if match := NAMED_BY_CONTENT.search(key):
            yield Claim(key=key, by="its name", sha256=match["sha256"])
