"""Libraries that a CPython comes without: which, for whom, and that what travels is known by its digest."""

import re

import pytest
from packaging.version import Version

from python_builds.core.platforms.platforms import PLATFORMS, platform_named
from python_builds.core.publishing.artifacts import check_key, library_key
from python_builds.core.publishing.records import library_source
from python_builds.core.upstream.static_libraries import LIBRARIES, libraries_needed


@pytest.mark.parametrize("version, needed", [("3.9.25", []), ("3.15.0rc1", []), ("3.16.0a0", ["mpdecimal"])])
def test_a_library_is_built_for_the_series_that_come_without_it(version: str, needed: list[str]) -> None:
    found = libraries_needed(platform_named("debian-12").static_libraries, Version(version))

    assert [library.name for library in found] == needed


def test_every_library_has_a_digest_a_key_and_a_platform_that_builds_it() -> None:
    for library in LIBRARIES:
        assert re.fullmatch("[0-9a-f]{64}", library_source(library).sha256)
        assert check_key(library_key(library.tarball)) == f"sources/libraries/{library.tarball}"
        assert library.version in library.tarball
        assert any(library.name in platform.static_libraries for platform in PLATFORMS)


def test_a_row_names_libraries_that_there_are() -> None:
    known = {library.name for library in LIBRARIES}
    for platform in PLATFORMS:
        unknown = {*platform.static_libraries} - known
        assert not unknown, (
            f"{platform.name}: static_libraries names {unknown}; core/upstream/static_libraries.py has {known}"
        )
