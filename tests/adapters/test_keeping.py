"""What is done to a store by hand: taking over what the predecessor left, and removing what nobody needs."""

import datetime
import json
import os
import re

import pytest
from packaging.version import Version

from python_builds.adapters.indexes.indexing import Indexing
from python_builds.adapters.publishing import adoption, pruning
from python_builds.adapters.publishing.publishing import newest_record, published_products
from python_builds.adapters.publishing.revisions import reserve_revision
from python_builds.adapters.store.directory_store import DirectoryStore
from python_builds.core.errors import StoreError
from python_builds.core.platforms.platforms import platform_named
from python_builds.core.publishing.adoption import adoptable
from python_builds.core.publishing.record_keys import record_key, reservation_key
from python_builds.core.settings.settings import variable
from tests.command_line import typed
from tests.published import FILES, Crawler, from_store, objects, publish
from tests.s3 import BUCKET, s3_server

PREDECESSOR = {
    "python/versions.json": b'{"python_versions": ["3.8.5", "3.9.5", "3.11.2"]}',
    "python/debian-12/pkgs/python-3.11.2_1_amd64.deb": b"a deb",
    "python/debian-12/python-3.11.2-debian-12.tar.gz": b"a tarball",
    "python/debian-12/python-3.11.2-jupyter-debian-12.tar.gz": b"with Jupyter",
    "python/centos-8/pkgs/python-3.9.5-1-1.x86_64.rpm": b"an rpm",
    "python/centos-8/python-3.9.5-centos-8.tar.gz": b"another tarball",
    "python/centos-7/pkgs/python-3.9.5-1-1.x86_64.rpm": b"an rpm of a platform that is gone",
    "python/debian-12/pkgs/python-3.11.2_1_amd64.deb.bak": b"somebody's",
    "install.sh": b"#!/bin/sh",
}


@pytest.fixture(params=["directory", "s3", "radosgw"])
def bucket(request, s3_of, tmp_path):
    """Give a store with what the predecessor left in it, written by another program."""
    if request.param == "directory":
        for key, content in PREDECESSOR.items():
            path = tmp_path / "store" / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return DirectoryStore(tmp_path / "store")
    server = s3_of(request.param)
    for key, content in PREDECESSOR.items():
        server.client().put_object(Bucket=server.bucket, Key=f"some/where/{key}", Body=content)
    return server.store()


def indexed(store, **values):
    return Indexing(store=store, profile="optimized", **values).run()


def test_records_are_made_of_what_the_predecessor_left_and_nothing_of_it_is_touched(bucket):
    found = adoption.find_adoptable(bucket)
    said = []
    adoption.adopt(bucket, found, digests=True, say=said.append)
    again = adoption.find_adoptable(bucket)

    assert said == ["adopted 3.11.2 for debian-12", "adopted 3.9.5 for centos-8"]
    assert (len(again.products), again.recorded) == (0, 2)
    left = dict(objects(bucket))
    assert {key: left[key] for key in PREDECESSOR} == PREDECESSOR
    assert found.left_out == {
        "centos-7 is no row of the platform table": ["python/centos-7/pkgs/python-3.9.5-1-1.x86_64.rpm"],
        "tarballs with Jupyter": ["python/debian-12/python-3.11.2-jupyter-debian-12.tar.gz"],
        "named as nothing that the predecessor made": ["python/debian-12/pkgs/python-3.11.2_1_amd64.deb.bak"],
    }


def test_no_version_is_lost_unless_there_is_nothing_of_it(bucket):
    adoption.adopt(bucket, adoption.find_adoptable(bucket), digests=True, say=print)

    with pytest.raises(StoreError, match="would lose 1 versions: 3.8.5"):
        indexed(bucket)
    assert bucket.read("python/versions.json") == PREDECESSOR["python/versions.json"]
    indexed(bucket, accept_loss=True)
    assert bucket.read("python/versions.json") == b'{"python_versions": ["3.9.5", "3.11.2"]}'
    assert Crawler(from_store(bucket)).crawl([])["index.json"] == 4


def test_the_next_build_of_what_was_adopted_is_revision_2(bucket, make_product):
    adoption.adopt(bucket, adoption.find_adoptable(bucket), digests=False, say=print)
    product = make_product("3.11.2")

    assert newest_record(bucket, product).adopted
    assert reserve_revision(bucket, product, "a/1") == 2
    assert published_products(bucket, "optimized", platform_named("centos-8")) == {make_product("3.9.5", "centos-8")}


def test_what_was_adopted_is_not_pruned_however_many_revisions_came_after(bucket, make_product):
    adoption.adopt(bucket, adoption.find_adoptable(bucket), digests=False, say=print)
    theirs = {key for key in dict(objects(bucket)) if "3.11.2" in key}
    product = make_product("3.11.2")
    for revision in (2, 3, 4):
        publish(bucket, product, revision, day=revision)
    indexed(bucket, accept_loss=True, unchecked=True)

    found = pruning.find_removable(bucket, 1, unchecked=True)
    assert [one.revision for one in found.revisions] == [2, 3]
    pruning.prune(bucket, found, print)
    assert {*dict(objects(bucket))} >= theirs


def test_a_digest_that_nobody_knows_is_left_open_and_not_made_up():
    with s3_server() as server:
        for key, content in PREDECESSOR.items():
            algorithm = {"ChecksumAlgorithm": "SHA256"} if key.endswith(".deb") else {}
            server.client(request_checksum_calculation="when_required").put_object(
                Bucket=BUCKET, Key=f"some/where/{key}", Body=content, **algorithm
            )
        store = server.store()
        server.requests.clear()
        adoption.adopt(store, adoption.find_adoptable(store), digests=False, say=print)
        read = [r for r in server.requests if r.startswith("GET") and r.endswith(tuple(PREDECESSOR))]
        indexed(store, accept_loss=True)
        builds = json.loads(store.read("python/index.json"))["builds"]

    assert read == [], "nothing was read but metadata"
    assert {b["kind"] for b in builds if b["sha256"]} == {"deb"}, "S3 knew one of them"
    assert {b["kind"] for b in builds if b["sha256"] is None} == {"rpm", "tarball"}


def test_what_a_build_of_this_farm_s_own_left_when_it_failed_is_not_adopted(make_product):
    product = make_product("3.11.2")
    keys = ["python/debian-12/pkgs/python-3.11.2_1_amd64.deb", reservation_key(product, 1)]

    assert adoptable(keys).products == ()


def test_adoption_goes_on_where_it_was_stopped(bucket):
    found = adoption.find_adoptable(bucket)
    first = adoption.Found(products=found.products[:1], recorded=0)
    adoption.adopt(bucket, first, digests=False, say=print)

    assert [one.product.version for one in adoption.find_adoptable(bucket).products] == [Version("3.9.5")]


def command(tmp_path, monkeypatch, capsys, *arguments):
    monkeypatch.setenv(variable("store"), str(tmp_path / "store"))
    monkeypatch.setenv(variable("state_dir"), str(tmp_path / "state"))
    return typed(*arguments), *capsys.readouterr()


@pytest.mark.parametrize("bucket", ["directory"], indirect=True)
def test_the_command_lists_first_and_writes_on_yes(bucket, tmp_path, monkeypatch, capsys):
    before = dict(objects(bucket))
    status, said, _ = command(tmp_path, monkeypatch, capsys, "adopt")
    assert (status, dict(objects(bucket))) == (0, before)
    assert "  debian-12: 1 versions, 3.11.2 to 3.11.2\n  centos-8: 1 versions" in said
    assert "versions.json lists 1 versions that nothing above has: 3.8.5" in said
    assert said.endswith("nothing was written; YES=1 makes the records and writes the indexes\n")

    status, said, problem = command(tmp_path, monkeypatch, capsys, "adopt", "--yes")
    assert (status, "would lose 1 versions: 3.8.5" in problem) == (1, True)
    status, said, _ = command(tmp_path, monkeypatch, capsys, "adopt", "--yes", "--accept-loss")
    assert (status, "0 to adopt, 2 with a record already" in said) == (0, True)
    assert command(tmp_path, monkeypatch, capsys, "reindex")[1] == "all up to date\n"


def test_revisions_beyond_the_newest_are_listed_and_removed_on_yes(store, make_product, tmp_path, monkeypatch, capsys):
    for revision in range(1, 5):
        publish(store, make_product(), revision, day=revision)
    publish(store, make_product("3.12.1"))
    indexed(store, unchecked=True)
    before = dict(objects(store))
    status, said, _ = command(tmp_path, monkeypatch, capsys, "prune")
    assert (status, dict(objects(store))) == (0, before)
    assert re.search("^python-3.13.5 +debian-12-amd64 +optimized +1 +0.0$", said, re.MULTILINE)
    assert "2 revisions beyond the newest 2" in said

    command(tmp_path, monkeypatch, capsys, "prune", "--yes")
    gone = {*before} - {*dict(objects(store))}
    assert {key for key in gone if "-r1.json" in key or "-r2.json" in key} == {
        record_key(make_product(), revision) for revision in (1, 2)
    }
    assert len(gone) == 2 * (2 * FILES + 1)
    assert Crawler(from_store(store)).crawl([platform_named("debian-12")])["index.json"] == 2 * FILES
    assert reserve_revision(store, make_product(), "a/1") == 5, "a number never comes twice"
    assert "0 revisions" in command(tmp_path, monkeypatch, capsys, "prune")[1]


@pytest.mark.parametrize("keep", ["0", "-1", "many", "1.5"])
def test_a_number_of_revisions_that_makes_no_sense_is_refused(tmp_path, monkeypatch, capsys, keep):
    status, _, problem = command(tmp_path, monkeypatch, capsys, "prune", f"--keep={keep}")

    assert status == 1
    assert f"keep is '{keep}': it must be a number of revisions, 1 or more" in problem


def test_what_an_index_names_stays_however_old_it_is(store, make_product):
    publish(store, make_product(), 1)
    for revision in (2, 3):
        publish(store, make_product(), revision, checked=False, day=revision)
    indexed(store)

    assert pruning.find_removable(store, 1, unchecked=False).revisions[0].revision == 2
    assert len(pruning.find_removable(store, 1, unchecked=False).revisions) == 1


def test_nothing_is_removed_while_the_indexes_are_behind(store, make_product):
    publish(store, make_product(), 1)
    indexed(store)
    publish(store, make_product(), 2, day=2)

    with pytest.raises(StoreError, match="index.json still names .*: run `make reindex` first; nothing was removed"):
        pruning.find_removable(store, 1, unchecked=False)


def test_index_files_that_no_index_names_go_after_a_week(store, make_product):
    for day, version in enumerate(("3.12.1", "3.13.5"), start=1):
        publish(store, make_product(version), day=day)
        publish(store, make_product(version, "rhel-9"), day=day)
        indexed(store)
    young = pruning.find_removable(store, 2, unchecked=False).index_files
    week = (datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=8)).timestamp()
    for path in store.root.rglob("*"):
        os.utime(path, (week, week))
    old = pruning.find_removable(store, 2, unchecked=False)
    pruning.prune(store, old, print)

    assert young == ()
    assert len(old.index_files) == 5  # three for apt, two for yum
    platforms = [platform_named("debian-12"), platform_named("rhel-9")]
    assert Crawler(from_store(store)).crawl(platforms)["index.json"] == 4 * FILES
