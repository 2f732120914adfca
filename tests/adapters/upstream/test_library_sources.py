"""The sources of libraries: from a folder or upstream, known by their digests, and kept once."""

import dataclasses
import hashlib

import pytest

from python_builds.adapters.store.directory_store import DirectoryStore
from python_builds.adapters.upstream.folder import Folder
from python_builds.adapters.upstream.library_sources import mirror_library
from python_builds.adapters.upstream.python_org import PythonOrg
from python_builds.adapters.upstream.verification import DEFAULT
from python_builds.core.errors import SourceNotFound
from python_builds.core.upstream.static_libraries import LIBRARIES
from tests.web import cdn

CONTENT = b"a library"
KEY = f"sources/libraries/{LIBRARIES[0].tarball}"


@pytest.fixture
def store(tmp_path):
    return DirectoryStore(tmp_path / "store")


@pytest.fixture
def library():
    return dataclasses.replace(LIBRARIES[0], sha256=hashlib.sha256(CONTENT).hexdigest())


def folder_with(path, library, content):
    path.mkdir()
    (path / library.tarball).write_bytes(content)
    return Folder(path)


def test_a_library_comes_from_the_first_source_that_has_it_right(store, library, tmp_path):
    folders = [folder_with(tmp_path / "a", library, b"broken"), folder_with(tmp_path / "b", library, CONTENT)]

    found = mirror_library(store, library, folders, tmp_path / "spool", print)

    assert store.read(KEY) == CONTENT
    assert (found.name, found.sha256) == (library.name, library.sha256)


def test_what_is_kept_already_is_asked_of_nobody(store, library, tmp_path):
    mirror_library(store, library, [folder_with(tmp_path / "a", library, CONTENT)], tmp_path / "spool", print)

    assert mirror_library(store, library, [], tmp_path / "spool", print).sha256 == library.sha256


def test_upstream_s_own_server_is_asked_where_upstream_is_a_source(store, library, tmp_path):
    upstream = DirectoryStore(tmp_path / "upstream")
    upstream.replace(library.tarball, CONTENT)
    with cdn() as web:
        web.store = upstream
        there = dataclasses.replace(library, url=f"{web.url}/{library.tarball}")
        mirror_library(store, there, [PythonOrg(web.url, tmp_path / "kept.json", DEFAULT)], tmp_path / "spool", print)

    assert store.read(KEY) == CONTENT


def test_a_library_that_nobody_has_right_is_told_with_what_each_source_has(store, library, tmp_path):
    folders = [folder_with(tmp_path / "a", library, b"broken")]

    with pytest.raises(SourceNotFound) as raised:
        mirror_library(store, library, folders, tmp_path / "spool", print)

    assert f"{tmp_path}/a/{library.tarball} has SHA-256 {hashlib.sha256(b'broken').hexdigest()}" in str(raised.value)
    assert f"instead of {library.sha256}" in str(raised.value)
    assert store.keys("") == []
