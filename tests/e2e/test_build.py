"""`make build`, from a tarball to an index, and what it says when it cannot."""

import json
import os
import shutil
import stat
import subprocess

import pytest

from python_builds.core.indexes.manifest import KINDS
from python_builds.core.platforms.platforms import platform_named
from python_builds.core.publishing.served import is_for_clients
from python_builds.core.settings.setting_types import CHECKOUT
from python_builds.farm.workers.workers import base_root
from tests.e2e.farms import FarmUnderTest, make_farm, mini_tarball, platform_builder
from tests.preconditions import needs


@pytest.mark.parametrize("umask", [0o027, 0o077], ids=oct)
def test_whatever_the_umask_what_a_build_publishes_is_for_everyone(farm: FarmUnderTest, umask: int) -> None:
    before = os.umask(umask)
    try:
        done = farm.build("3.11.2")
    finally:
        os.umask(before)

    assert done.returncode == 0, done.stdout
    store = farm.settings.store
    own = {store / key for key in farm.files("**/*") if not is_for_clients(f"{key}/any") or not is_for_clients(key)}
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (store, *store.rglob("*"))}
    assert {mode for path, mode in modes.items() if path not in own} == {0o755, 0o644}
    assert own and not any(mode & 0o077 for path, mode in modes.items() if path in own)
    assert not [path for path in modes if path.name.startswith(".") or "lock" in path.name]


def test_one_command_ends_with_a_package_and_an_index_that_names_it(farm: FarmUnderTest) -> None:
    done = farm.build("3.11.2")

    assert done.returncode == 0, done.stdout
    (package,) = farm.files("quick/python/*/pkgs/python-3.11.2_1_*.deb")
    shown = subprocess.run(
        ["dpkg-deb", "--field", farm.settings.store / package], capture_output=True, text=True, check=True
    )
    assert "Package: python-3.11.2\n" in shown.stdout
    assert "zlib1g" in shown.stdout, "the dependency on zlib was not computed"
    assert (farm.settings.store / "quick/python/versions.json").read_bytes() == b'{"python_versions": ["3.11.2"]}'
    index = json.loads((farm.settings.store / "quick/python/index.json").read_bytes())
    assert {b["kind"] for b in index["builds"]} == {*KINDS} - {"rpm"}
    assert all((farm.settings.store / "quick/python" / b["url"]).is_file() for b in index["builds"])
    assert f"sudo apt-get install {farm.settings.store / package}" in done.stdout
    assert farm.processes() == [], "make build left something running"


def test_percent_signs_in_the_names_of_folders_do_no_harm() -> None:
    """Of the state's and the checkout's: CI names a checkout after its branch, as in ci%2Fmain."""
    with make_farm("-100%of-%s") as farm:
        checkout = farm.folder / "ci%2Fmain-%o-%(x)s"
        for name in ("master", "scripts", "worker", "dockerfiles", "installer"):
            shutil.copytree(CHECKOUT / name, checkout / name, ignore=shutil.ignore_patterns("__pycache__"))
        farm.environment["PYTHONPATH"] = str(checkout / "master")
        mini_tarball(farm.tarballs, "3.11.2")
        done = farm.build("3.11.2", PROFILE="optimized")

        assert (farm.settings.state_dir / "master/buildbot.tac").readlink().is_relative_to(checkout)
    assert done.returncode == 0, done.stdout


def test_a_product_that_nobody_could_check_says_so(farm: FarmUnderTest) -> None:
    done = farm.build("3.11.2")

    (record,) = farm.files("quick/python/*/records/*")
    assert json.loads((farm.settings.store / record).read_bytes())["checked"] is False
    assert "warning  check the package" in done.stdout
    assert "published as revision 1, though its package was not tried on an untouched system" in done.stdout
    assert "no worker for" not in done.stdout, "nobody asked for another architecture"


def test_a_second_request_finds_what_exists_and_a_forced_one_makes_revision_2(farm: FarmUnderTest) -> None:
    farm.build("3.11.2")
    again, forced = farm.build("3.11.2"), farm.build("3.11.2", FORCE="1")

    assert again.returncode == forced.returncode == 0
    assert "built already" in again.stdout
    assert "_1_" in again.stdout
    assert len(farm.files("quick/python/*/pkgs/*.deb")) == 4, "two revisions, each with its metapackage"
    assert farm.files("quick/python/*/pkgs/python-3.11.2_2_*.deb")
    assert farm.files("quick/python/*/python-3.11.2-*-r2.tar.gz")


def test_the_newest_final_release_is_built_by_default(farm: FarmUnderTest) -> None:
    mini_tarball(farm.tarballs, "3.13.0rc1")
    mini_tarball(farm.tarballs, "3.9.20")

    assert farm.build("").returncode == 0
    assert farm.files("quick/python/*/records/*")[0].rpartition("/")[2].startswith("3.11.2-")


def test_a_failing_configure_shows_its_error_and_its_log(farm: FarmUnderTest) -> None:
    mini_tarball(farm.tarballs, "3.11.3", CONFIGURE_ERROR="nocompiler")

    done = farm.build("3.11.3")

    assert done.returncode == 1
    assert "FAILED  configure" in done.stdout
    assert "configure: error: nocompiler" in done.stdout
    assert farm.files("quick/python/*/records/*") == []
    assert (
        not (farm.settings.store / "quick/python/index.json").exists()
        or "3.11.3" not in (farm.settings.store / "quick/python/index.json").read_text()
    )


def test_a_missing_stdlib_module_fails_the_build_by_name(farm: FarmUnderTest) -> None:
    mini_tarball(farm.tarballs, "3.11.4", MISSING_MODULE="_tkinter")

    done = farm.build("3.11.4")

    assert done.returncode == 1
    assert "FAILED  check the stdlib" in done.stdout
    assert "not built: _tkinter" in done.stdout
    assert "allowed_missing" in done.stdout
    assert farm.files("quick/python/*/records/*") == []


def test_a_tarball_that_is_not_what_its_source_vouches_for_is_deleted_and_nothing_runs(farm: FarmUnderTest) -> None:
    path = mini_tarball(farm.tarballs, "3.11.5")
    digest = path.with_name(f"{path.name}.sha256").read_text().split()[0]
    path.write_bytes(path.read_bytes() + b"tampered")

    done = farm.build("3.11.5")

    assert done.returncode == 1
    assert f"its source vouches for {digest}" in done.stdout
    assert "has SHA-256" in done.stdout
    assert farm.files("sources/**/*") == []
    assert farm.files("quick/**/pkgs/*") == []


def test_a_package_that_fails_its_check_is_not_published() -> None:
    needs(os.geteuid() == 0, "a package is tried by root")
    with make_farm(package_check="true") as farm:
        mini_tarball(farm.tarballs, "3.11.2")
        platform = platform_named(platform_builder().rpartition("-")[0])
        base_root(platform, farm.settings).mkdir(parents=True)  # a base system in which nothing can be tried
        done = farm.build("3.11.2")
        left = [name for kind in ("pkgs/*", "*.tar.gz", "records/*") for name in farm.files(f"quick/python/*/{kind}")]
        index = json.loads((farm.settings.store / "quick/python/index.json").read_bytes())

    assert done.returncode == 1
    assert "FAILED  check the package" in done.stdout
    assert "is not a base system" in done.stdout
    assert (left, index["builds"]) == ([], [])


def test_a_version_that_no_source_has_names_those_that_can_be_had(farm: FarmUnderTest) -> None:
    done = farm.build("3.11.99")

    assert done.returncode == 1
    assert "no source has CPython 3.11.99" in done.stdout
    assert "They list 3.11.2" in done.stdout


def test_a_tarball_that_is_not_vouched_for_well_enough_is_not_used(farm: FarmUnderTest) -> None:
    farm.environment["PYTHON_BUILDS_MINIMUM_TRUST"] = "sigstore"

    done = farm.build("3.11.2")

    assert done.returncode == 1
    assert "vouched for by digest only; PYTHON_BUILDS_MINIMUM_TRUST asks for sigstore" in done.stdout


def test_bad_arguments_are_refused_before_anything_starts(farm: FarmUnderTest) -> None:
    done = farm.build("3.11.9; rm -rf /", PLATFORM="debian-99", PROFILE="fast")

    assert done.returncode == 1
    for sentence in (
        "'3.11.9; rm -rf /' is not a CPython version",
        "'debian-99' is not a platform",
        "profile is 'fast'",
    ):
        assert sentence in done.stdout
    assert not (farm.settings.state_dir / "start.lock").exists()


def test_a_platform_that_nothing_here_builds_for_is_refused_with_the_reason(farm: FarmUnderTest) -> None:
    done = farm.build("3.11.2", PLATFORM="opensuse-155")

    assert done.returncode == 1
    assert f"it builds for {platform_builder().rpartition('-')[0]}" in done.stdout


def test_without_settings_or_docker_it_builds_on_this_machine_and_says_why(farm: FarmUnderTest) -> None:
    del farm.environment["PYTHON_BUILDS_DOCKER_HOSTS"]
    farm.environment["DOCKER_HOST"] = f"unix://{farm.folder}/docker.sock"

    done = farm.build("3.11.2")

    assert done.returncode == 0, done.stdout
    assert f"builds run on this machine: no Docker engine answers at unix://{farm.folder}/docker.sock" in done.stdout


def test_make_build_asks_for_a_variant_and_for_a_pre_release_as_they_are_typed(farm: FarmUnderTest) -> None:
    for version in ("3.14.1", "3.15.0rc1"):
        mini_tarball(farm.tarballs, version)
    free, candidate = farm.build("3.14.1t"), farm.build(" 3.15.0rc1 ")

    assert "release: CPython 3.14.1t (quick) for " in free.stdout
    assert f"{platform_builder()}: CPython 3.14.1t\n" in free.stdout
    assert candidate.returncode == 0, candidate.stdout
    index = json.loads((farm.settings.store / "quick/python/index.json").read_bytes())
    assert {(b["python_version"], b["channel"]) for b in index["builds"]} >= {("3.15.0rc1", "prerelease")}
    assert (farm.settings.store / "quick/python/versions.json").read_bytes().find(b"3.15.0rc1") == -1


def test_what_is_no_build_is_refused_before_anything_starts(farm: FarmUnderTest) -> None:
    for typed, said in (
        ("3.12t", "has no free-threaded build, which came with 3.13; give 3.12"),
        ("3.14.7T", "did you mean 3.14.7t?"),
        ("3.12.1t", "the free-threaded one came with 3.13; give 3.12.1"),
        ("newest-t", "`newest` is the newest ordinary build"),
    ):
        done = farm.build(typed)

        assert (done.returncode, said in done.stdout) == (1, True), done.stdout
    assert not (farm.settings.state_dir / "start.lock").exists()


def test_a_release_that_is_not_out_is_answered_with_its_pre_releases(farm: FarmUnderTest) -> None:
    for version in ("3.16.0a1", "3.16.0a2"):
        mini_tarball(farm.tarballs, version)

    done = farm.build("3.16.0")

    assert done.returncode == 1
    assert "There are only pre-releases of 3.16.0, 3.16.0a2, 3.16.0a1: name one of them exactly." in done.stdout
