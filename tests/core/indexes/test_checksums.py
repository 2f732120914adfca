"""SHA256SUMS of the newest alone, so that nobody has to know which patch that is."""

import pytest

from python_builds.core.indexes.checksums import NEWEST, checksums, newest_releases

FOLDER = "python/debian-12"


@pytest.fixture
def named(make_record):
    """Say which versions and revisions each list names, by architecture."""

    def give(*made):
        records = [make_record(version, "debian-12", *rest, **options) for version, *rest, options in made]
        return {
            name: {(r.python_version + r.variant, r.architecture, r.revision) for r in chosen}
            for name, chosen in newest_releases(records).items()
        }

    return give


def test_each_minor_and_variant_has_its_newest_final_patch_and_all_have_the_newest(named):
    found = named(
        ("3.13.9", {}),
        ("3.13.10", {"revision": 2}),
        ("3.12.1", {}),
        ("3.14.0", {"variant": "t"}),
        ("3.14.1", {"variant": "t"}),
        ("3.14.2rc1", {}),
        ("3.15.0rc1", {}),
        ("3.15.0a1", {"variant": "t"}),
    )

    assert found == {
        "3.12": {("3.12.1", "amd64", 1)},
        "3.13": {("3.13.10", "amd64", 2)},
        "3.14t": {("3.14.1t", "amd64", 1)},
        NEWEST: {("3.13.10", "amd64", 2)},
    }


def test_an_architecture_without_the_new_patch_keeps_the_one_it_has(named):
    found = named(("3.13.5", "amd64", {}), ("3.13.5", "arm64", {}), ("3.13.6", "amd64", {}))

    assert found == {name: {("3.13.6", "amd64", 1), ("3.13.5", "arm64", 1)} for name in ("3.13", NEWEST)}


def test_a_list_has_the_lines_that_sha256sums_has_of_it_and_none_without_a_digest(make_record):
    old = make_record("3.13.6")
    unknown = [one.model_copy(update={"sha256": None}) for one in old.artifacts]
    files = checksums(
        [make_record("3.12.1"), make_record("3.13.5"), old.model_copy(update={"artifacts": tuple(unknown)})], FOLDER
    )
    lines = {file.key.removeprefix(f"{FOLDER}/"): file.content.decode().splitlines() for file in files}

    assert lines["SHA256SUMS.3.13"] == [line for line in lines["SHA256SUMS"] if "3.13.5" in line]
    assert lines["SHA256SUMS.newest"] == lines["SHA256SUMS.3.13"] != []
    assert [name for name in lines if not name.endswith(".asc")] == [
        "SHA256SUMS",
        "SHA256SUMS.3.12",
        "SHA256SUMS.newest",
        "SHA256SUMS.3.13",
    ]
    assert all(f"{name}.asc" in lines for name in lines if not name.endswith(".asc"))


def test_there_is_none_where_nothing_is_final(named):
    assert named(("3.15.0rc1", {})) == {}
