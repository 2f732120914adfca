"""What each series of CPython taught, in miniature: `make build` of every one of them, by one recipe."""

import json
import tarfile

import pytest

from tests.e2e.farms import FarmUnderTest, mini_tarball

SERIES = ("3.9.25", "3.10.21", "3.12.14", "3.13.15", "3.14.7", "3.15.0rc1")


def files_of(farm: FarmUnderTest, pattern: str) -> dict[str, str]:
    """Read the text files of a published tarball, by their names below its top folder."""
    (path,) = [farm.settings.store / name for name in farm.files(pattern)]
    with tarfile.open(path) as tarball:
        members = {m.name.partition("/")[2]: tarball.extractfile(m) for m in tarball if m.isfile()}
        return {name: file.read().decode(errors="replace") for name, file in members.items() if file}


@pytest.mark.parametrize("version", SERIES)
def test_every_series_is_built_by_the_same_recipe(farm: FarmUnderTest, version: str) -> None:
    mini_tarball(farm.tarballs, version)

    done = farm.build(version)

    assert done.returncode == 0, done.stdout
    (record,) = farm.files(f"quick/python/*/records/{version}-*")
    configured = json.loads((farm.settings.store / record).read_bytes())["built_with"]["configure"]
    assert "--without-system-libmpdec" in configured, "what CPython brings is used, whatever is installed"
    for ending in ("", "-uv"):
        found = files_of(farm, f"quick/python/*/python-{version}-*[0-9]{ending}.tar.gz")
        assert not [name for name, text in found.items() if str(farm.folder) in text]


def test_files_that_a_series_adds_name_neither_the_build_nor_where_a_moved_tree_was_built_for(
    farm: FarmUnderTest,
) -> None:
    mini_tarball(farm.tarballs, "3.14.7")

    assert farm.build("3.14.7").returncode == 0
    for ending in ("", "-uv"):
        found = files_of(farm, f"quick/python/*/python-3.14.7-*[0-9]{ending}.tar.gz")
        variables = json.loads(found["lib/python3.14/_sysconfig_vars__linux_mini.json"])
        assert variables == {"CXX": "g++", "LIBDIR": "../../lib", "userbase": "/usr/src/home/.local"}
        details = json.loads(found["lib/python3.14/build-details.json"])
        assert details == {"base_prefix": "../..", "base_interpreter": "bin/python3"}


def test_a_tarball_of_another_release_is_refused_with_both_numbers_and_not_kept(farm: FarmUnderTest) -> None:
    mini_tarball(farm.tarballs, "3.13.7", HOLDS="3.13.6")

    done = farm.build("3.13.7")

    assert done.returncode == 1
    assert "holds CPython 3.13.6" in done.stdout
    assert "should hold 3.13.7" in done.stdout
    assert farm.files("sources/**/*") == []


def test_a_library_that_cannot_be_had_is_named_with_its_digest_before_anything_is_compiled(farm: FarmUnderTest) -> None:
    mini_tarball(farm.tarballs, "3.16.0a1")
    (farm.tarballs / "mpdecimal-4.0.1.tar.gz").write_bytes(b"something else")

    done = farm.build("3.16.0a1")

    assert done.returncode == 1
    assert "no source has mpdecimal-4.0.1.tar.gz" in done.stdout
    assert "96d33abb4bb0070c7be0fed4246cd38416188325f820468214471938545b1ac8" in done.stdout
    assert farm.files("sources/libraries/*") == []
