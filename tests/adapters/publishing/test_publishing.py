"""Publishing: a sequence that can stop anywhere, and readers who see only what a record names."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from python_builds.adapters.digests import file_sha256
from python_builds.adapters.publishing.publishing import (
    located,
    newest_record,
    published_products,
    read_records,
    read_sidecar,
    upload_artifacts,
    write_record,
)
from python_builds.adapters.publishing.revisions import reserve_revision
from python_builds.core.errors import InvalidKey, StoreError
from python_builds.core.platforms.platforms import platform_named
from python_builds.core.publishing.artifacts import artifact_keys
from python_builds.core.publishing.record_keys import marked_record, record_key, reservation_key, unindexed_key


@pytest.fixture
def built(tmp_path):
    """Leave in a folder what a build of a product leaves there."""

    def build(product, revision=1):
        folder = tmp_path / f"dist-{revision}"
        folder.mkdir()
        for name in artifact_keys(product, revision):
            if not name.endswith(".sha256"):
                (folder / name).write_text(f"the bytes of {name}")
                (folder / f"{name}.sha256").write_text(f"{file_sha256(folder / name)}  {name}\n")
        return folder

    return build


def test_the_first_build_has_revision_1_and_every_other_the_next(store, make_product):
    product = make_product()

    assert [reserve_revision(store, product, f"debian-12-amd64/{n}") for n in range(3)] == [1, 2, 3]
    assert json.loads(store.read(reservation_key(product, 3)))["build"] == "debian-12-amd64/2"


def test_builds_at_the_same_time_get_different_revisions(store, make_product):
    product = make_product()
    with ThreadPoolExecutor(8) as pool:
        revisions = list(pool.map(lambda n: reserve_revision(store, product, f"builder/{n}"), range(40)))

    assert sorted(revisions) == list(range(1, 41))
    builds = {r: json.loads(store.read(reservation_key(product, r)))["build"] for r in revisions}
    assert builds == {r: f"builder/{n}" for n, r in enumerate(revisions)}


def test_a_build_that_fails_burns_its_revision(store, make_product, make_record):
    product = make_product()
    write_record(store, make_record(revision=reserve_revision(store, product, "a/1")))
    reserve_revision(store, product, "a/2")

    assert reserve_revision(store, product, "a/3") == 3


def test_a_revision_that_has_a_record_is_never_given_again(store, make_product, make_record):
    write_record(store, make_record(revision=5))

    assert reserve_revision(store, make_product(), "a/1") == 6


def test_products_count_their_revisions_apart(store, make_product):
    products = [
        make_product("3.1.1"),
        make_product("3.1.10"),
        make_product("3.1.1", variant="t"),
        make_product("3.1.1", architecture="arm64"),
        make_product("3.1.1", profile="quick"),
        make_product("3.1.1", "debian-11"),
    ]

    assert [reserve_revision(store, p, "a/1") for p in products] == [1] * 6


def test_a_build_s_files_are_uploaded_under_their_keys(store, make_product, built):
    product = make_product()
    folder = built(product)

    artifacts = upload_artifacts(store, product, 1, folder)

    assert {a.key.rpartition("/")[2]: a.key for a in artifacts} == artifact_keys(product, 1)
    assert [a.kind for a in artifacts] == [
        kind for name in ("deb", "metapackage", "tarball", "uv", "test", "debug") for kind in (name, "sha256")
    ]
    for artifact in artifacts:
        content = (folder / artifact.key.rpartition("/")[2]).read_bytes()
        assert store.read(artifact.key) == content
        assert artifact.size == len(content)


@pytest.mark.parametrize("position", range(6))
def test_a_build_that_left_out_a_file_uploads_none(store, make_product, built, position):
    product = make_product()
    folder = built(product)
    name = list(artifact_keys(product, 1))[position]
    (folder / name).unlink()

    with pytest.raises(StoreError, match=f"^the build left no {name}; a deb platform makes "):
        upload_artifacts(store, product, 1, folder)

    assert store.keys("") == []


def test_a_file_that_is_not_what_left_the_worker_is_refused(store, make_product, built):
    product = make_product()
    folder = built(product)
    package = folder / "python-3.13.5_1_amd64.deb"
    left = file_sha256(package)
    package.write_text("broken on the way")

    with pytest.raises(StoreError) as refused:
        upload_artifacts(store, product, 1, folder)

    assert str(refused.value) == (
        f"{package.name} left the worker as {left} and arrived as {file_sha256(package)}; nothing was published"
    )
    assert store.keys("") == []


def test_a_revision_is_never_uploaded_twice(store, make_product, built):
    product = make_product()
    upload_artifacts(store, product, 1, built(product))

    with pytest.raises(StoreError, match="exists already and is never overwritten"):
        upload_artifacts(store, product, 1, store.root.parent / "dist-1")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"a" * 64,
        b"a" * 63 + b"  a.deb",
        b"a" * 64 + b"  b.deb",
        b"a" * 64 + b"  ../a.deb",
        b"a" * 64 + b"  a.deb\n" + b"a" * 64 + b"  a.deb",
        b"\xff\xfe\x00",
    ],
)
def test_a_digest_file_of_another_form_is_refused(tmp_path, content):
    path = tmp_path / "a.deb.sha256"
    path.write_bytes(content)

    with pytest.raises(StoreError, match=r"^a\.deb\.sha256 holds .* and not '<sha256>  <file name>'$"):
        read_sidecar(path)


def test_a_record_is_written_once(store, make_record):
    record = make_record()

    assert write_record(store, record) == record_key(record.product, 1)
    with pytest.raises(StoreError, match="exists already and is never overwritten"):
        write_record(store, record.model_copy(update={"checked": False}))
    assert [one.record for one in read_records(store, [record_key(record.product, 1)])] == [record]


def test_what_is_published_is_told_by_the_names_of_records(store, make_product, make_record):
    records = [make_record("3.14.0rc1", variant="t"), make_record(revision=12), make_record(profile="quick")]
    for record in (*records, make_record(platform="rhel-9")):
        write_record(store, record)
    debian = platform_named("debian-12")

    assert published_products(store, "optimized", debian) == {records[0].product, records[1].product}
    assert published_products(store, "quick", debian) == {records[2].product}


@pytest.mark.parametrize("name", ["3.13.5-amd64.json", "3.13.5-amd64-r0.json", "03.1-amd64-r1.json", "notes.txt"])
def test_what_lies_among_records_and_is_none_is_named(store, name):
    store.create(f"python/debian-12/records/{name}", b"")

    with pytest.raises(InvalidKey, match=f"python/debian-12/records/{name} is not the key of a record"):
        published_products(store, "optimized", platform_named("debian-12"))


def test_a_mark_is_there_before_its_record(store, make_product, make_record):
    key = write_record(store, make_record())
    mark = unindexed_key(make_product(), 1)

    assert marked_record("optimized", mark) == ("debian-12", key)
    assert store.exists(mark)


def test_the_newest_record_is_the_one_of_the_highest_revision(store, make_product, make_record):
    for revision in (1, 9, 10, 2):
        write_record(store, make_record(revision=revision))
    write_record(store, make_record(revision=11, variant="t"))

    assert newest_record(store, make_product()).revision == 10
    assert newest_record(store, make_product("3.13.50")) is None


def test_a_record_that_is_none_is_told_with_its_key_and_a_build_of_its_product_makes_a_new_revision(
    store, make_product, make_record
):
    write_record(store, make_record("3.12.1"))
    write_record(store, make_record(revision=1))
    key = record_key(make_product(), 2)
    store.create(key, b"junk")
    other, damaged = read_records(store, [record_key(make_product("3.12.1"), 1), key])

    assert (other.problem, damaged.record) == ("", None)
    assert damaged.problem.startswith(f"{key} is not a record: ")
    assert newest_record(store, make_product()) is None, "an older revision is not what is published"
    assert reserve_revision(store, make_product(), "a/1") == 3


def test_a_person_is_told_where_the_package_and_the_tarball_lie(store, make_record):
    found = located(store, make_record())

    assert [(a["kind"], a["location"]) for a in found] == [
        ("deb", str(store.root / "python/debian-12/pkgs/python-3.13.5_1_amd64.deb")),
        ("metapackage", str(store.root / "python/debian-12/pkgs/python-3.13_3.13.5-1_amd64.deb")),
        ("tarball", str(store.root / "python/debian-12/python-3.13.5-debian-12.tar.gz")),
        *(
            (kind, str(store.root / f"python/debian-12/python-3.13.5-debian-12-{kind}.tar.gz"))
            for kind in ("uv", "test", "debug")
        ),
    ]
