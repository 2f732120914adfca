"""The indexes of a store: never wrong, whenever whoever writes them dies, and whoever else writes them."""

import datetime
import itertools
import json
import os

import pytest

from python_builds.adapters.indexes import index_pages
from python_builds.adapters.indexes.indexing import Indexing
from python_builds.adapters.publishing.publishing import write_record
from python_builds.adapters.publishing.signing import signer
from python_builds.adapters.store import marks
from python_builds.adapters.store.directory_store import DirectoryStore
from python_builds.core.building.contents import Bundled, parse_contents
from python_builds.core.errors import StoreConflict, StoreError
from python_builds.core.platforms.platforms import PLATFORMS, platform_named
from python_builds.core.publishing.artifacts import KEYS_ASC
from python_builds.core.publishing.record_keys import record_key, snapshot_key, unindexed_key
from python_builds.core.settings.settings import Settings
from tests.published import FILES, PACKAGES, Crawler, from_store, objects, publish, verify
from tests.s3 import s3_server

SOME = [platform_named(name) for name in ("debian-12", "rhel-9", "opensuse-160")]
EVERYWHERE = ("index.json", "uv.json", "SHA256SUMS", "Packages", "Packages.gz", "Packages.xz", "primary")


@pytest.fixture(params=["directory", "s3", "radosgw"])
def any_store(request, s3_of, tmp_path):
    return DirectoryStore(tmp_path / "store") if request.param == "directory" else s3_of(request.param).store()


@pytest.fixture
def signs(key_file, tmp_path):
    with signer(Settings(_env_file=None, state_dir=tmp_path, signing_key_file=key_file)) as made:
        yield made


def run(store, **values):
    return Indexing(**{"store": store, "profile": "optimized", "platforms": SOME, **values}).run()


def crawl(store, keys="", prefix=""):
    return Crawler(from_store(store), keys=keys).crawl(SOME, prefix)


class Dying:
    """A store whose master dies before its n-th write, and stays dead."""

    def __init__(self, store, writes):
        self.store = store
        self.left = writes

    def __getattr__(self, name):
        asked = getattr(self.store, name)
        if name not in ("create", "replace", "replace_if", "delete", "upload"):
            return asked

        def write(*arguments):
            if self.left == 0:
                raise KeyboardInterrupt
            self.left -= 1
            return asked(*arguments)

        return write


def test_every_client_s_index_names_what_was_published_and_nothing_else(any_store, make_product):
    assert publish(any_store, make_product("3.13.5")).revision == 1
    for product in (("3.13.5", "debian-12", "arm64"), ("3.14.0rc1", "rhel-9"), ("3.12.1", "opensuse-160")):
        publish(any_store, make_product(*product))
    publish(any_store, make_product("3.12.1", profile="quick"))
    run(any_store)

    assert crawl(any_store) == {
        **dict.fromkeys(("index.json", "SHA256SUMS"), 4 * FILES - 1),  # no metapackage follows a pre-release
        "uv.json": 4,
        **dict.fromkeys(("Packages", "Packages.gz", "Packages.xz"), 2 * PACKAGES),
        "primary": 1 + PACKAGES,
    }
    assert any_store.read("python/versions.json") == b'{"python_versions": ["3.12.1", "3.13.5"]}'


def test_a_new_record_changes_its_own_platform_s_indexes_and_the_common_ones(any_store, make_product):
    publish(any_store, make_product("3.13.5"))
    publish(any_store, make_product("3.13.5", "rhel-9"))
    run(any_store)
    publish(any_store, make_product("3.13.6"), day=2)
    written = run(any_store)

    assert {key.split("/")[1] for key in written} == {"debian-12", "index.json", "index.html", "versions.json"}
    assert run(any_store) == []
    assert crawl(any_store)["index.json"] == 3 * FILES
    assert any_store.keys("python/unindexed/") == []


def test_an_index_names_the_newest_revision_and_clients_of_an_older_one_still_find_what_it_named(store, make_product):
    publish(store, make_product())
    run(store)
    release = store.read("python/debian-12/dists/bookworm/Release").decode()
    publish(store, make_product(), 2, day=2)
    run(store)

    (digest,) = {line.split()[0] for line in release.splitlines() if line.endswith("binary-amd64/Packages")}
    old = store.read(f"python/debian-12/dists/bookworm/main/binary-amd64/by-hash/SHA256/{digest}").decode()
    assert "Version: 1\n" in old
    assert "Version: 2\n" in store.read("python/debian-12/dists/bookworm/main/binary-amd64/Packages").decode()
    assert crawl(store)["Packages"] == PACKAGES


def test_the_same_records_give_the_same_bytes_whatever_came_first(tmp_path, make_product, signs):
    products = [make_product("3.13.5"), make_product("3.12.1"), make_product("3.13.5", "rhel-9")]
    made = []
    for name, order in (("a", products), ("b", reversed(products))):
        store = DirectoryStore(tmp_path / name, "https://example.org")
        for product in order:
            publish(store, product)
            run(store, signer=signs)
        made.append({key: content for key, content in objects(store) if "by-hash" not in key and "-primary" not in key})
        run(store, signer=signs, audit=True)
        again = {key: content for key, content in objects(store) if key in made[-1]}
        assert again == made[-1]
    current = [{k: v for k, v in one.items() if "-other.xml.gz" not in k} for one in made]
    assert current[0] == current[1]


def test_a_master_that_dies_at_any_moment_leaves_true_indexes_and_the_next_one_makes_them_whole(tmp_path, make_product):
    products = [make_product("3.13.6"), make_product("3.13.6", "rhel-9")]
    for writes in itertools.count():
        store = DirectoryStore(tmp_path / str(writes))
        publish(store, make_product("3.13.5"))
        publish(store, make_product("3.13.5", "rhel-9"))
        run(store)
        dying, died = Dying(store, writes), False
        try:
            for product in products:
                publish(dying, product, day=2)
            run(dying)
        except KeyboardInterrupt:
            died = True
        crawl(store)
        for product in products:
            if not store.exists(record_key(product, 1)):
                publish(store, product, 2, day=3)
        run(store)

        assert crawl(store)["index.json"] == 4 * FILES
        assert json.loads(store.read("python/versions.json"))["python_versions"] == ["3.13.5", "3.13.6"]
        if not died:
            break
    assert writes > 30


def test_of_two_masters_that_write_at_once_the_later_one_starts_again(any_store, make_product, monkeypatch):
    publish(any_store, make_product("3.13.5"))
    run(any_store)
    publish(any_store, make_product("3.13.6"), day=2)
    first, others = Indexing(store=any_store, profile="optimized", platforms=SOME), []
    platform_index = first._platform_index

    def meanwhile(platform, records):
        found = platform_index(platform, records)
        if not others:
            others.append(publish(any_store, make_product("3.13.7", "rhel-9"), day=3))
            run(any_store)
        return found

    first._platform_index = meanwhile
    first.run()

    assert others
    assert crawl(any_store)["index.json"] == 3 * FILES
    assert json.loads(any_store.read("python/versions.json"))["python_versions"] == ["3.13.5", "3.13.6", "3.13.7"]


def test_a_master_that_never_gets_its_turn_says_so(store, make_product):
    publish(store, make_product())
    mine = Indexing(store=store, profile="optimized", platforms=SOME)
    platform_index = mine._platform_index

    def meanwhile(platform, records):
        store.replace("python/index.json", os.urandom(8).hex().encode())
        return platform_index(platform, records)

    mine._platform_index = meanwhile
    mine._refuse_loss = lambda _: None
    with pytest.raises(StoreConflict, match=r"^python/.*was changed by somebody else"):
        mine.run()


def test_a_mark_whose_record_never_came_is_kept_for_a_day(store, make_product, monkeypatch):
    publish(store, make_product())
    mark = unindexed_key(make_product("3.13.6"), 1)
    store.create(mark, b"{}")
    run(store)
    kept = store.exists(mark)
    monkeypatch.setattr(marks, "ABANDONED", datetime.timedelta(0))
    run(store)

    assert kept
    assert not store.exists(mark)
    assert crawl(store)["index.json"] == FILES


def test_an_audit_finds_records_without_a_mark(store, make_product, make_record):
    publish(store, make_product())
    run(store)
    record = publish(store, make_product("3.12.1"))
    store.delete(unindexed_key(record.product, 1))

    assert run(store) == []
    run(store, audit=True)
    assert crawl(store)["index.json"] == 2 * FILES


def test_indexes_refuse_to_name_less_unless_that_is_meant(any_store, make_product):
    publish(any_store, make_product("3.13.5"))
    publish(any_store, make_product("3.12.1"))
    run(any_store)
    before = any_store.read("python/index.json")
    any_store.delete(record_key(make_product("3.12.1"), 1))

    with pytest.raises(StoreError) as refused:
        run(any_store, audit=True)
    assert "would lose 1 products: 3.12.1 for debian-12-amd64; 1 versions: 3.12.1. Find out" in str(refused.value)
    assert any_store.read("python/index.json") == before
    run(any_store, audit=True, accept_loss=True)
    assert any_store.read("python/versions.json") == b'{"python_versions": ["3.13.5"]}'


def test_a_revision_that_goes_back_is_a_loss_and_an_older_one_that_goes_is_none(store, make_product):
    publish(store, make_product(), 1)
    publish(store, make_product(), 2, day=2)
    run(store)
    store.delete(record_key(make_product(), 1))
    assert run(store, audit=True) == [snapshot_key("optimized", platform_named("debian-12"))]
    publish(store, make_product(), 3, day=3)
    run(store)
    store.delete(record_key(make_product(), 3))

    with pytest.raises(StoreError, match="would lose 1 products: 3.13.5 for debian-12-amd64"):
        run(store, audit=True)


def test_a_lost_snapshot_is_made_anew_from_the_records(store, make_product):
    publish(store, make_product("3.13.5"))
    run(store)
    key = snapshot_key("optimized", platform_named("debian-12"))
    snapshot = store.read(key)
    store.delete(key)
    publish(store, make_product("3.13.6"), day=2)
    run(store)

    assert len(store.read(key)) > len(snapshot)
    assert crawl(store)["index.json"] == 2 * FILES


@pytest.mark.parametrize("key", ["python/index.json", "python/versions.json"])
def test_what_is_no_index_is_named_and_not_overwritten_where_nothing_else_says_what_there_was(store, make_product, key):
    publish(store, make_product())
    store.replace(key, b"<html>")

    with pytest.raises(StoreError, match=f"^{key}.* is no index"):
        run(store, audit=True)
    assert store.read(key) == b"<html>"


def test_what_nobody_could_try_is_published_in_a_folder_alone(store, make_product):
    publish(store, make_product("3.13.5"))
    publish(store, make_product("3.12.1"), checked=False)
    run(store)
    assert store.read("python/versions.json") == b'{"python_versions": ["3.13.5"]}'
    run(store, unchecked=True)

    assert crawl(store)["index.json"] == 2 * FILES


def test_a_key_signs_everything_that_a_client_checks(any_store, make_product, signs, tmp_path):
    for product in (("3.13.5",), ("3.13.5", "rhel-9"), ("3.13.5", "opensuse-160")):
        publish(any_store, make_product(*product))
    run(any_store)
    run(any_store, signer=signs)
    keys = tmp_path / "keys.asc"
    keys.write_bytes(any_store.read(KEYS_ASC))

    assert {*crawl(any_store, keys)} == {*EVERYWHERE}
    assert run(any_store, signer=signs, audit=True) == [], "the same signatures each time"
    repo = any_store.read("python/rhel-9/python-builds.repo").decode()
    assert f"gpgcheck=1\nrepo_gpgcheck=1\ngpgkey={any_store.url(KEYS_ASC)}\n" in repo


def test_where_the_key_goes_signatures_go_too(store, make_product, signs):
    publish(store, make_product())
    publish(store, make_product("3.13.5", "rhel-9"))
    run(store, signer=signs)
    run(store)

    assert crawl(store)["Packages"] == PACKAGES
    assert not [key for key in store.keys("") if key.endswith((".asc", ".gpg", "InRelease")) and key != KEYS_ASC]
    assert "gpgcheck=0" in store.read("python/rhel-9/python-builds.repo").decode()


def test_a_new_address_of_what_is_published_changes_what_names_it(tmp_path, make_product):
    publish(DirectoryStore(tmp_path), make_product())
    run(DirectoryStore(tmp_path))
    run(DirectoryStore(tmp_path, "https://cdn.example.org"))

    (entry,) = json.loads((tmp_path / "python/debian-12/uv.json").read_text()).values()
    assert entry["url"] == "https://cdn.example.org/python/debian-12/python-3.13.5-debian-12-uv.tar.gz"


def test_a_new_installer_or_page_is_published_without_a_new_record(store, make_product, monkeypatch, tmp_path):
    publish(store, make_product())
    run(store)
    (tmp_path / "install.sh").write_text("#!/bin/sh\necho better\n")
    monkeypatch.setattr(index_pages, "SCRIPT", tmp_path / "install.sh")

    assert run(store) == ["python/install.sh", "python/indexes.json"]
    assert store.read("python/install.sh") == b"#!/bin/sh\necho better\n"


def aliases(store):
    return {
        key.rpartition("/")[2]: store.read(key).decode()
        for key in store.keys("python/debian-12/SHA256SUMS.")
        if not key.endswith(".asc")
    }


def test_a_list_of_the_newest_moves_with_its_minor_alone_falls_back_and_goes(any_store, make_product, signs, tmp_path):
    publish(any_store, make_product("3.12.1"))
    publish(any_store, make_product("3.13.5"))
    run(any_store, signer=signs)
    first = aliases(any_store)
    publish(any_store, make_product("3.13.6"), day=2)
    written = run(any_store, signer=signs)
    second = aliases(any_store)

    assert {*second} == {"SHA256SUMS.3.12", "SHA256SUMS.3.13", "SHA256SUMS.newest"}
    assert "python-3.13.6_1_amd64.deb" in second["SHA256SUMS.3.13"] and "3.13.5" not in second["SHA256SUMS.3.13"]
    assert second["SHA256SUMS.3.12"] == first["SHA256SUMS.3.12"]
    assert not [key for key in written if "SHA256SUMS.3.12" in key]
    assert run(any_store, signer=signs, audit=True) == [], "nor is a signature another"

    any_store.delete(record_key(make_product("3.13.6"), 1))
    any_store.delete(record_key(make_product("3.12.1"), 1))
    run(any_store, signer=signs, audit=True, accept_loss=True)
    assert aliases(any_store) == dict.fromkeys(("SHA256SUMS.3.13", "SHA256SUMS.newest"), first["SHA256SUMS.3.13"])
    assert "python/debian-12/SHA256SUMS.3.12.asc" not in any_store.keys("python/debian-12/SHA256SUMS.")
    keys = tmp_path / "keys.asc"
    keys.write_bytes(any_store.read(KEYS_ASC))
    for name, content in aliases(any_store).items():
        verify(str(keys), any_store.read(f"python/debian-12/{name}.asc"), content.encode())


def test_a_list_of_the_newest_that_somebody_else_moved_meanwhile_is_not_moved_back(store, make_product):
    publish(store, make_product("3.13.5"))
    run(store)
    indexing = Indexing(store=store, profile="optimized", platforms=SOME)
    publish(store, make_product("3.13.6"), day=2)
    seen = []

    class Meddled:
        """A store that another master publishes 3.12 in, when the first has looked and not yet written."""

        def __getattr__(self, name):
            if name == "replace_if" and not seen:
                seen.append(name)
                publish(store, make_product("3.12.1"), day=3)
                run(store)
            return getattr(store, name)

    indexing.store = Meddled()
    indexing.run()
    assert {*aliases(store)} == {"SHA256SUMS.3.12", "SHA256SUMS.3.13", "SHA256SUMS.newest"}
    assert "python-3.12.1_1_amd64.deb" in aliases(store)["SHA256SUMS.3.12"]
    assert crawl(store)["index.json"] == 3 * FILES


def test_requests_do_not_grow_with_what_is_there(make_product, make_record):
    counts = {}
    with s3_server() as server:
        store = server.store()
        for size in (3, 30):
            for patch in range(size):
                write_record(store, make_record(f"3.13.{patch}"))
            run(store)
            write_record(store, make_record(f"3.12.{size}"))
            server.requests.clear()
            run(store)
            counts[size] = len(server.requests)

    assert counts[3] == counts[30]


def test_an_index_tells_what_is_compiled_in_of_others_and_an_audit_brings_it_to_one_of_before(store, make_record):
    code = Bundled(name="expat", version="2.8.2", sha256="a" * 64, url="https://example.org/expat.tar.gz")
    wheel = Bundled(name="pip", version="26.2", file="pip-26.2-py3-none-any.whl")
    record = make_record().model_copy(update={"contents": parse_contents("system debian 12", (code, wheel))})
    write_record(store, record)
    run(store)
    key = snapshot_key("optimized", platform_named("debian-12"))

    def told():
        return [build.get("bundled") for build in json.loads(store.read("python/index.json"))["builds"]]

    assert told() and all(one == [{"name": "expat", "version": "2.8.2"}] for one in told())
    before = json.loads(store.read(key))
    for one in before["records"]:
        assert one["contents"].pop("bundled") == [{"name": "expat", "version": "2.8.2"}]
        del one["contents"]
    for digests in (before["digests"], {}):
        store.replace(key, json.dumps({**before, "digests": digests}).encode())
        run(store, audit=True)
        assert json.loads(store.read(key))["records"][0]["contents"]["bundled"] and all(told())


def test_records_without_what_package_indexes_say_are_left_out_of_those_alone(store, make_record):
    write_record(store, make_record())
    run(store)

    assert json.loads(store.read("python/index.json"))["builds"]
    assert store.read("python/debian-12/dists/bookworm/main/binary-amd64/Packages") == b""
    assert "python-3.13.5_1_amd64.deb" in store.read("python/debian-12/SHA256SUMS").decode()


def test_every_platform_of_the_table_can_be_indexed(store, make_product):
    for platform in PLATFORMS:
        for architecture in platform.architectures:
            publish(store, make_product("3.13.5", platform.name, architecture))
    run(store, platforms=PLATFORMS)

    assert Crawler(from_store(store)).crawl(PLATFORMS)["index.json"] == FILES * sum(
        len(p.architectures) for p in PLATFORMS
    )
