"""Whole builds of hostile tarballs: what they reach for is out of their reach, or ends them with a sentence."""

import os
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from python_builds.core.building.stages import CHECK_STEP
from python_builds.core.platforms.platforms import platform_named
from python_builds.farm.workers.workers import base_root
from tests.e2e.farms import FarmUnderTest, make_farm, mini_tarball, platform_builder, wait
from tests.preconditions import needs

LEFT_RUNNING = """
env -i setsid /bin/sh -c '
until [ -e /nonexistent ]; do
  for folder in ../dist/.deb.*/debian/*/DEBIAN ../sealed/dist/.deb.*/debian/*/DEBIAN; do
    printf "#!/bin/sh\\nid >/pwned\\n" >"$folder/postinst" && chmod 755 "$folder/postinst"
  done
  sleep 0.01
done' left-by-a-hostile-build >/dev/null 2>&1 &
"""
"""Waits beside the packaging for the folder of the package's scripts."""

ITS_OWN_PACKAGE = """
mkdir -p nano/DEBIAN
printf 'Package: nano\\nVersion: 99\\nArchitecture: amd64\\nMaintainer: x <x@x>\\nDescription: x\\n' >nano/DEBIAN/control
for name in ../dist/python-3.11.2_1_amd64.deb ../dist/.python-3.11.2_1_amd64.deb; do
  dpkg-deb --build nano "$name"
  sha256sum "$name" >"$name.sha256"
done
ln -sf /etc/hostname ../dist/python-3.11.2-debian-12.tar.gz
"""


@pytest.fixture
def farm() -> Iterator[FarmUnderTest]:
    with make_farm() as made:
        yield made


def deb(farm: FarmUnderTest) -> Path:
    (key,) = farm.files("quick/python/*/pkgs/python-3.11.2_*.deb")
    return Path(farm.settings.store) / key


def test_a_process_that_a_build_left_and_a_package_of_its_own_change_nothing(farm: FarmUnderTest) -> None:
    mini_tarball(farm.tarballs, "3.11.2", {"configure": LEFT_RUNNING, "install": ITS_OWN_PACKAGE})
    done = farm.build("3.11.2")

    assert done.returncode == 0, done.stdout
    listed = subprocess.check_output(["dpkg-deb", "--ctrl-tarfile", deb(farm)])
    names = subprocess.run(["tar", "-t"], input=listed, capture_output=True, check=True).stdout.decode().split()
    assert names == ["./", "./control", "./md5sums", "./postinst", "./postrm", "./preinst", "./prerm"]
    assert subprocess.check_output(["dpkg-deb", "--field", deb(farm), "Package"], text=True) == "python-3.11.2\n"
    assert subprocess.run(["pgrep", "--full", "left-by-a-hostile-build"], capture_output=True).stdout == b""


def test_a_tree_with_what_no_package_may_hold_ends_the_build_before_anything_is_installed() -> None:
    needs(os.geteuid() == 0, "a package is tried by root")
    hostile = 'cp /bin/true "$1/bin/root"; chmod 4755 "$1/bin/root"; ln -s /etc/shadow "$1/lib/secrets"'
    with make_farm(package_check="true") as farm:
        platform = platform_named(platform_builder().rpartition("-")[0])
        base_root(platform, farm.settings).mkdir(parents=True)
        mini_tarball(farm.tarballs, "3.11.2", {"configure": "CFLAGS_NODIST= LDFLAGS_NODIST=", "install": hostile})
        farm.run("run")
        done = farm.build("3.11.2")
        client = farm.client()
        builder = client.builder_id(platform_builder())
        (build,) = client.get(f"builders/{builder}/builds")["builds"]
        begun = [step["name"] for step in client.steps(build["buildid"]) if step["started_at"] is not None]

        assert done.returncode == 1
        assert "verify the artifacts" in done.stdout
        assert "what the build left is not what was to be made" in done.stdout
        assert "'3.11.2/bin/root' has mode 4755" in done.stdout
        assert "'3.11.2/lib/secrets' is a link out of 3.11.2, to '/etc/shadow'" in done.stdout
        assert "'3.11.2/bin/python3' has no guard of its stack: it never calls __stack_chk_fail" in done.stdout
        assert "lib-dynload/_mini.so' looks functions up when it first calls them: it has no DF_BIND_NOW" in done.stdout
        assert farm.files("quick/python/*/pkgs/*") == []
        assert "verify the artifacts" in begun and not {"make the base system", CHECK_STEP} & {*begun}, begun


def left(word: str) -> list[str]:
    return subprocess.run(["pgrep", "--full", f"^{word}"], capture_output=True, text=True).stdout.split()


def test_a_process_of_a_build_outlives_neither_the_build_nor_the_farm(farm: FarmUnderTest) -> None:
    word = f"left{uuid.uuid4().hex}"
    leave = f"env -i setsid bash -c 'exec -a {word} sleep 600' </dev/null >/dev/null 2>&1 &"
    mini_tarball(farm.tarballs, "3.11.2", {"configure": f"{leave} sleep 1; pgrep -f ^{word}"})
    mini_tarball(farm.tarballs, "3.11.6", {"configure": f"{leave} sleep 600"})
    farm.run("run")
    done = farm.build("3.11.2")
    assert done.returncode == 0, done.stdout
    assert left(word) == [], "it ended with its build"

    farm.client().force("release", python_version="3.11.6", profile="quick")
    wait(lambda: left(word) != [], "what the second build leaves")
    farm.run("stop")
    assert left(word) == [], "it ended with the farm"
