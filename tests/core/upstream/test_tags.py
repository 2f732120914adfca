"""Tags: a version with its variant, as people type it, and of which releases the farm makes which by itself."""

import pytest
from packaging.version import Version

from python_builds.core.errors import InvalidVersion
from python_builds.core.upstream.free_threading import check_minors
from python_builds.core.upstream.tags import (
    Newest,
    Tag,
    automatic_tags,
    parse_tag,
    parse_tag_or_newest,
    reading_order,
    with_variant,
)


def said_of(text, parse=parse_tag):
    with pytest.raises(InvalidVersion) as refused:
        parse(text)
    return str(refused.value)


@pytest.mark.parametrize(
    "text, version, variant",
    [
        ("3.14.7", "3.14.7", ""),
        ("3.14.7t", "3.14.7", "t"),
        (" 3.14.7 ", "3.14.7", ""),
        ("3.13.0a1t", "3.13.0a1", "t"),
        ("3.15.0rc1t", "3.15.0rc1", "t"),
        ("3.9.25", "3.9.25", ""),
        ("4.0.0t", "4.0.0", "t"),
    ],
)
def test_a_version_may_have_its_variant_behind_it(text, version, variant):
    tag = parse_tag(text)

    assert tag == Tag(Version(version), variant)
    assert str(tag) == text.strip()


@pytest.mark.parametrize(
    "text", ["3.14.7tt", "3.14.7T", "3.14.7 t", "3.14.7-t", "3.14.7+freethreaded", "3.14.7-free-threaded"]
)
def test_what_is_almost_a_tag_is_refused_with_the_one_that_was_meant(text):
    assert said_of(text).startswith(f"{text!r} is not a CPython version (did you mean 3.14.7t?): give three numbers")


@pytest.mark.parametrize("text, example", [("3.14", "3.14.0"), ("3.14t", "3.14.0t")])
def test_a_minor_is_refused_and_asked_which_of_its_releases_is_meant(text, example):
    assert said_of(text).startswith(
        f"{text!r} is not a CPython version but a minor (say which of its releases, as in {example}): give three"
    )


@pytest.mark.parametrize("text, minor, variant", [("3.14", "3.14", ""), (" 3.14t ", "3.14", "t"), ("3.9", "3.9", "")])
def test_a_minor_that_is_asked_for_is_the_newest_of_its_releases(text, minor, variant):
    found = parse_tag_or_newest(text)

    assert found == Newest(minor, variant)
    assert str(found) == text.strip()


def test_the_newest_of_a_minor_is_its_last_final_release_of_the_same_variant():
    tags = [parse_tag(t) for t in ("3.14.9", "3.14.10", "3.14.11t", "3.15.0rc1", "3.13.20")]

    assert Newest("3.14").pick(tags) == parse_tag("3.14.10")
    assert Newest("3.14", "t").pick(tags) == parse_tag("3.14.11t")
    assert Newest().pick(tags) == parse_tag("3.14.10")
    assert Newest("3.15").pick(tags) is None


def test_a_minor_without_a_free_threaded_build_is_refused():
    assert said_of("3.12t", parse_tag_or_newest).startswith(
        "'3.12t' has no free-threaded build, which came with 3.13; give 3.12"
    )


def test_a_variant_beside_a_minor_is_that_of_its_newest_release():
    assert with_variant(Newest("3.14"), "t") == Newest("3.14", "t")


@pytest.mark.parametrize("text", ["3.12.1t", "3.12.0rc3t", "3.9.25t", "2.7.18t", "3.12.1T"])
def test_there_is_no_free_threaded_build_before_3_13(text):
    assert "came with 3.13" in said_of(text)
    assert said_of(text).endswith(f"; give {text[:-1]}")


def test_a_minor_that_is_too_old_for_its_variant_is_told_both():
    assert "a minor without a free-threaded build, which came with 3.13 (say which" in said_of("3.12t")


@pytest.mark.parametrize(
    "text", ["", " ", "t", "3.14.7\n", "3.14.7t\n", "3.14.07t", "3.14.7t; id", "3.14.7dt", "v3.14.7", "3.14.7\u0663"]
)
def test_anything_else_is_refused_with_what_is_allowed(text):
    assert said_of(text) == (
        f"{text!r} is not a CPython version: give three numbers, for a pre-release a, b or rc and its number, and for "
        "the free-threaded build t, for instance 3.13.5, 3.14.0rc2 or 3.14.0t"
    )


def test_newest_is_no_tag_and_has_no_variant():
    assert parse_tag_or_newest("newest") == Newest()
    assert parse_tag_or_newest(" newest ") == Newest()
    assert parse_tag_or_newest("3.14.7t") == parse_tag("3.14.7t")
    assert said_of("Newest", parse_tag_or_newest).endswith(", or `newest`")
    for text in ("newest-t", "newestt", "newest 3.14t"):
        assert said_of(text, parse_tag_or_newest) == (
            f"{text!r} is not a CPython version: `newest` is the newest ordinary build; name the free-threaded one "
            "that you mean, as in 3.14.0t or 3.14t"
        )


def test_tags_are_read_from_the_newest_version_on_the_ordinary_build_first():
    texts = ["3.15.0", "3.15.0rc1", "3.15.0rc1t", "3.14.10", "3.14.10t", "3.14.9t", "3.14.9"]

    ordered = reading_order(map(parse_tag, [*reversed(texts), "3.15.0"]))

    assert [*map(str, ordered)] == ["3.15.0", "3.15.0rc1", "3.15.0rc1t", "3.14.10", "3.14.10t", "3.14.9", "3.14.9t"]


@pytest.mark.parametrize(
    "words, free",
    [
        ("3.14+", ["3.14.7", "3.15.0rc1", "4.0.0"]),
        ("3.13 3.15", ["3.13.5", "3.15.0rc1"]),
        ("3.13 3.15+", ["3.13.5", "3.15.0rc1", "4.0.0"]),
        ("none", []),
        ("all", ["3.13.5", "3.14.7", "3.15.0rc1", "4.0.0"]),
    ],
)
def test_a_setting_says_which_minors_get_a_free_threaded_build_by_themselves(words, free):
    releases = ["3.12.11", "3.13.5", "3.14.7", "3.15.0rc1", "4.0.0"]
    tags = [tag for version in releases for tag in automatic_tags(Version(version), check_minors(words))]

    assert [str(tag.version) for tag in tags if tag.variant] == free
    assert [str(tag) for tag in tags if not tag.variant] == releases


@pytest.mark.parametrize(
    "words", ["", " ", "3.12", "3.12+", "3.14.7", "3.14t", "all 3.14", "none all", "3.14 +", "3.14++", "3,14", "yes"]
)
def test_a_setting_that_names_anything_else_is_refused_with_what_is_allowed(words):
    with pytest.raises(ValueError, match=r"must be all, none, or minors from 3\.13 on, separated by spaces, with a \+"):
        check_minors(words)
