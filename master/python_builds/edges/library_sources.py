"""Mirrors the source tarballs of libraries in the store, each known by the digest that facts/libraries.py gives."""

from collections.abc import Callable, Iterable
from pathlib import Path

from python_builds.edges import http
from python_builds.edges.apt_archive import AptArchive
from python_builds.edges.digests import file_sha256
from python_builds.edges.folder import Folder
from python_builds.edges.offers import Source
from python_builds.edges.python_org import PythonOrg
from python_builds.edges.store import Store
from python_builds.facts.artifacts import library_key
from python_builds.facts.errors import PythonBuildsError, SourceNotFound
from python_builds.facts.libraries import Library
from python_builds.facts.records import LibrarySource, library_source

Fetch = Callable[[Path], None]


def mirror_library(store: Store, library: Library, sources: Iterable[Source], folder: Path) -> LibrarySource:
    """Put a library's tarball into the store, if it is not there; `sources` are the farm's, asked in their order.

    Raises:
        SourceNotFound: saying for each source why not.
    """
    key = library_key(library.tarball)
    found = library_source(library)
    if store.exists(key):
        return found
    folder.mkdir(parents=True, exist_ok=True)
    path, passed = folder / library.tarball, []
    for origin, fetch in _origins(library, sources):
        try:
            fetch(path)
        except (PythonBuildsError, OSError) as error:
            passed.append(f"{origin}: {error}.")
            continue
        if (digest := file_sha256(path)) == library.sha256:
            store.upload(path, key, library.sha256)
            return found
        passed.append(f"{origin} has SHA-256 {digest} instead of {library.sha256}.")
    raise SourceNotFound(
        f"no source has {library.tarball}, which CPython comes without since {library.not_bundled_since}: put it, with "
        f"the SHA-256 {library.sha256}, into a folder that is one of the sources. {' '.join(passed)}"
    )


def _origins(library: Library, sources: Iterable[Source]) -> Iterable[tuple[str, Fetch]]:
    for source in sources:
        if isinstance(source, Folder) and (path := source.path / library.tarball).is_file():
            yield str(path), lambda target, found=path: target.write_bytes(found.read_bytes())  # type: ignore[misc]
        elif isinstance(source, PythonOrg):
            yield library.url, lambda target: http.download(library.url, target)
        elif isinstance(source, AptArchive):
            yield (
                f"apt source archive: {library.name}",
                lambda target, apt=source: apt.fetch_tarball(library.name, library.sha256, target),  # type: ignore[misc]
            )
