"""What breaking the glass comes to."""

import datetime

from python_builds.core.building.requests import parse_rebuild_request
from python_builds.core.planning.rebuild import to_rebuild
from python_builds.core.platforms.platforms import platform_named

BUILDERS = {
    f"{name}-{architecture}": (platform_named(name), architecture)
    for name, architecture in (
        ("debian-12", "amd64"),
        ("debian-12", "arm64"),
        ("rhel-9", "amd64"),
        ("opensuse-155", "amd64"),
    )
}
TODAY = datetime.date(2026, 11, 22)


def rebuilt(published=(), keep=(), **properties):
    found = to_rebuild(parse_rebuild_request(properties), BUILDERS, published=published, today=TODAY, keep=keep)
    return [f"{product.tag} {product.builder}" for product in found.products]


def test_everything_is_what_is_published_the_newest_first(make_product):
    published = [make_product("3.12.4"), make_product("3.13.5", "rhel-9"), make_product("3.9.1", "opensuse-155")]

    assert rebuilt(published, versions="all") == [
        "3.13.5 rhel-9-amd64",
        "3.12.4 debian-12-amd64",
        "3.9.1 opensuse-155-amd64",
    ]
    assert rebuilt(published, versions="all", platforms=["rhel-9"]) == ["3.13.5 rhel-9-amd64"]
    assert rebuilt(versions="all") == []


def test_a_named_version_is_built_wherever_the_farm_can_on_what_is_supported():
    assert rebuilt(versions="3.13.5") == [
        "3.13.5 debian-12-amd64",
        "3.13.5 debian-12-arm64",
        "3.13.5 rhel-9-amd64",
    ]


def test_a_platform_past_its_support_is_built_where_it_is_named_kept_or_published(make_product):
    expected = "3.13.5 opensuse-155-amd64"

    assert rebuilt(versions="3.13.5", platforms=["opensuse-155"]) == [expected]
    assert expected in rebuilt(versions="3.13.5", keep=["opensuse-155"])
    assert expected in rebuilt([make_product("3.13.5", "opensuse-155")], versions="3.13.5")


def test_a_minor_is_the_newest_of_its_releases_that_is_published(make_product):
    published = [make_product("3.13.4"), make_product("3.13.5"), make_product("3.13.6", variant="t")]

    assert rebuilt(published, versions="3.13", platforms=["debian-12"], architectures=["amd64"]) == [
        "3.13.5 debian-12-amd64"
    ]
    assert rebuilt(published, versions="3.13t", architectures=["amd64"], platforms=["debian-12"]) == [
        "3.13.6t debian-12-amd64"
    ]


def test_a_minor_of_which_nothing_is_published_is_left_out_with_a_sentence(make_product):
    request = parse_rebuild_request({"versions": "3.12 3.13"})

    found = to_rebuild(request, BUILDERS, published=[make_product("3.13.5")], today=TODAY)

    assert found.sentences[0] == "no release of 3.12 is published"
    assert {str(product.tag) for product in found.products} == {"3.13.5"}


def test_architectures_narrow_it():
    assert rebuilt(versions="3.13.5 3.12.4", architectures=["arm64"]) == [
        "3.13.5 debian-12-arm64",
        "3.12.4 debian-12-arm64",
    ]


def test_a_variant_is_named_as_it_is_typed_and_everything_is_both(make_product):
    published = [make_product("3.14.7"), make_product("3.14.7", variant="t"), make_product("3.13.15")]

    assert rebuilt(published, versions="3.14.7t 3.13.15", platforms=["debian-12"], architectures=["amd64"]) == [
        "3.14.7t debian-12-amd64",
        "3.13.15 debian-12-amd64",
    ]
    assert rebuilt(published, versions="all") == [
        "3.14.7 debian-12-amd64",
        "3.14.7t debian-12-amd64",
        "3.13.15 debian-12-amd64",
    ]


def test_what_is_left_out_is_said_once_for_all_versions_that_were_named_and_not_where_nobody_named_one(make_product):
    versions = parse_rebuild_request({"versions": "3.13.5 3.12.4", "platforms": ["debian-12", "debian-13"]})
    found = to_rebuild(versions, BUILDERS, published=(), today=TODAY)
    everything = parse_rebuild_request({"versions": "all", "platforms": ["debian-12", "debian-13"]})

    assert found.sentences == ["no worker for amd64 or arm64 (debian-13)"]
    assert to_rebuild(everything, BUILDERS, published={make_product("3.13.5")}, today=TODAY).sentences == []
