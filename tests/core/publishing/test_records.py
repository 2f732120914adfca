"""Records: the documents that say what was published."""

import json

import pytest

from python_builds.core.documents import dump
from python_builds.core.errors import DamagedObject, PythonBuildsError, StoreError
from python_builds.core.publishing.record_keys import record_key
from python_builds.core.publishing.records import Source, newest_revisions, parse_record, parse_source

KEY = "python/debian-12/records/3.13.5-amd64-r1.json"


def test_a_record_is_read_back_as_it_was_written(make_record):
    record = make_record("3.14.0rc2", "rhel-9", "arm64", variant="t", revision=7)

    key, content = record_key(record.product, 7), dump(record)

    assert parse_record(key, content) == record
    assert dump(parse_record(key, content)) == content


def test_a_record_is_json_for_programs_and_lines_for_people(make_record):
    content = dump(make_record())

    assert content.endswith(b"}\n")
    assert json.loads(content)["schema_version"] == 1
    assert b'\n  "python_version": "3.13.5",\n' in content


def test_a_record_knows_its_product(make_record, make_product):
    record = make_record("3.14.0", "rhel-9", "arm64", "quick", "t")

    assert record.product == make_product("3.14.0", "rhel-9", "arm64", "quick", "t")


@pytest.mark.parametrize("changes", [{"platform": "debian-9"}, {"profile": "fast"}, {"variant": "d"}])
def test_a_record_of_what_this_farm_does_not_know_is_no_product(make_record, changes):
    record = make_record().model_copy(update=changes)

    with pytest.raises(PythonBuildsError) as refused:
        _ = record.product

    assert all(repr(value) in str(refused.value) for value in changes.values())


@pytest.mark.parametrize("content", [b"", b"junk", b"\xff\xfe", b"[]", b"null", b"{}", b'{"python_version": "3.13.5"'])
def test_a_document_that_is_no_record_is_named_by_its_key(content):
    with pytest.raises(StoreError, match=f"^{KEY} is not a record: "):
        parse_record(KEY, content)


@pytest.mark.parametrize(
    "changes, where",
    [
        ({"python_version": "3.13"}, "python_version"),
        ({"python_version": "banana"}, "python_version"),
        ({"revision": 0}, "revision"),
        ({"revision": "one"}, "revision"),
        ({"built_at": "yesterday"}, "built_at"),
        ({"built_at": "2026-01-01T00:00:00"}, "built_at"),
        ({"checked": None}, "checked"),
        ({"surprise": 1}, "surprise"),
        ({"artifacts": [{"kind": "deb", "key": "a", "sha256": "short", "size": 1}]}, "artifacts.0.sha256"),
        ({"source": {"name": "a", "sha256": "a" * 64, "size": -1, "origin": "", "trust": "digest"}}, "source.size"),
        ({"source": {"name": "a", "sha256": "a" * 64, "size": 1, "origin": "", "trust": "hearsay"}}, "source.trust"),
    ],
)
def test_a_record_with_a_wrong_value_is_refused_and_the_value_s_place_named(make_record, changes, where):
    document = {**json.loads(dump(make_record())), **changes}

    with pytest.raises(StoreError) as refused:
        parse_record(KEY, json.dumps(document).encode())

    assert str(refused.value).startswith(f"{KEY} is not a record: {where}: ")


def test_a_source_is_read_back_as_it_was_written():
    source = Source(name="Python-3.13.5.tgz", sha256="a" * 64, size=1, origin="somewhere", trust="sigstore")

    assert parse_source("k", dump(source)) == source


def test_a_source_of_before_it_said_what_was_verified_is_still_read():
    old = b'{"name": "a.tgz", "sha256": "%s", "size": 1, "origin": "x", "trust": "signed-index"}' % (b"a" * 64)

    assert parse_source("k", old).verified == ()


def test_what_was_verified_is_read_back_in_a_record(make_record):
    source = Source(name="a", sha256="a" * 64, size=1, origin="", trust="openpgp", verified=("one", "two"))
    record = make_record().model_copy(update={"source": source})

    assert json.loads(dump(record))["source"]["verified"] == ["one", "two"]
    assert parse_record(KEY, dump(record)).source.verified == ("one", "two")


def test_a_document_that_is_no_source_is_named_by_its_key():
    with pytest.raises(StoreError, match="^sources/3.13.5/source.json does not describe a source: name: "):
        parse_source("sources/3.13.5/source.json", b"{}")


def test_only_the_newest_revision_of_each_product_is_kept(make_record):
    records = [make_record(revision=r) for r in (2, 10, 9, 1)]
    others = [make_record(variant="t"), make_record(profile="quick"), make_record(architecture="arm64")]

    kept = newest_revisions([*records, *others])

    assert [r.revision for r in kept if r.product == records[0].product] == [10]
    assert len(kept) == 4


def test_records_are_put_in_the_order_of_their_versions(make_record):
    records = [make_record(v) for v in ("3.10.0", "3.9.25", "3.10.0rc1", "3.9.3")]

    assert [r.python_version for r in newest_revisions(records)] == ["3.9.3", "3.9.25", "3.10.0rc1", "3.10.0"]


def with_package(record, **package):
    return record.model_copy(update={"package": package})


CONTROL = "Package: python-3.13.5\nVersion: 1\nDescription: CPython\n in a folder\n"
PRIMARY = '<package type="rpm"><name>python-3.13.5</name><location href="pkgs/python-3.13.5-1-1.x86_64.rpm"/></package>'
OTHER = '<package pkgid="a" name="python-3.13.5" arch="x86_64"></package>'


@pytest.mark.parametrize(
    "changes, said",
    [
        ({"python_version": "3.13.4"}, "it is of what python/debian-12/records/3.13.4-amd64-r1.json is the record of"),
        ({"revision": 2}, "it is of what python/debian-12/records/3.13.5-amd64-r2.json is the record of"),
        ({"profile": "quick"}, "it is of what quick/python/debian-12/records/3.13.5-amd64-r1.json"),
        ({"architecture": "mips"}, "architecture is 'mips', and must be one of amd64, arm64"),
        ({"platform": "debian-9"}, "'debian-9'"),
        ({"artifacts": [{"kind": "deb", "key": "../evil.deb", "sha256": None, "size": 1}]}, "names '../evil.deb' as"),
        (
            {"artifacts": [{"kind": "uv", "key": "python/debian-12/pkgs/python-3.13.5_1_amd64.deb", "sha256": None, "size": 1}]},
            "as its uv, which is no such file",
        ),
        ({"package": {"primary": PRIMARY, "other": OTHER}}, "tells primary, other of its package, and must tell control"),
        ({"package": {"control": CONTROL.replace("3.13.5", "3.13.4")}}, "its control file is not of python-3.13.5"),
        ({"package": {"control": f"{CONTROL}\nPackage: evil\n"}}, "its control file is not one paragraph"),
        ({"package": {"control": f"{CONTROL}Filename: elsewhere.deb\n"}}, "its control file is not one paragraph"),
        ({"package": {"control": f"{CONTROL}version: 2\n"}}, "its control file is not one paragraph"),
        ({"build": "x" * 2**21}, "it has more than the 2097152 bytes that are allowed"),
    ],
)  # fmt: skip
def test_a_record_that_is_of_something_else_than_its_key_says_is_damaged(make_record, changes, said):
    document = {**json.loads(dump(with_package(make_record(), control=CONTROL))), **changes}

    with pytest.raises(DamagedObject) as refused:
        parse_record(KEY, json.dumps(document).encode())

    assert str(refused.value).startswith(f"{KEY} is not a record: ")
    assert said in str(refused.value)


@pytest.mark.parametrize(
    "primary",
    ["<package>", "</metadata><metadata>", PRIMARY * 2, PRIMARY.replace("-1-1", "-1-2"), PRIMARY.replace("<name>", "<name>x")],
)  # fmt: skip
def test_a_record_that_would_spoil_yum_s_index_for_its_neighbours_is_damaged(make_record, primary):
    record = make_record("3.13.5", "rhel-9")
    key = record_key(record.product, 1)

    assert parse_record(key, dump(with_package(record, primary=PRIMARY, other=OTHER))).package["other"] == OTHER
    with pytest.raises(DamagedObject, match=f"^{key} is not a record: its primary metadata are "):
        parse_record(key, dump(with_package(record, primary=primary, other=OTHER)))
