"""What may be asked of the builders, whoever set the properties."""

import pytest

from python_builds.core.building.requests import (
    DEFAULT_PROFILE,
    parse_platform_request,
    parse_rebuild_request,
    parse_release_request,
    requested_tag,
)
from python_builds.core.errors import InvalidRequest
from python_builds.core.platforms.platforms import platform_named
from python_builds.core.upstream.tags import Newest, parse_tag

SOMEWHERE = {"platforms": ["debian-12"]}
DEBIAN = platform_named("debian-12")


def problems_of(parse, *arguments):
    with pytest.raises(InvalidRequest) as refused:
        parse(*arguments)
    return str(refused.value).splitlines()


def test_a_release_request_says_what_to_build_where():
    request = parse_release_request(
        {"python_version": "3.13.5", "platforms": ["debian-12", "rhel-9"], "profile": "optimized", "force": True}
    )

    assert request.tag == parse_tag("3.13.5")
    assert [p.name for p in request.platforms] == ["debian-12", "rhel-9"]
    assert (request.profile, request.force) == ("optimized", True)


def test_a_release_request_that_says_nothing_else_asks_for_the_newest():
    request = parse_release_request(SOMEWHERE)

    assert request.wanted == Newest()
    assert request.tag is None
    assert (request.profile, request.force) == (DEFAULT_PROFILE, False)


@pytest.mark.parametrize("properties", [{}, {"platforms": []}])
def test_no_platforms_named_is_no_request_as_the_forms_say_what_it_means(properties):
    (problem,) = problems_of(parse_release_request, properties)

    assert problem == "platforms is []: name at least one; `make platforms` lists them"


def test_a_platform_named_twice_is_asked_once():
    assert parse_release_request({"platforms": ["debian-12", "debian-12"]}).platforms == (DEBIAN,)


@pytest.mark.parametrize(
    "properties, problem",
    [
        ({"force": "yes"}, "force is 'yes': it must be true or false"),
        ({"force": 1}, "force is 1: it must be true or false"),
        ({"force": None}, "force is None: it must be true or false"),
        ({"platforms": "debian-12"}, "platforms is 'debian-12': it must be a list of platform names"),
        ({"platforms": None}, "platforms is None: it must be a list of platform names"),
        ({"platforms": [12]}, "platforms is [12]: it must be a list of platform names"),
        ({"architectures": "amd64"}, "architectures is 'amd64': it must be a list of architecture names"),
        ({"architectures": ["vax"]}, "architectures is 'vax': it must be one of 'amd64', 'arm64'"),
        ({"profile": "fast"}, "profile is 'fast': it must be one of 'quick', 'optimized'"),
        ({"profile": ["quick"]}, "profile is ['quick']: it must be one of 'quick', 'optimized'"),
    ],
)
def test_a_property_of_the_wrong_kind_is_refused(properties, problem):
    assert problems_of(parse_release_request, {**SOMEWHERE, **properties}) == [problem]


def test_an_unknown_platform_is_refused_even_beside_a_known_one():
    (problem,) = problems_of(parse_release_request, {"platforms": ["debian-12", "debian-1"]})

    assert problem.startswith("'debian-1' is not a platform of this farm; these are: ubuntu-2004, ")


@pytest.mark.parametrize("version", ["3", "", None, 3, "latest", "3.13.5; reboot", "3.13.5\n"])
def test_a_version_that_is_none_is_refused_with_what_is_allowed(version):
    (problem,) = problems_of(parse_release_request, {**SOMEWHERE, "python_version": version})

    assert problem.startswith(f"{str(version)!r} is not a CPython version")
    assert problem.endswith("or 3.14.0t, or a minor for its newest release, as in 3.13, or `newest`")


def test_all_that_is_wrong_is_told_at_once():
    properties = {"python_version": "x", "platforms": ["y", "z"], "profile": "w", "force": "v"}

    assert [p.split()[0] for p in problems_of(parse_release_request, properties)] == [
        "'x'",
        "'y'",
        "'z'",
        "profile",
        "force",
    ]


@pytest.mark.parametrize(
    "properties, tag",
    [
        ({"python_version": "3.14.7t"}, "3.14.7t"),
        ({"python_version": "3.14.7", "variant": "t"}, "3.14.7t"),
        ({"python_version": "3.14.7t", "variant": "t"}, "3.14.7t"),
        ({"python_version": "3.14.7t", "variant": ""}, "3.14.7t"),
        ({"python_version": "3.14.7", "variant": ""}, "3.14.7"),
        ({"python_version": " 3.14.7 "}, "3.14.7"),
    ],
)
def test_a_variant_is_typed_behind_the_version_or_said_beside_it(properties, tag):
    assert str(requested_tag(properties)) == tag
    assert str(parse_release_request({**SOMEWHERE, **properties}).tag) == tag
    assert str(parse_platform_request({**properties, "profile": "quick"}, DEBIAN, "amd64").product.tag) == tag


@pytest.mark.parametrize("properties", [{"python_version": "newest-t"}, {"python_version": "newest", "variant": "t"}])
def test_the_newest_is_an_ordinary_build_and_whoever_wants_another_is_told_to_name_it(properties):
    (problem,) = problems_of(parse_release_request, {**SOMEWHERE, **properties})

    assert problem.endswith(
        "`newest` is the newest ordinary build; name the free-threaded one that you mean, as in 3.14.0t or 3.14t"
    )


def test_all_that_is_wrong_with_a_tag_is_told_at_once():
    problems = problems_of(requested_tag, {"python_version": "x", "variant": "d"})

    assert problems[0] == "variant is 'd': it must be one of '', 't'"
    assert problems[1].startswith("'x' is not a CPython version")


def test_a_platform_request_becomes_a_product_of_the_builder_s_own_platform():
    properties = {"python_version": "3.14.0", "variant": "t", "profile": "quick", "force": True, "platform": "rhel-9"}

    request = parse_platform_request(properties, DEBIAN, "arm64")

    assert str(request.product) == "python-3.14.0t for debian-12-arm64 (quick)"
    assert request.force


def test_a_platform_request_is_ordinary_and_not_forced_unless_it_says_so():
    request = parse_platform_request({"python_version": "3.13.5", "profile": "optimized"}, DEBIAN, "amd64")

    assert (request.product.variant, request.force) == ("", False)


@pytest.mark.parametrize("wanted", ["newest", "3.14", "3.14t"])
def test_a_platform_builder_needs_a_number(wanted):
    (problem,) = problems_of(parse_platform_request, {"python_version": wanted, "profile": "quick"}, DEBIAN, "amd64")

    assert problem == f"python_version is {wanted!r}: a platform builder needs a number; that is for `release`"


@pytest.mark.parametrize("variant", ["", "t"])
def test_a_release_request_may_name_a_minor_for_its_newest(variant):
    typed = parse_release_request({**SOMEWHERE, "python_version": f"3.14{variant}"})
    beside = parse_release_request({**SOMEWHERE, "python_version": "3.14", "variant": variant})

    assert typed.wanted == beside.wanted == Newest("3.14", variant)
    assert typed.tag is None


def test_a_platform_builder_refuses_a_version_older_than_its_platform_builds():
    (problem,) = problems_of(parse_platform_request, {"python_version": "3.8.20", "profile": "quick"}, DEBIAN, "amd64")

    assert problem == "CPython 3.8.20 is not built on debian-12: it has 3.9 and newer"


@pytest.mark.parametrize("version", ["3.12.11", "3.9.2"])
def test_free_threading_is_refused_before_3_13_whose_configure_would_ignore_it(version):
    properties = {"python_version": version, "profile": "quick", "variant": "t"}

    (problem,) = problems_of(parse_platform_request, properties, DEBIAN, "amd64")

    assert problem.startswith(
        f"'{version}t' is no build of CPython: the free-threaded one came with 3.13; give {version}"
    )


def test_free_threading_is_there_from_the_pre_releases_of_3_13_on():
    properties = {"python_version": "3.13.0a6", "profile": "quick", "variant": "t"}

    assert parse_platform_request(properties, DEBIAN, "amd64").product.tag == parse_tag("3.13.0a6t")


def test_all_that_is_wrong_with_a_platform_request_is_told_at_once():
    properties = {"variant": "d", "force": "no"}

    problems = problems_of(parse_platform_request, properties, DEBIAN, "amd64")

    assert [p.split()[0] for p in problems] == ["variant", "''", "profile", "force"]


def test_architectures_are_handed_on_and_none_named_means_all():
    assert parse_release_request({**SOMEWHERE, "architectures": ["arm64", "arm64"]}).architectures == ("arm64",)
    assert parse_release_request(SOMEWHERE).architectures == ()


def test_a_rebuild_takes_versions_as_one_types_them_or_all():
    assert parse_rebuild_request({"versions": " 3.10.1  3.14.0t 3.10.1"}).tags == (
        parse_tag("3.10.1"),
        parse_tag("3.14.0t"),
    )
    assert parse_rebuild_request({"versions": "all"}).tags == ()
    assert parse_rebuild_request({"versions": "all"}).platforms == ()


@pytest.mark.parametrize(
    "versions", ["", " ", None, "newest", "3", "3.11.9,3.10.1", "3.11.9; reboot", "all 3.11.9", "3.12.1t"]
)
def test_a_rebuild_without_versions_is_refused(versions):
    assert problems_of(parse_rebuild_request, {"versions": versions})


def test_a_rebuild_names_all_that_is_wrong():
    wrong = {"versions": "3", "platforms": ["x"], "architectures": ["y"], "profile": "z", "list_only": "yes"}

    assert len(problems_of(parse_rebuild_request, wrong)) == 5


@pytest.mark.parametrize("parse", [parse_release_request, lambda p: parse_platform_request(p, DEBIAN, "amd64")])
def test_new_training_data_are_made_where_they_are_asked_for_alone(parse):
    properties = {**SOMEWHERE, "python_version": "3.13.5", "profile": "optimized"}

    assert parse(properties).retrain is False
    assert parse({**properties, "retrain": True}).retrain is True
    assert problems_of(parse, {**properties, "retrain": "yes"}) == ["retrain is 'yes': it must be true or false"]


def test_all_that_is_wrong_with_a_rebuild_is_told_a_line_each_and_it_builds_unless_it_only_lists():
    properties = {"versions": " ", "profile": "fast", "list_only": 1}

    assert problems_of(parse_rebuild_request, properties) == [
        "versions is ' ': name versions, separated by spaces, or `all`",
        "profile is 'fast': it must be one of 'quick', 'optimized'",
        "list_only is 1: it must be true or false",
    ]
    assert problems_of(parse_rebuild_request, {}) == ["versions is '': name versions, separated by spaces, or `all`"]
    assert parse_rebuild_request({"versions": "3.13.5"}).list_only is False
    assert parse_rebuild_request({"versions": "3.13.5"}).many is False
