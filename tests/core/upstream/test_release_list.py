"""What of upstream is wanted and complete, and why something is not yet."""

import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version
from pydantic import ValidationError

from python_builds.core.errors import SourceError
from python_builds.core.upstream.followed_minors import Wanted, choose_minors, parse_release_cycle
from python_builds.core.upstream.release_list import (
    MAX_NOTES,
    ListedRelease,
    ReleaseList,
    bounded,
    lacking,
    list_releases,
    names_in_directory,
    new_releases,
    not_in_directory,
)
from python_builds.core.upstream.releases import PYTHON_ORG, Listing, Release

NOW = datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC)
CYCLE = {"3.15": "prerelease", "3.14": "bugfix", "3.10": "security", "3.9": "end-of-life", "2.7": "end-of-life"}


def release(version, sigstore=True, openpgp=False):
    url = f"{PYTHON_ORG}/ftp/python/{Version(version).base_version}/Python-{version}.tgz"
    return Release(
        version=Version(version),
        url=url,
        sha256=None,
        sigstore_url=f"{url}.sigstore" if sigstore else None,
        openpgp_url=f"{url}.asc" if openpgp else None,
    )


def listing(*versions, published=NOW, without_source=()):
    releases = sorted(
        (release(v) if isinstance(v, str) else v for v in versions), key=lambda r: r.version, reverse=True
    )
    named = [*(r.version for r in releases), *map(Version, without_source)]
    return Listing(releases=tuple(releases), published=dict.fromkeys(named, published))


def choose(found, cycle=CYCLE, added=(), excluded=(), prereleases=False):
    return choose_minors(found, cycle, added=added, excluded=excluded, prereleases=prereleases, today=NOW.date())


def test_what_is_not_at_its_end_of_life_is_wanted():
    assert choose(listing("3.14.0")).minors == {"3.10": "security", "3.14": "bugfix", "3.15": "prerelease"}


def test_settings_add_and_exclude():
    assert list(choose(listing(), added=["3.9", "3.8"], excluded=["3.10"]).minors) == ["3.8", "3.9", "3.14", "3.15"]
    assert choose(listing(), added=["3.9"]).minors["3.9"] == "end-of-life"


def test_a_minor_that_is_newer_than_the_data_is_wanted_with_a_notice_and_an_older_one_is_not():
    found = choose(listing("3.16.0", "3.1.5"))

    assert list(found.minors) == ["3.10", "3.14", "3.15", "3.16"]
    assert found.notes == (
        "the release cycle data does not name 3.16, of which there are releases: it is followed all the same",
    )


def test_a_minor_that_was_released_lately_and_that_the_data_forgot_is_wanted_with_a_notice():
    found = choose(listing("3.13.5"))

    assert found.minors["3.13"] == "unknown"
    assert "does not name 3.13" in found.notes[0]
    long_ago = datetime.datetime(2019, 1, 1, tzinfo=datetime.UTC)
    assert "3.13" not in choose(listing("3.13.5", published=long_ago)).minors


def test_a_minor_that_the_settings_exclude_needs_no_notice():
    found = choose(listing("3.16.0"), excluded=["3.16"])

    assert ("3.16" in found.minors, found.notes) == (False, ())


def test_without_data_what_was_released_lately_is_wanted_and_the_operator_is_told():
    found = choose(listing("3.8.20", "3.9.25", "3.14.0"), cycle=None)

    assert found.minors == {"3.9": "unknown", "3.14": "unknown"}
    assert "no release cycle data" in found.notes[0]
    old = datetime.datetime(2021, 1, 1, tzinfo=datetime.UTC)
    assert choose(listing("3.9.1", published=old), cycle=None).minors == {}
    assert choose(listing("3.9.1", published=None), cycle=None).minors == {}


def test_prereleases_are_a_channel_of_their_own():
    assert not choose(listing()).has(Version("3.15.0a1"))
    assert choose(listing(), prereleases=True).has(Version("3.15.0a1"))
    assert not choose(listing(), prereleases=True).has(Version("3.9.0a1"))


def test_the_cycle_is_read_as_far_as_it_makes_sense():
    raw = {
        "3.14": {"status": "bugfix", "new": 1},
        "main": {"status": "x"},
        "3.13": None,
        "../3": {"status": "y"},
        "3.12": {"status": "a\nb"},
    }

    assert parse_release_cycle(raw) == {"3.14": "bugfix"}


@pytest.mark.parametrize("raw", [None, [], {}, "3.14", {"3.14": "bugfix"}, {"3.14": {"status": ""}}])
def test_a_cycle_without_any_status_is_an_error(raw):
    with pytest.raises(SourceError, match="has its format changed"):
        parse_release_cycle(raw)


@pytest.mark.parametrize(
    "version, sigstore, openpgp, complete",
    [
        ("3.14.0", True, False, True),
        ("3.14.0", False, True, False),
        ("3.14.0a1", False, True, False),
        ("3.15.0a1", True, False, True),
        ("3.13.9", False, True, True),
        ("3.13.9", True, False, True),
        ("3.13.9", False, False, False),
        ("3.10.19", False, True, True),
    ],
)
def test_from_3_14_on_a_release_needs_its_bundle(version, sigstore, openpgp, complete):
    assert (lacking(release(version, sigstore, openpgp)) == "") is complete


def test_a_directory_that_lags_behind_is_a_reason_to_wait():
    new = release("3.14.1")

    assert not_in_directory(new, {"Python-3.14.1.tgz", "Python-3.14.1.tgz.sigstore"}) == ""
    assert not_in_directory(new, {"Python-3.14.1.tgz"}) == "its directory does not show Python-3.14.1.tgz.sigstore yet"
    assert "Python-3.14.1.tgz and Python-3.14.1.tgz.sigstore" in not_in_directory(new, {"Python-3.14.0.tgz"})


def test_an_older_release_is_looked_for_with_the_file_that_vouches_for_it():
    old = release("3.13.9", sigstore=False, openpgp=True)

    assert not_in_directory(old, {"Python-3.13.9.tgz", "Python-3.13.9.tgz.asc"}) == ""
    assert not_in_directory(old, {"Python-3.13.9.tgz", "Python-3.13.9.tgz.sigstore"}) != ""


@pytest.mark.parametrize(
    "link",
    [
        '<a href="Python-3.14.1.tgz">',
        '<A HREF="Python-3.14%2E1.tgz">',
        '<a href="./Python-3.14.1.tgz">',
        '<a href="/ftp/python/3.14.1/Python-3.14.1.tgz">',
        '<a href="https://mirror.example.org/python/3.14.1/Python-3.14.1.tgz">',
        '<a href="//mirror.example.org/python/Python-3.14.1.tgz?C=N&amp;O=D#top">',
        "<a href='Python-3.14.1.tgz'>",
        "<a class=file href = '/python/Python-3.14.1.tgz' title=\"a file\">",
        "<a href=Python-3.14.1.tgz>",
        "<a href=/python/3.14.1/Python-3.14.1.tgz class=file>",
        "<a href=https&#58;//mirror.example.org/Python-3.14.1.tgz>",
    ],
)
def test_the_names_of_a_directory_are_read_however_a_mirror_links_to_them(link):
    page = f'<a href="../">../</a> {link}Python-3.14.1.tgz</a> <a href="b.asc">b</a><a href="?C=M">Modified</a>'

    assert names_in_directory(page) == {"Python-3.14.1.tgz", "b.asc"}


@settings(deadline=None)
@given(st.text())
def test_any_page_can_be_read(page):
    names_in_directory(page)
    names_in_directory(f'<a href="{page}')


WANTED = Wanted(minors={"3.13": "bugfix", "3.14": "bugfix"}, prereleases=True)


def names(releases):
    return [str(r.version) for r in releases]


def test_the_first_look_takes_the_newest_of_each_minor():
    found = listing("3.13.0rc1", "3.13.1", "3.13.2", "3.14.0", "3.14.1rc1", "3.12.9")

    assert names(new_releases(found, WANTED, None)) == ["3.13.2", "3.14.0", "3.14.1rc1"]


def test_later_looks_take_what_is_not_known_the_oldest_first():
    found = listing("3.13.1", "3.13.2", "3.14.0", "3.12.9", release("3.14.1", sigstore=False))

    assert names(new_releases(found, WANTED, ["3.13.1"])) == ["3.13.2", "3.14.0"]
    assert new_releases(found, WANTED, ["3.13.1", "3.13.2", "3.14.0"]) == []


def test_the_list_says_of_each_release_why_it_is_not_complete():
    earlier = NOW - datetime.timedelta(days=3)
    seen = ListedRelease(version="3.13.1", first_seen=earlier, complete=True)
    found = listing("3.13.1", "3.14.0", release("3.14.1", sigstore=False), "3.12.1", without_source=["3.14.2"])

    listed = list_releases(found, WANTED, doubts={Version("3.14.0"): "a doubt"}, previous=[seen], now=NOW)
    assert [(r.version, r.complete, r.first_seen) for r in listed] == [
        ("3.14.2", False, NOW),
        ("3.14.1", False, NOW),
        ("3.14.0", False, NOW),
        ("3.13.1", True, earlier),
    ]
    assert [r.why_not_yet for r in listed] == [
        "python.org's API lists no source tarball yet",
        "python.org's API lists no sigstore bundle for Python-3.14.1.tgz yet",
        "a doubt",
        "",
    ]
    assert ReleaseList(releases=listed).complete() == [Version("3.13.1")]


def test_a_list_that_names_what_is_no_version_is_refused():
    with pytest.raises(ValidationError):
        ListedRelease(version="../3.13.1", first_seen=NOW, complete=True)


def test_notes_stay_readable():
    assert bounded(["a", "b", "a"]) == ("a", "b")
    many = bounded(map(str, range(MAX_NOTES + 5)))
    assert (len(many), many[-1]) == (MAX_NOTES + 1, "and 5 more like these")
