"""The source tarball that a benchmark builds, found and verified by the farm's own code."""

from dataclasses import dataclass
from pathlib import Path

from packaging.version import Version

from benchmarks.machine import KEPT
from python_builds.adapters.stop import Stop
from python_builds.adapters.store.directory_store import DirectoryStore
from python_builds.adapters.upstream.fetching import fetch
from python_builds.adapters.upstream.mirror import mirror
from python_builds.adapters.upstream.sources import find_offer, make_sources
from python_builds.core.publishing.artifacts import source_key
from python_builds.core.settings.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Tarball:
    """A verified source tarball on this machine."""

    version: str
    name: str
    sha256: str
    path: Path


def tarball(version: str) -> Tarball:
    """Take a version's tarball from the benchmarks' own mirror, or from the apt source archive into that.

    Raises:
        SourceNotFound: if the apt source archive does not have it.
        NotVerified: if it is not what the archive's signed index vouches for.
    """
    settings = Settings(_env_file=None, state_dir=KEPT / "farm", sources="mirror apt", minimum_trust="signed-index")
    store = DirectoryStore(KEPT / "sources")
    offer, _ = find_offer(make_sources(settings, store, Stop()), Version(version), settings.minimum_trust)
    scratch = KEPT / offer.name
    try:
        source = mirror(store, offer, fetch(offer, scratch))
    finally:
        scratch.unlink(missing_ok=True)
    path = store.root / source_key(Version(version), source.name)
    return Tarball(version=version, name=source.name, sha256=source.sha256, path=path)
