"""A bucket that keeps other bytes than were written: what is found, what it takes out, and what goes on."""

import hashlib
import json
import re

import pytest

from python_builds.adapters.building.training_store import keep_training, newest_training
from python_builds.adapters.indexes.indexing import Indexing
from python_builds.adapters.publishing.audit import audit
from python_builds.adapters.publishing.pruning import find_removable
from python_builds.adapters.publishing.signing import signer
from python_builds.adapters.store.directory_store import DirectoryStore
from python_builds.cli.publishing.minors import every_record
from python_builds.core.building.requests import parse_platform_request
from python_builds.core.building.training import parse_identity
from python_builds.core.documents import dump
from python_builds.core.errors import StoreError
from python_builds.core.platforms.platforms import platform_named
from python_builds.core.publishing import artifacts
from python_builds.core.publishing.record_keys import damaged_key, record_key, snapshot_key, unindexed_key
from python_builds.core.publishing.records import Source
from python_builds.core.settings.settings import Settings, variable
from python_builds.core.upstream.static_libraries import LIBRARIES
from python_builds.farm.building.training_work import find_training_data
from python_builds.farm.steps.master_step import Work
from tests.adapters.building.test_training_store import IDENTITY, TAG, made
from tests.command_line import typed
from tests.published import FILES, Crawler, from_store, publish
from tests.s3 import BUCKET, s3_server

DEBIAN, RHEL = SOME = [platform_named(name) for name in ("debian-12", "rhel-9")]


class Kept:
    """A store, and how somebody puts other bytes under its keys: a bucket goes on telling the digest that we sent."""

    def __init__(self, store, client=None):
        self.store, self.client = store, client

    def spoil(self, key, content=b"other bytes"):
        if self.client is None:
            (self.store.root / key).write_bytes(content)
            return
        sent = self.client.head_object(Bucket=BUCKET, Key=f"some/where/{key}")["Metadata"]
        self.client.put_object(Bucket=BUCKET, Key=f"some/where/{key}", Body=content, Metadata=sent)

    def run(self, **values):
        """Write the indexes; give the run."""
        self.indexing = Indexing(**{"store": self.store, "profile": "optimized", "platforms": SOME, **values})
        self.indexing.run()
        return self.indexing

    def versions(self, platform=DEBIAN):
        builds = json.loads(self.store.read(f"python/{platform.name}/index.json"))["builds"]
        return sorted({f"{build['python_version']}-r{build['revision']}" for build in builds})

    def crawl(self):
        return Crawler(from_store(self.store)).crawl(SOME)["index.json"] // FILES


both = pytest.mark.parametrize("kept", ["directory", "s3"], indirect=True)


@pytest.fixture
def kept(request, tmp_path):
    if getattr(request, "param", "directory") == "directory":
        yield Kept(DirectoryStore(tmp_path / "store"))
        return
    with s3_server() as server:
        made = Kept(server.store(), server.client())
        made.server = server
        yield made


@pytest.fixture
def published(kept, make_product):
    """Two versions for one platform and one for another, indexed."""
    for version, platform in (("3.13.5", DEBIAN), ("3.12.1", DEBIAN), ("3.13.5", RHEL)):
        publish(kept.store, make_product(version, platform.name))
    assert kept.run().damaged == {}
    return kept


@pytest.fixture
def record(make_product):
    return record_key(make_product("3.13.5"), 1)


def changed(content, **fields):
    return json.dumps({**json.loads(content), **fields}).encode()


DAMAGES = {
    "no JSON": lambda content: b"other bytes",
    "nothing": lambda content: b"",
    "cut off": lambda content: content[: len(content) // 2],
    "another digest": lambda content: re.sub(rb'"sha256": "[0-9a-f]{8}', b'"sha256": "00000000', content, count=1),
    "another version": lambda content: changed(content, python_version="3.12.1"),
    "another verdict": lambda content: changed(content, checked=False),
    "absurdly large": lambda content: content + b" " * 2**22,
}


@both
def test_an_audit_compares_what_is_really_under_each_index_and_writes_it_anew(published):
    indexes = [
        key
        for key in published.store.keys("")
        if "/records/" not in key and not re.search(r"/python-3|records\.json|indexes\.json", key)
    ]
    kinds = {re.sub("[0-9a-f]{64}", "*", key) for key in indexes}
    assert {
        "python/index.json",
        "python/install.sh",
        "python/debian-12/uv.json",
        "python/debian-12/SHA256SUMS",
    } <= kinds
    assert {"python/debian-12/dists/bookworm/Release", "python/rhel-9/repodata/*-primary.xml.gz"} <= kinds
    assert "python/debian-12/dists/bookworm/main/binary-amd64/by-hash/SHA256/*" in kinds
    platforms = {key for key in indexes if key.count("/") == 2 and key.endswith("/index.json")}
    before = {key: published.store.read(key) for key in indexes}
    for spoilt in ({*indexes} - platforms, platforms):
        for key in spoilt:
            published.spoil(key)
        found = published.run(audit=True)

        assert {*found.written} == {*found.damaged} == spoilt
        assert all(f"{key} was not what its records make" in said for key, said in found.damaged.items())
        assert {key: published.store.read(key) for key in indexes} == before
    assert (published.run(audit=True).written, published.indexing.damaged) == ([], {})


@pytest.mark.parametrize("kept, damage", [("s3", "another digest"), *(("directory", damage) for damage in DAMAGES)], indirect=["kept"])  # fmt: skip
def test_a_damaged_record_keeps_what_is_published_of_it_and_stops_nothing(published, record, make_product, damage):
    whole = published.store.read(record)
    published.spoil(record, DAMAGES[damage](whole))
    publish(published.store, make_product("3.13.6"), day=2)
    publish(published.store, make_product("3.13.6", "rhel-9"), day=2)
    found = published.run(audit=True)

    assert [*found.damaged] == [record]
    assert published.versions() == ["3.12.1-r1", "3.13.5-r1", "3.13.6-r1"]
    assert published.versions(RHEL) == ["3.13.5-r1", "3.13.6-r1"]
    assert published.crawl() == 5, "all that the indexes name is there, with their digests"
    assert published.run().damaged == found.damaged, "each run says so"

    published.spoil(record, whole)
    assert published.run().damaged == {}
    assert not published.store.keys(damaged_key("optimized"))
    assert published.versions() == ["3.12.1-r1", "3.13.5-r1", "3.13.6-r1"]


def test_a_damaged_record_that_no_index_took_up_stays_out_alone(published, make_product):
    record = record_key(publish(published.store, make_product("3.13.6")).product, 1)
    publish(published.store, make_product("3.13.7"), day=2)
    published.spoil(record, b"<html>")
    found = published.run()

    assert found.damaged[record].startswith(f"{record} is not a record: ")
    assert published.versions() == ["3.12.1-r1", "3.13.5-r1", "3.13.7-r1"]
    published.store.delete(record)
    published.store.delete(unindexed_key(make_product("3.13.6"), 1))
    assert published.run().damaged == {}


def test_a_new_revision_takes_the_place_of_a_damaged_one(published, record, make_product):
    published.spoil(record)
    published.run(audit=True)
    publish(published.store, make_product("3.13.5"), 2, day=2)
    assert [*published.run().damaged] == [record]
    assert published.versions() == ["3.12.1-r1", "3.13.5-r2"]
    assert [one.product for one in find_removable(published.store, 1, unchecked=True).revisions] == []
    assert find_removable(published.store, 1, unchecked=True).damaged, "nobody removes what is damaged but a person"
    published.store.delete(record)

    assert published.run(audit=True).damaged == {}
    assert published.versions() == ["3.12.1-r1", "3.13.5-r2"]


def test_where_nothing_vouches_for_a_damaged_record_its_platform_s_indexes_stay_and_others_go_on(
    published, record, make_product
):
    published.spoil(record)
    published.spoil(snapshot_key("optimized", DEBIAN))
    before = published.store.read("python/debian-12/index.json")
    publish(published.store, make_product("3.13.6", "rhel-9"), day=2)
    found = published.run(audit=True)

    assert "would lose 1 products: 3.13.5 for debian-12-amd64" in found.damaged["python/debian-12/index.json"]
    assert published.store.read("python/debian-12/index.json") == before
    assert published.versions(RHEL) == ["3.13.5-r1", "3.13.6-r1"]
    assert published.crawl() == 4
    published.run(audit=True, accept_loss=True)
    assert published.versions() == ["3.12.1-r1"]


def test_a_damaged_snapshot_is_made_anew_and_told(published, make_product):
    key = snapshot_key("optimized", DEBIAN)
    before = published.store.read(key)
    published.spoil(key, before.replace(b'"python_version":"3.12.1"', b'"python_version":"3.12.2"'))
    publish(published.store, make_product("3.13.6"), day=2)
    found = published.run()

    assert [*found.damaged] == [key]
    assert published.versions() == ["3.12.1-r1", "3.13.5-r1", "3.13.6-r1"]
    assert published.crawl() == 4


def test_a_snapshot_that_tells_another_story_than_sound_records_is_mended(published):
    key = snapshot_key("optimized", DEBIAN)
    before = published.store.read(key)
    published.spoil(key, re.sub(rb'"sha256":"[0-9a-f]{64}"', b'"sha256":"' + b"0" * 64 + b'"', before))
    published.run(audit=True)

    assert published.store.read(key) == before
    assert published.crawl() == 3


def test_a_damaged_index_of_one_platform_is_mended_by_the_build_of_another(published, make_product):
    published.spoil("python/rhel-9/index.json")
    publish(published.store, make_product("3.13.6"), day=2)
    found = published.run()

    assert [*found.damaged] == ["python/rhel-9/index.json"]
    assert (published.versions(RHEL), published.crawl()) == (["3.13.5-r1"], 4)


def test_a_snapshot_of_before_there_were_digests_gets_them_and_vouches_all_the_same(published, record):
    key = snapshot_key("optimized", DEBIAN)
    older = {name: value for name, value in json.loads(published.store.read(key)).items() if name != "digests"}
    published.spoil(key, json.dumps(older).encode())
    assert published.run(audit=True).damaged == {}
    assert record in json.loads(published.store.read(key))["digests"]
    published.spoil(key, json.dumps(older).encode())
    published.spoil(record, DAMAGES["another digest"](published.store.read(record)))

    assert [*published.run(audit=True).damaged] == [record]
    assert published.crawl() == 3


@both
def test_a_bucket_that_denies_removing_gets_its_indexes_all_the_same(published, make_product, record):
    if published.client is None:
        published.store.delete = lambda key: (_ for _ in ()).throw(PermissionError(f"{key} is immutable"))
    else:
        published.server.fault("DELETE", "", status="403 Forbidden", code="AccessDenied", times=99)
    whole = published.store.read(record)
    published.spoil(record)
    published.run(audit=True)
    published.spoil(record, whole)
    for patch in (6, 7):
        publish(published.store, make_product(f"3.13.{patch}"), day=patch)
        found = published.run()
        (sentence,) = found.marks.left

        assert found.damaged == {}
        assert re.match(r"\d marks such as python/\S+ stay, which does no harm: ", sentence)
    assert published.versions() == ["3.12.1-r1", "3.13.5-r1", "3.13.6-r1", "3.13.7-r1"]
    assert published.run(audit=True).written == []


def test_a_signature_that_cannot_be_removed_is_told(published, key_file, tmp_path):
    with signer(Settings(_env_file=None, state_dir=tmp_path, signing_key_file=key_file)) as signs:
        published.run(signer=signs)
    vars(published.store)["delete"] = lambda key: (_ for _ in ()).throw(StoreError(f"may not remove {key}"))
    found = published.run()

    assert found.damaged["python/index.json.asc"].startswith(
        "python/index.json.asc is of a time when there was a key and contradicts what is beside it: "
    )
    assert "gpgcheck=0" in published.store.read("python/rhel-9/python-builds.repo").decode()


def everything(store, tmp_path, make_product):
    """Put each kind of thing into a store that a digest is known of; give a key of each."""
    record = publish(store, make_product("3.13.5"))
    publish(store, make_product("3.13.5", "rhel-9"))
    Indexing(store=store, profile="optimized", platforms=SOME).run()
    source = Source(name="Python-3.13.5.tgz", sha256=sha256(b"source"), size=6, origin="a test", trust="sigstore")
    for name, content in (("Python-3.13.5.tgz", b"source"), ("Python-3.13.5.tgz.sigstore", b"{}")):
        store.create(artifacts.source_key(record.product.version, name), content)
    store.create(artifacts.source_record_key(record.product.version), dump(source))
    data, path = made(tmp_path, b"training")
    document = keep_training(store, data, path)
    (by_hash, *_) = [key for key in store.keys("") if "/by-hash/" in key]
    (repodata,) = [key for key in store.keys("") if key.endswith("-primary.xml.gz")]
    return {
        "package": record.artifacts[0].key,
        "digest file": record.artifacts[1].key,
        "record": record_key(record.product, 1),
        "source": "sources/3.13.5/Python-3.13.5.tgz",
        "source's description": "sources/3.13.5/source.json",
        "training data": data.key,
        "training data's description": document,
        "apt's index by hash": by_hash,
        "yum's index by hash": repodata,
    }


def sha256(content):
    return hashlib.sha256(content).hexdigest()


@both
def test_reading_all_files_finds_other_bytes_and_missing_ones_of_each_kind(kept, tmp_path, make_product):
    keys = everything(kept.store, tmp_path, make_product)
    seen = []
    assert audit(kept.store, lambda done, total: seen.append((done, total))) == []
    assert seen[-1][0] == seen[-1][1], "all was read"
    assert seen[-1][0].objects > 4 * FILES
    described = {key for what, key in keys.items() if "record" in what or "description" in what}
    for spoilt in ({*keys.values()} - described, described):  # what nothing describes is compared with nothing
        whole = {key: kept.store.read(key) for key in spoilt}
        for key, content in whole.items():
            kept.spoil(key, content[:-1] + b"X")
        problems = audit(kept.store, lambda *_: None)
        assert {problem.partition(" ")[0] for problem in problems} == spoilt, problems
        for key, content in whole.items():
            kept.spoil(key, content)
    gone = {"sources/3.13.5/Python-3.13.5.tgz.sigstore", keys["package"], keys["training data"]}
    for key in gone:
        kept.store.delete(key)
    assert {p.partition(" is gone, and ")[0] for p in audit(kept.store, lambda *_: None)} == gone


def test_a_library_s_tarball_is_what_the_table_says(kept):
    kept.store.create(artifacts.library_key(LIBRARIES[0].tarball), b"another")

    (problem,) = audit(kept.store, lambda *_: None)
    assert problem.endswith(f"and {LIBRARIES[0].sha256} by the table of libraries")


def test_training_data_whose_description_is_damaged_are_passed_over_for_older_ones(kept, tmp_path):
    for content in (b"one", b"two"):
        data, path = made(tmp_path, content)
        document = keep_training(kept.store, data, path)
    kept.spoil(document)
    assert newest_training(kept.store, TAG, IDENTITY.digest).size == 3
    assert newest_training(kept.store, TAG, IDENTITY.digest).sha256 == sha256(b"one")
    kept.spoil(document, changed(dump(data), key="training/3.14.7/elsewhere/x.tar.gz"))

    assert newest_training(kept.store, TAG, IDENTITY.digest).sha256 == sha256(b"one")


def test_the_command_says_what_is_damaged_and_how_far_it_has_read(kept, tmp_path, make_product, monkeypatch, capsys):
    keys = everything(kept.store, tmp_path, make_product)
    monkeypatch.setenv(variable("store"), str(kept.store.root))
    monkeypatch.setenv(variable("state_dir"), str(tmp_path / "state"))
    typed("reindex")
    capsys.readouterr()
    kept.spoil(keys["package"], b"X" * len(kept.store.read(keys["package"])))
    kept.spoil(keys["record"])

    assert typed("reindex") == 1
    assert "1 damaged; docs/bucket.md says what to do" in capsys.readouterr().err
    assert typed("reindex", "--digests") == 1
    said = capsys.readouterr()
    assert re.search(r"^  100 %  \d+ of \d+ files, 0\.00 of 0\.00 GiB$", said.out, re.MULTILINE)
    assert f"{keys['record']} is not a record" in said.err


def test_a_build_trains_anew_where_stored_training_data_are_damaged(kept, tmp_path):
    told = "compiler gcc 12\ntarget x86_64\nflags -O3\nconfiguration " + "c" * 64
    identity = parse_identity(told, "a" * 64, "amd64")
    data, path = made(tmp_path, b"training")
    data = data.model_copy(update={"identity": identity, "key": data.key.replace(IDENTITY.digest, identity.digest)})
    keep_training(kept.store, data, path)
    asked = {"python_version": str(TAG.version), "variant": "", "profile": "optimized"}
    request = parse_platform_request(asked, DEBIAN, "amd64")
    properties = {"training_identity": told, "source_sha256": "a" * 64}
    (tmp_path / "spool").mkdir()
    work = Work(properties=properties, build="b/1", spool=tmp_path / "spool", steps={}, say=lambda line: None)

    assert find_training_data(kept.store, request, work).properties["training_sha256"] == data.sha256
    kept.spoil(data.key)
    found = find_training_data(kept.store, request, work)
    assert (found.summary, found.properties["training_sha256"]) == (f"{data.key} is damaged: training anew", "")
    assert [*work.spool.iterdir()] == []


def test_a_table_of_what_was_built_leaves_out_what_is_damaged_and_says_so(published, record, capsys):
    published.spoil(record)

    assert len(every_record(published.store)) == 2
    assert f"warning: {record} is not a record" in capsys.readouterr().err
