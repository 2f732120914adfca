"""Which versions a record affects: by commits and the table of tags, by versions, and unknown where nobody can tell."""

import pytest
from packaging.version import Version

from python_builds.core.advisories.affected import AFFECTED, NOT_AFFECTED, UNKNOWN, fixed_in, status
from python_builds.core.advisories.commit_table import CommitTable, commit_table, dump_table, parse_table
from python_builds.core.advisories.osv import CPYTHON, parse_advisory

REPO = "https://github.com/python/cpython"
BUG, FIX_MAIN, FIX_12, OTHER = "a" * 40, "b" * 40, "c" * 40, "d" * 40

TABLE = CommitTable(
    newest={"3.12": Version("3.12.9"), "3.13": Version("3.13.4")},
    commits={
        BUG: {"3.12": Version("3.12.0a1"), "3.13": Version("3.13.0a1")},
        FIX_MAIN: {"3.13": Version("3.13.2")},
        FIX_12: {"3.12": Version("3.12.8")},
    },
    began={"3.12": "2022-10-24", "3.13": "2023-10-13", "3.14": "2024-10-15"},
    days={BUG: "2022-01-01", FIX_MAIN: "2025-01-05", FIX_12: "2025-01-06"},
)


def record(*events, repo=REPO, **affected):
    given = affected or {"ranges": [{"type": "GIT", "repo": repo, "events": list(events)}]}
    return parse_advisory("here", {"id": "PSF-2026-1", "modified": "2026-01-02T03:04:05Z", "affected": [given]})


def state(one, version, name=CPYTHON, table=TABLE):
    return status(one, name, Version(version), table)


BOTH = record({"introduced": BUG}, {"fixed": FIX_MAIN}, {"fixed": FIX_12})


@pytest.mark.parametrize(
    "version, expected",
    [
        ("3.12.0", AFFECTED),
        ("3.12.7", AFFECTED),
        ("3.12.8", NOT_AFFECTED),
        ("3.12.99", NOT_AFFECTED),
        ("3.13.1", AFFECTED),
        ("3.13.2", NOT_AFFECTED),
        ("3.11.1", UNKNOWN),
        ("3.14.0", UNKNOWN),
    ],
)
def test_a_version_is_affected_from_the_release_with_the_bug_to_the_one_with_the_fix(version, expected):
    assert state(BOTH, version) == expected


def test_a_release_that_the_table_does_not_reach_is_unknown_and_never_not_affected():
    one = record({"introduced": "0"}, {"fixed": FIX_12})

    assert state(one, "3.13.4") == AFFECTED
    assert state(one, "3.13.5") == UNKNOWN, "the fix may be in it"
    assert state(record({"introduced": BUG}, {"fixed": OTHER}), "3.12.1") == UNKNOWN, "nobody knows this commit"
    assert state(record({"introduced": OTHER}), "3.12.1") == UNKNOWN


def test_what_was_mended_before_a_minor_began_may_be_mended_in_it():
    late = CommitTable(TABLE.newest, TABLE.commits, TABLE.began, {**TABLE.days, FIX_12: "2023-10-01"})

    assert state(record({"introduced": "0"}, {"fixed": FIX_12}), "3.13.4", table=late) == UNKNOWN
    assert state(record({"introduced": "0"}, {"fixed": FIX_12}), "3.12.7", table=late) == AFFECTED


def test_a_commit_of_an_alpha_is_in_every_later_minor():
    assert TABLE.contains(Version("3.99.0"), BUG) is True
    assert TABLE.contains(Version("3.99.0"), FIX_MAIN) is None


@pytest.mark.parametrize("kind", ["last_affected", "limit", "reverted"])
def test_what_the_table_cannot_tell_apart_is_unknown(kind):
    assert state(record({"introduced": "0"}, {kind: FIX_12}), "3.12.1") == UNKNOWN
    again = record({"introduced": "0"}, {"fixed": FIX_12}, {"introduced": BUG})
    assert state(again, "3.12.8") == UNKNOWN, "it may have come again"
    assert state(record({"introduced": "0"}, {"fixed": FIX_12}, repo="https://github.com/me/cpython"), "3.12.1") == (
        NOT_AFFECTED
    ), "a record of another repository is of something else"


@pytest.mark.parametrize(
    "events, inside, outside",
    [
        ([{"introduced": "3.12.0"}, {"fixed": "3.12.4"}], ["3.12.0", "3.12.3"], ["3.11.9", "3.12.4", "3.13.0"]),
        ([{"fixed": "3.12.4"}, {"introduced": "0"}], ["3.9.1"], ["3.12.4"]),
        ([{"introduced": "0"}, {"last_affected": "3.12.4"}], ["3.12.4"], ["3.12.5"]),
        (
            [{"introduced": "3.9.0"}, {"fixed": "3.9.5"}, {"introduced": "3.10.0"}, {"fixed": "3.10.2"}],
            ["3.9.4", "3.10.1"],
            ["3.9.5", "3.10.2"],
        ),
    ],
)
def test_ranges_of_versions_are_read_in_their_order(events, inside, outside):
    one = record(versions=[], ranges=[{"type": "SEMVER", "events": events}])

    assert {state(one, version) for version in inside} == {AFFECTED}
    assert {state(one, version) for version in outside} == {NOT_AFFECTED}


def test_a_list_of_versions_counts_beside_ranges_and_one_that_nobody_can_read_is_a_doubt():
    assert state(record(versions=["v3.12.1", "3.13.0rc1"]), "3.12.1") == AFFECTED
    assert state(record(versions=["v3.12.1"]), "3.12.2") == NOT_AFFECTED
    assert state(record(versions=["all of them"]), "3.12.2") == UNKNOWN
    assert state(record(package={"purl": "pkg:generic/python"}), "3.12.2") == UNKNOWN, "it says of no version"


def test_a_library_is_judged_by_its_own_version_as_distributions_write_it():
    ranges = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "4.0.1-2"}]}]
    one = record(package={"ecosystem": "Debian:13", "name": "mpdecimal"}, ranges=ranges)
    purl = record(package={"purl": "pkg:deb/debian/mpdecimal?arch=source"}, ranges=ranges)

    for each in (one, purl):
        assert state(each, "4.0.0", "mpdecimal") == AFFECTED
        assert state(each, "4.0.1", "mpdecimal") == UNKNOWN, "Debian patched its package of this version, not ours"
        assert state(each, "4.1.0", "mpdecimal") == NOT_AFFECTED
        assert state(each, "3.12.1") == NOT_AFFECTED


def of_debian(**fixed):
    """Make a record as OSV has Debian's, by release."""
    return parse_advisory(
        "here",
        {
            "id": "DEBIAN-CVE-2026-1",
            "modified": "2026-01-02T03:04:05Z",
            "affected": [
                {
                    "package": {"ecosystem": f"Debian:{release[1:]}", "name": "expat"},
                    "ranges": [
                        {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, *({"fixed": f} for f in [text] if f)]}
                    ],
                }
                for release, text in fixed.items()
            ],
        },
    )


@pytest.mark.parametrize(
    "fixed, expected",
    [
        ({"_12": "2.5.0-1+deb12u1"}, [AFFECTED, UNKNOWN, UNKNOWN, UNKNOWN]),
        ({"_22": "2.5.0-1ubuntu0.3"}, [AFFECTED, UNKNOWN, UNKNOWN, UNKNOWN]),
        ({"_12": "2.5.0-1+deb12u1", "_13": "2.6.3-1"}, [AFFECTED, AFFECTED, UNKNOWN, NOT_AFFECTED]),
        ({"_11": "", "_13": "2.6.3-1"}, [AFFECTED, AFFECTED, AFFECTED, NOT_AFFECTED]),
        ({"_11": ""}, [AFFECTED] * 4),
    ],
    ids=["Debian's backport", "Ubuntu's backport", "a backport and upstream's", "never in one release", "nowhere"],
)
def test_what_a_distribution_mended_in_its_older_package_is_not_mended_in_upstream_s_later_one(fixed, expected):
    versions = ("2.4.0", "2.5.0", "2.6.3", "2.7.0")

    assert [state(of_debian(**fixed), version, "expat") for version in versions] == expected


def test_a_package_of_the_same_name_elsewhere_is_not_the_interpreter():
    one = record(package={"purl": "pkg:pypi/python", "ecosystem": "PyPI"}, versions=["3.12.1"])

    assert state(one, "3.12.1") == NOT_AFFECTED
    assert state(record(package={"ecosystem": "PyPI", "name": "python"}, versions=["3.12.1"]), "3.12.1") == NOT_AFFECTED


def test_people_are_told_the_release_that_mends_it():
    assert fixed_in(BOTH, Version("3.12.1"), TABLE) == Version("3.12.8")
    assert fixed_in(BOTH, Version("3.13.1"), TABLE) == Version("3.13.2")
    assert fixed_in(record({"introduced": BUG}), Version("3.13.1"), TABLE) is None


def test_the_table_is_read_as_it_was_written():
    assert parse_table(dump_table(TABLE)) == TABLE
    real = commit_table()
    assert len(real.commits) > 400
    assert {*real.commits} == {*real.days}
    # gh-123067, CVE-2024-7592: http.cookies, in 3.12.6
    assert real.contains(Version("3.12.5"), "b2f11ca7667e4d57c71c1c88b255115f16042d9a") is False
    # gh-105704, CVE-2025-0938: urlsplit and brackets, in 3.14.0a5 and 3.13.2
    assert real.contains(Version("3.14.0a4"), "d89a5f6a6e65511a5f6e0618c4c30a7aa5aba56a") is False
    assert real.contains(Version("3.14.7"), "d89a5f6a6e65511a5f6e0618c4c30a7aa5aba56a") is True
    assert real.first("3.13", "90e526ae67b172ed7c6c56e7edad36263b0f9403") == Version("3.13.2")
    assert dump_table(real) == dump_table(parse_table(dump_table(real)))
