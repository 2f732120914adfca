"""The indexes: versions.json as the predecessor's clients cut it apart, and index.json for everybody else."""

import itertools
import json
import subprocess
from posixpath import join

import jsonschema
import pytest

from python_builds.core.indexes import manifest
from python_builds.core.indexes.index_files import PLAIN
from python_builds.core.indexes.manifest import SCHEMA, current, global_indexes, joined, platform_index
from python_builds.core.platforms.platforms import platform_named
from python_builds.core.publishing.artifacts import platform_folder

# The cuts that the predecessor's installer makes: the line, what follows its first colon, between the brackets, a word a
# version. It knows no JSON, so spaces, order of keys and line ends all matter.
LEGACY_CUTS = """grep python_versions | cut -d: -f2 | cut -d'[' -f2 | cut -d']' -f1 | tr -d '",' | tr ' ' '\\n'"""


def indexes(records, profile, *, unchecked):
    listed = current(records, profile, unchecked=unchecked)
    folders = {name: platform_folder(profile, platform_named(name)) for name in sorted({r.platform for r in listed})}
    parts = [platform_index([r for r in listed if r.platform == name], folder) for name, folder in folders.items()]
    made = global_indexes(joined(parts), profile)
    return {file.key: file.content for file in made if file.how == PLAIN}


def versions_json(records):
    return manifest.versions_json(platform_index(records, "python/any"))


def index_of(records, profile="optimized", unchecked=False):
    prefix = "quick/" if profile == "quick" else ""
    return json.loads(indexes(records, profile, unchecked=unchecked)[f"{prefix}python/index.json"])


@pytest.fixture
def records(make_record):
    return [
        make_record("3.10.2"),
        make_record("3.9.25", "rhel-9"),
        make_record("3.10.2", "rhel-9", "arm64"),
        make_record("3.14.0rc2"),
        make_record("3.14.0"),
        make_record("3.14.0", variant="t"),
        make_record("3.15.0a1"),
        make_record("3.9.25", "rhel-9", revision=2),
    ]


def test_versions_json_is_the_predecessor_s_to_the_byte(records):
    assert versions_json(records) == b'{"python_versions": ["3.9.25", "3.10.2", "3.14.0"]}'


def test_an_empty_farm_has_an_empty_list():
    assert versions_json([]) == b'{"python_versions": []}'


def test_a_version_that_is_only_free_threaded_or_a_pre_release_is_not_in_versions_json(make_record):
    assert versions_json([make_record("3.14.0", variant="t"), make_record("3.15.0rc1")]) == b'{"python_versions": []}'


def test_the_predecessor_s_shell_gets_a_word_for_each_version(records):
    words = subprocess.run(["bash", "-c", LEGACY_CUTS], input=versions_json(records), capture_output=True, check=True)

    assert words.stdout.splitlines() == [b"3.9.25", b"3.10.2", b"3.14.0"]


@pytest.mark.parametrize("profile, prefix", [("optimized", ""), ("quick", "quick/")])
def test_each_profile_has_its_indexes_under_its_own_prefix(make_record, profile, prefix):
    found = indexes([make_record("3.13.5"), make_record("3.12.1", profile="quick")], profile, unchecked=False)

    version = "3.12.1" if profile == "quick" else "3.13.5"
    assert list(found) == [f"{prefix}python/{n}" for n in ("index.schema.json", "index.json", "versions.json")]
    assert found[f"{prefix}python/versions.json"] == f'{{"python_versions": ["{version}"]}}'.encode()
    assert {b["profile"] for b in json.loads(found[f"{prefix}python/index.json"])["builds"]} == {profile}


def test_an_entry_of_the_index_says_all_about_one_file(make_record):
    index = index_of([make_record("3.14.0rc2", "rhel-9", "arm64", revision=2)])

    assert list(index) == ["schema_version", "generated_at", "builds"]
    assert index["schema_version"] == 1
    assert index["builds"][0] == {
        "python_version": "3.14.0rc2",
        "variant": "",
        "channel": "prerelease",
        "platform": "rhel-9",
        "arch": "arm64",
        "revision": 2,
        "profile": "optimized",
        "checked": True,
        "adopted": False,
        "built_at": "2026-01-02T00:00:00+00:00",
        "kind": "rpm",
        "url": "rhel-9/pkgs/python-3.14.0rc2-1-2.aarch64.rpm",
        "sha256": "b" * 64,
        "size": 2,
        "reproduced_by": [],
    }


def test_the_index_lists_packages_and_tarballs_but_not_their_digests_files(make_record):
    assert [b["kind"] for b in index_of([make_record()])["builds"]] == [
        "deb",
        "metapackage",
        "tarball",
        "uv",
        "test",
        "debug",
    ]


def test_the_index_is_as_its_published_schema_says(records):
    schema = json.loads(indexes([], "optimized", unchecked=False)["python/index.schema.json"])
    checker = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())

    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    for index in (index_of(records), index_of([])):
        checker.validate(index)
    for change in ({"kind": "exe"}, {"sha256": "short"}, {"revision": 0}, {"size": "2"}):
        index = index_of(records)
        index["builds"][0] |= change
        with pytest.raises(jsonschema.ValidationError):
            checker.validate(index)


def test_what_the_predecessor_published_is_listed_though_nobody_tried_it(make_record):
    record = make_record(checked=False).model_copy(update={"adopted": True, "source": None})

    assert len(index_of([record])["builds"]) == 6


def test_a_final_release_is_in_the_release_channel(make_record):
    assert {b["channel"] for b in index_of([make_record()])["builds"]} == {"release"}


@pytest.mark.parametrize("profile, prefix", [("optimized", ""), ("quick", "quick/")])
def test_a_url_is_relative_to_the_index_and_leads_to_the_artifact_s_key(make_record, profile, prefix):
    record = make_record(profile=profile)

    urls = [b["url"] for b in index_of([record], profile)["builds"]]

    keys = [a.key for a in record.artifacts if a.kind != "sha256"]
    assert [join(f"{prefix}python", url) for url in urls] == keys


def test_the_index_names_the_newest_revision_alone(make_record):
    index = index_of([make_record(revision=2), make_record(revision=1), make_record(revision=3)])

    assert {b["revision"] for b in index["builds"]} == {3}
    assert index["generated_at"] == "2026-01-03T00:00:00+00:00"


def test_an_index_of_nothing_was_never_generated():
    assert index_of([]) == {"schema_version": 1, "generated_at": None, "builds": []}


def test_the_same_records_give_the_same_bytes_in_whatever_order_they_come(records):
    some = itertools.islice(itertools.permutations(records), 0, None, 1009)

    assert len({tuple(indexes(order, "optimized", unchecked=False).items()) for order in some}) == 1


@pytest.mark.parametrize("unchecked, versions", [(True, ["3.12.1", "3.13.5"]), (False, ["3.13.5"])])
def test_what_nobody_could_try_is_listed_only_where_that_is_wanted(make_record, unchecked, versions):
    records = [make_record("3.13.5"), make_record("3.12.1", checked=False)]

    found = indexes(records, "optimized", unchecked=unchecked)

    assert json.loads(found["python/versions.json"])["python_versions"] == versions
    assert {b["python_version"] for b in index_of(records, unchecked=unchecked)["builds"]} == {*versions}


def test_where_the_newest_revision_is_unchecked_the_newest_checked_one_is_listed(make_record):
    index = index_of([make_record(revision=1), make_record(revision=2, checked=False)])

    assert {b["revision"] for b in index["builds"]} == {1}
