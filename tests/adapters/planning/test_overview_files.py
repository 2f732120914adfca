"""What the overview reads of the store: the index, once as long as it is the same, and without losing what it knows."""

import json

import pytest

from python_builds.adapters.planning.overview_files import NO_INDEX, index_now
from python_builds.adapters.store.directory_store import DirectoryStore
from python_builds.core.indexes.manifest import BUILD_SCHEMA
from python_builds.core.publishing.artifacts import INDEX_JSON
from python_builds.core.upstream.tags import parse_tag


def build(version="3.14.2", variant="", revision=1, kind="deb"):
    values = {"python_version": version, "variant": variant, "platform": "debian-12", "arch": "amd64", "kind": kind}
    rest = {"revision": revision, "built_at": "2026-11-28T08:00:00+00:00", "checked": True}
    return {**dict.fromkeys(BUILD_SCHEMA, ""), **values, **rest}


@pytest.fixture
def store(tmp_path):
    return DirectoryStore(tmp_path)


def write(store, *builds):
    store.replace(INDEX_JSON, json.dumps({"generated_at": None, "builds": builds}).encode())


def test_each_product_is_there_once_with_its_revision(store):
    write(store, build(), build(kind="tarball"), build(variant="t", revision=3))
    (found,) = index_now(store).published.items()

    assert found[0] == "debian-12-amd64"
    assert {str(tag): one.revision for tag, one in found[1].items()} == {"3.14.2": 1, "3.14.2t": 3}


def test_an_index_is_read_again_only_where_it_has_changed(store):
    write(store, build())
    first = index_now(store)
    again = index_now(store, first)
    write(store, build(), build("3.13.5"))

    assert again is first
    assert parse_tag("3.13.5") in index_now(store, again).published["debian-12-amd64"]


def test_a_store_without_an_index_has_nothing_published(store):
    assert index_now(store) == NO_INDEX


@pytest.mark.parametrize("content", [b"no json", b"{}", b'{"builds": [{}], "generated_at": null}', b'{"builds": 1}'])
def test_a_damaged_index_leaves_what_is_known_and_says_so_until_it_is_mended(store, content):
    write(store, build())
    known = index_now(store)
    store.replace(INDEX_JSON, content)
    damaged = index_now(store, known)
    write(store, build())
    mended = index_now(store, damaged)

    assert damaged.published == known.published and "cannot be read" in damaged.problem
    assert mended.problem == "" and mended.published == known.published


def test_an_index_whose_values_are_none_is_damaged(store):
    write(store, {**build(), "python_version": "no version"})

    assert "cannot be read" in index_now(store).problem
