"""Mirrors the source tarballs of libraries, each known by the digest that core/upstream/static_libraries.py gives."""

import functools
from collections.abc import Callable, Iterable
from pathlib import Path

from python_builds.adapters import http
from python_builds.adapters.digests import file_sha256
from python_builds.adapters.store.store import Store
from python_builds.adapters.upstream.apt_archive import AptArchive
from python_builds.adapters.upstream.folder import Folder, copy
from python_builds.adapters.upstream.mirror import digest_in, put
from python_builds.adapters.upstream.offers import TarballSource
from python_builds.adapters.upstream.python_org import PythonOrg
from python_builds.core.errors import PythonBuildsError, SourceNotFound
from python_builds.core.publishing.artifacts import library_key
from python_builds.core.publishing.records import LibrarySource, library_source
from python_builds.core.upstream.static_libraries import Library

Fetch = Callable[[Path], None]


def mirror_library(
    store: Store, library: Library, sources: Iterable[TarballSource], folder: Path, say: Callable[[str], None]
) -> LibrarySource:
    """Put a library's tarball into the store, if it is not there as it should be; `sources` are asked in their order.

    Raises:
        SourceNotFound: saying for each source why not.
    """
    key = library_key(library.tarball)
    found = library_source(library)
    folder.mkdir(parents=True, exist_ok=True)
    path, passed = folder / library.tarball, []
    there = digest_in(store, key, path)
    if there == library.sha256:
        return found
    if there is not None:
        say(f"this farm's mirror of {library.tarball} is damaged: it is {there} and was {library.sha256}")
    for origin, fetch in _origins(library, sources):
        try:
            fetch(path)
        except (PythonBuildsError, OSError) as error:
            passed.append(f"{origin}: {error}.")
            continue
        if (digest := file_sha256(path)) == library.sha256:
            put(store, key, path, library.sha256, there)
            return found
        passed.append(f"{origin} has SHA-256 {digest} instead of {library.sha256}.")
    raise SourceNotFound(
        f"no source has {library.tarball}, which CPython comes without since {library.not_bundled_since}: put it, with "
        f"the SHA-256 {library.sha256}, into a folder that is one of the sources. {' '.join(passed)}"
    )


def _origins(library: Library, sources: Iterable[TarballSource]) -> Iterable[tuple[str, Fetch]]:
    for source in sources:
        if isinstance(source, Folder) and (path := source.path / library.tarball).is_file():
            yield str(path), functools.partial(copy, path, stop=source.stop)
        elif isinstance(source, PythonOrg):
            yield library.url, functools.partial(http.download, library.url, stop=source.stop)
        elif isinstance(source, AptArchive):
            yield (
                f"apt source archive: {library.name}",
                functools.partial(source.fetch_tarball, library.name, library.sha256),
            )
