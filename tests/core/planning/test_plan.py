"""What is to be built: computed from what is wanted, what exists and what is asked for."""

import dataclasses
import datetime

import pytest
from packaging.version import Version

from python_builds.core.planning.plan import (
    BACKLOG_PRIORITY,
    PERSON_PRIORITY,
    REBUILD_PRIORITY,
    expand,
    missing,
    priority,
    split_into_requests,
    wanted,
)
from python_builds.core.platforms.platforms import platform_named
from python_builds.core.upstream.tags import Tag, parse_tag
from python_builds.core.workers.docker_hosts import DockerHost
from python_builds.core.workers.missing_images import MissingImage

DEBIAN, RHEL, OLD = platform_named("debian-12"), platform_named("rhel-9"), platform_named("opensuse-155")
BUILDERS = {"debian-12-amd64", "rhel-9-amd64", "opensuse-155-amd64"}
TODAY = datetime.date(2026, 11, 22)
RELEASES = tuple(map(parse_tag, ["3.12.10", "3.12.11", "3.13.4", "3.13.5", "3.13.10", "3.14.0rc1"]))


def tags(products):
    return [str(product.tag) for product in products]


def wanted_on(*platforms, releases=RELEASES, published=(), today=TODAY, builders=BUILDERS, **policy):
    return wanted(releases, platforms, builders, published=published, today=today, **policy)


def test_a_release_comes_to_a_product_for_each_builder():
    found = expand(
        Tag(Version("3.13.5")), [DEBIAN, RHEL], {"debian-12-amd64", "debian-12-arm64", "rhel-9-amd64"}, "quick"
    )

    assert [str(p) for p in found.products] == [
        "python-3.13.5 for debian-12-amd64 (quick)",
        "python-3.13.5 for debian-12-arm64 (quick)",
        "python-3.13.5 for rhel-9-amd64 (quick)",
    ]


def test_an_architecture_that_nobody_named_is_left_out_without_a_word():
    found = expand(Tag(Version("3.13.5")), [DEBIAN, RHEL], {"debian-12-amd64", "rhel-9-amd64"}, "quick")

    assert [p.architecture for p in found.products] == ["amd64", "amd64"]
    assert found.left_out == {}


def test_an_architecture_that_is_asked_for_by_name_and_has_no_worker_is_said():
    found = expand(Tag(Version("3.13.5")), [DEBIAN, RHEL], BUILDERS, "quick", ["amd64", "arm64"])

    assert [p.builder for p in found.products] == ["debian-12-amd64", "rhel-9-amd64"]
    assert found.left_out == {"no worker for arm64": ("debian-12", "rhel-9")}


def test_a_platform_without_any_worker_is_left_out_and_said():
    found = expand(Tag(Version("3.13.5")), [DEBIAN, RHEL], {"debian-12-amd64"}, "quick")

    assert [p.builder for p in found.products] == ["debian-12-amd64"]
    assert found.left_out == {"no worker for amd64 or arm64": ("rhel-9",)}


def test_a_platform_without_its_worker_image_is_left_out_with_what_to_type():
    own = DockerHost(name="docker", url="unix:///var/run/docker.sock", master="172.17.0.1")
    imageless = {"rhel-9-amd64": MissingImage(platform="rhel-9", image="worker:rhel-9", hosts=(own,))}

    found = expand(Tag(Version("3.13.5")), [DEBIAN, RHEL], BUILDERS, "quick", imageless=imageless)

    assert [p.builder for p in found.products] == ["debian-12-amd64"]
    assert found.left_out == {"no image on docker: `make images PLATFORM=rhel-9`": ("rhel-9",)}


def test_an_architecture_without_an_image_that_nobody_named_is_left_out_without_a_word():
    own = DockerHost(name="arm", url="unix:///var/run/docker.sock", master="172.17.0.1", architecture="arm64")
    imageless = {"debian-12-arm64": MissingImage(platform="debian-12", image="worker:debian-12", hosts=(own,))}
    builders = {"debian-12-amd64", "debian-12-arm64"}

    found = expand(Tag(Version("3.13.5")), [DEBIAN], builders, "quick", imageless=imageless)
    named = expand(Tag(Version("3.13.5")), [DEBIAN], builders, "quick", ["arm64"], imageless=imageless)

    assert ([p.builder for p in found.products], found.left_out) == (["debian-12-amd64"], {})
    assert (named.products, [*named.left_out]) == ((), ["no image on arm: `make images PLATFORM=debian-12 ARCH=arm64`"])


def test_a_platform_that_is_too_new_for_a_release_is_left_out_and_said():
    young = dataclasses.replace(DEBIAN, oldest_python="3.10")

    found = expand(Tag(Version("3.9.25")), [young, RHEL], BUILDERS, "quick")

    assert [p.platform for p in found.products] == [RHEL]
    assert found.left_out["needs CPython 3.10 or newer"] == ("debian-12",)


def test_a_new_platform_starts_at_the_latest_patch_of_each_minor():
    assert tags(wanted_on(DEBIAN)) == ["3.12.11", "3.13.10"]


def test_what_is_wanted_by_itself_is_optimized_and_ordinary():
    assert {(p.profile, p.variant) for p in wanted_on(DEBIAN, RHEL)} == {("optimized", "")}


def test_backfill_all_wants_every_final_release():
    assert tags(wanted_on(DEBIAN, backfill="all")) == ["3.12.10", "3.12.11", "3.13.4", "3.13.5", "3.13.10"]


def test_backfill_none_wants_nothing_where_nothing_is():
    assert wanted_on(DEBIAN, backfill="none") == ()


def test_backfill_none_wants_what_is_newer_than_what_there_is(make_product):
    newer = (*RELEASES, parse_tag("3.14.0"))

    found = wanted_on(DEBIAN, releases=newer, published=[make_product("3.13.5")], backfill="none")

    assert tags(found) == ["3.13.5", "3.13.10", "3.14.0"]


def test_a_platform_misses_nothing_from_its_oldest_on(make_product):
    assert tags(wanted_on(DEBIAN, published=[make_product("3.13.4")])) == ["3.12.11", "3.13.4", "3.13.5", "3.13.10"]


@pytest.mark.parametrize(
    "other", [{"platform": "rhel-9"}, {"architecture": "arm64"}, {"profile": "quick"}, {"variant": "t"}]
)
def test_what_another_product_has_does_not_count(make_product, other):
    assert tags(wanted_on(DEBIAN, published=[make_product("3.13.4", **other)])) == ["3.12.11", "3.13.10"]


def test_pre_releases_are_wanted_where_they_are_switched_on():
    assert tags(wanted_on(DEBIAN, prereleases=True)) == ["3.12.11", "3.13.10", "3.14.0rc1"]


def test_a_pre_release_never_takes_the_place_of_the_latest_final_release():
    releases = map(parse_tag, ["3.14.3", "3.14.4", "3.14.5rc1"])

    assert tags(wanted_on(DEBIAN, releases=releases, prereleases=True)) == ["3.14.4", "3.14.5rc1"]


def test_a_platform_past_its_support_gets_nothing_new(make_product):
    published = [make_product("3.13.4", "opensuse-155")]

    assert wanted_on(OLD, published=published, backfill="all") == ()
    assert tags(wanted_on(OLD, published=published, today=OLD.end_of_support)) == [
        "3.12.11",
        "3.13.4",
        "3.13.5",
        "3.13.10",
    ]


def test_only_what_builds_on_a_platform_counts_for_its_latest():
    young = dataclasses.replace(DEBIAN, oldest_python="3.13")

    assert tags(wanted_on(young)) == ["3.13.10"]


def test_a_platform_without_a_builder_is_not_wanted():
    assert wanted_on(DEBIAN, builders={"rhel-9-amd64"}) == ()


def test_what_exists_or_is_asked_for_is_not_missing(make_product):
    a, b, c = (make_product(v) for v in ("3.12.11", "3.13.5", "3.13.10"))

    found = missing([a, b, c], published=[a], pending=[b])

    assert found == (c,)


def test_when_all_exists_nothing_is_missing():
    products = wanted_on(DEBIAN, RHEL)

    assert missing(products, published=products, pending=()) == ()


def test_the_most_urgent_comes_first_finals_before_pre_releases_newer_before_older(make_product):
    products = [make_product(v) for v in ("3.15.0a1", "3.9.25", "3.14.0", "3.10.1", "3.15.0b1")]

    found = missing(products, published=(), pending=())

    assert tags(found) == ["3.14.0", "3.10.1", "3.9.25", "3.15.0b1", "3.15.0a1"]


def test_what_a_person_asks_for_is_built_before_a_final_release_before_a_pre_release_before_a_rebuild():
    final, candidate = Version("3.14.0"), Version("3.14.0rc1")

    assert PERSON_PRIORITY > priority(final) > BACKLOG_PRIORITY > priority(candidate) > REBUILD_PRIORITY


@pytest.mark.parametrize("backfill", ["latest", "all"])
def test_the_plan_settles_once_everything_wanted_is_published(backfill):
    first = wanted_on(DEBIAN, RHEL, backfill=backfill)

    again = wanted_on(DEBIAN, RHEL, published=first, backfill=backfill)

    assert again == first


def test_a_platform_past_its_support_holds_no_later_one_of_the_table_back():
    past, lives = platform_named("ubuntu-2004"), platform_named("debian-12")

    assert {
        p.platform
        for p in wanted(
            RELEASES, [past, lives], {f"{past.name}-amd64", f"{lives.name}-amd64"}, published=(), today=TODAY
        )
    } == {lives}


def test_a_platform_past_its_support_that_is_kept_gets_what_is_new():
    assert tags(wanted_on(OLD, keep=["opensuse-155"])) == ["3.12.11", "3.13.10"]


def test_an_architecture_that_is_not_asked_for_is_neither_built_nor_missed():
    builders = {"debian-12-amd64", "debian-12-arm64", "rhel-9-amd64"}

    found = expand(Tag(Version("3.13.5")), [DEBIAN, RHEL], builders, "quick", ["amd64"])

    assert [p.builder for p in found.products] == ["debian-12-amd64", "rhel-9-amd64"]
    assert found.left_out == {}


def test_a_request_names_exactly_what_it_is_for(make_product):
    products = [
        make_product("3.13.5", "debian-12", architecture="amd64"),
        make_product("3.13.5", "debian-12", architecture="arm64"),
        make_product("3.13.5", "rhel-9", architecture="amd64"),
        make_product("3.13.5", "debian-13", architecture="amd64"),
        make_product("3.12.4", "rhel-9", architecture="amd64"),
    ]

    found = split_into_requests(
        products, {f"{p}-{a}" for p in ("debian-12", "rhel-9", "debian-13") for a in ("amd64", "arm64")}
    )

    assert [(str(a.tag), a.platforms, a.architectures) for a in found] == [
        ("3.13.5", ["debian-12"], ["amd64", "arm64"]),
        ("3.13.5", ["rhel-9", "debian-13"], ["amd64"]),
        ("3.12.4", ["rhel-9"], ["amd64"]),
    ]
    assert sorted(str(p) for a in found for p in a.products) == sorted(map(str, products))


def test_one_request_is_enough_where_the_farm_has_nothing_that_it_would_name_too_much(make_product):
    products = [
        make_product("3.13.5", "debian-12", architecture="amd64"),
        make_product("3.13.5", "debian-12", architecture="arm64"),
        make_product("3.13.5", "rhel-9", architecture="amd64"),
    ]

    (ask,) = split_into_requests(products, {product.builder for product in products})

    assert (ask.platforms, ask.architectures) == (["debian-12", "rhel-9"], ["amd64", "arm64"])


BOTH = tuple(map(parse_tag, ["3.13.5", "3.14.6", "3.14.6t", "3.14.7", "3.14.7t"]))


def test_the_free_threaded_build_is_a_product_of_its_own():
    (product,) = expand(parse_tag("3.14.7t"), [DEBIAN], BUILDERS, "optimized").products

    assert (str(product.version), product.variant, product.package) == ("3.14.7", "t", "python-3.14.7t")


def test_each_variant_starts_at_its_latest_and_misses_nothing_from_its_own_oldest_on(make_product):
    assert tags(wanted_on(DEBIAN, releases=BOTH)) == ["3.13.5", "3.14.7", "3.14.7t"]
    assert tags(wanted_on(DEBIAN, releases=BOTH, published=[make_product("3.14.6", variant="t")])) == [
        "3.13.5",
        "3.14.6t",
        "3.14.7",
        "3.14.7t",
    ]


def test_with_no_backfill_a_variant_is_wanted_where_there_is_an_older_one_of_it(make_product):
    ordinary, free = make_product("3.14.6"), make_product("3.14.6", variant="t")

    assert tags(wanted_on(DEBIAN, releases=BOTH, published=[ordinary], backfill="none")) == ["3.14.6", "3.14.7"]
    assert "3.14.7t" in tags(wanted_on(DEBIAN, releases=BOTH, published=[ordinary, free], backfill="none"))


def test_what_is_published_of_one_variant_is_missing_of_the_other(make_product):
    ordinary, free = make_product("3.14.7"), make_product("3.14.7", variant="t")

    assert missing([ordinary, free], published=[ordinary], pending=()) == (free,)
    assert missing([ordinary, free], published=(), pending=[free]) == (ordinary,)


def test_of_one_version_the_ordinary_build_comes_first(make_product):
    products = [make_product("3.13.5"), make_product("3.14.7", variant="t"), make_product("3.14.7")]

    assert tags(missing(products, published=(), pending=())) == ["3.14.7", "3.14.7t", "3.13.5"]


def test_a_request_is_for_one_variant(make_product):
    products = [make_product("3.14.7", p, variant=v) for v in ("", "t") for p in ("debian-12", "rhel-9")]

    assert [(str(a.tag), a.platforms) for a in split_into_requests(products, BUILDERS)] == [
        ("3.14.7", ["debian-12", "rhel-9"]),
        ("3.14.7t", ["debian-12", "rhel-9"]),
    ]


def test_a_pre_release_whose_release_is_there_is_not_wanted_any_more(make_product):
    releases = list(map(parse_tag, ["3.15.0rc1", "3.15.0rc2", "3.15.0"]))
    published = [make_product("3.15.0rc1")]

    assert tags(wanted_on(DEBIAN, releases=releases[:2], published=published, prereleases=True)) == [
        "3.15.0rc1",
        "3.15.0rc2",
    ]
    assert tags(wanted_on(DEBIAN, releases=releases, published=published, prereleases=True)) == ["3.15.0"]
    assert len(wanted_on(DEBIAN, releases=releases, prereleases=True, backfill="all")) == 3
