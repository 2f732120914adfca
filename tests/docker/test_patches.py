"""What apt makes of a minor's package while patches come and go: it follows those that its platform has.

The packages are the scripts' own, of trees that hold next to nothing.
"""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from python_builds.adapters.digests import file_sha256
from python_builds.core.platforms.platforms import platform_named
from tests.docker.clients import in_container
from tests.script_runs import require_tool, run, work_folder, write

IMAGE = platform_named("debian-12").base_image

PREPARE = """
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
rm -f /etc/apt/sources.list /etc/apt/sources.list.d/*
echo 'deb [trusted=yes] file:/srv/now ./' >/etc/apt/sources.list
mkdir /srv/now
offer() { (cd /srv/now; rm -f *; for tag; do cp "/packages/$tag"/* .; done; cat *.control >Packages); apt-get -qq update; }
apt_get() { apt-get -qq -y -o Dpkg::Use-Pty=0 --no-install-recommends "$@"; }
"""

FOLLOW = (
    PREPARE
    + """
offer 3.99.1
apt_get install python-3.99
python3.99
readlink /opt/python/3.99
offer 3.99.1 3.99.2
apt_get upgrade
echo "upgrade alone: $(readlink /opt/python/3.99)"
apt_get upgrade --with-new-pkgs
python3.99
readlink /opt/python/3.99 /usr/local/bin/python3.99
ls /opt/python
apt_get autoremove
ls /opt/python
offer 3.99.1
apt_get install --allow-downgrades python-3.99=3.99.1-1
python3.99
apt_get purge 'python-3.99*'
ls -A /opt /usr/local/bin
echo END
"""
)

TAKEN = (
    PREPARE
    + """
mkdir -p /opt/python/3.99
offer 3.99.1
apt_get install python-3.99 && exit 1
ls -d /opt/python/3.99
rmdir /opt/python/3.99
ln -s 3.99.0 /opt/python/3.99
ln -s /opt/python/3.99.0/bin/python3 /usr/local/bin/python3.99
apt_get install -f python-3.99
readlink /opt/python/3.99 /usr/local/bin/python3.99
"""
)


REMOVED = (
    PREPARE
    + """
offer 3.99.1
apt_get install python-3.99
rm -rf /opt/python
apt_get purge 'python-3.99*'
dpkg --audit
ls -A /opt /usr/local/bin
echo END
"""
)

FRESH = (
    PREPARE
    + """
offer 3.98.0rc1 3.99.1 3.99.2 3.99.2t 3.99.10
apt_get install python-3.99 >/dev/null
ls /opt/python
apt_get install python-3.98 >/dev/null
ls /opt/python
"""
)

FREE_THREADED = (
    PREPARE
    + """
offer 3.99.2 3.99.2t
apt_get install python-3.99t python-3.99 >/dev/null
python3.99t
readlink /opt/python/3.99t /usr/local/bin/python3.99t
readlink -f /usr/local/share/man/man1/python3.99t.1
apt_get purge python-3.99t >/dev/null
ls /opt/python
readlink -f /usr/local/bin/* /usr/local/share/man/man1/*
"""
)


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder for each version with its packages, and for each a paragraph of apt's index."""
    require_tool("dpkg-deb", "dpkg")
    folder = tmp_path_factory.mktemp("packages")
    for version in ("3.98.0rc1", "3.99.1", "3.99.2", "3.99.10", "3.99.2t"):
        prefix, minor = f"/opt/python/{version}", version[:4] + "t" * version.endswith("t")
        steps = [("package-deb.sh", f"python-{version}", "1", "amd64", prefix, "gzip")]
        if "rc" not in version:
            steps.append(("metapackage-deb.sh", f"python-{minor}", f"{version.rstrip('t')}-1", "amd64", prefix))
        with work_folder() as work:
            tree = work / "stage" / prefix[1:]
            write(work / "logs/source-date-epoch", "1700000000\n")
            write(tree / f"bin/python{minor}", f"#!/bin/sh\necho this is {version}\n", executable=True)
            # CPython's own page has no other name where it is free-threaded.
            write(tree / f"share/man/man1/python{minor.rstrip('t')}.1", ".TH python\n")
            subprocess.run(["chown", "-R", "--reference", work / "dist", work / "stage"], check=True)
            for script, *words in steps:
                run(work, script, *words, as_build_user=True).check_returncode()
            for deb in (work / "dist").glob("*.deb"):
                control = subprocess.check_output(["dpkg-deb", "--field", deb], text=True)
                found = f"Filename: ./{deb.name}\nSize: {deb.stat().st_size}\nSHA256: {file_sha256(deb)}\n\n"
                write(folder / version / f"{deb.name}.control", control + found)
                shutil.copy(deb, folder / version)
    return folder


def test_the_package_of_a_minor_follows_its_patches_and_the_old_one_stays_until_it_is_removed(packages: Path) -> None:
    done = in_container(IMAGE, FOLLOW, packages)
    said = [line for line in done.stdout.splitlines() if re.match("this is|upgrade alone|[/0-9]|END", line)]

    assert done.returncode == 0, done.stderr
    assert said == [
        *("this is 3.99.1", "3.99.1"),
        "upgrade alone: 3.99.1",
        *("this is 3.99.2", "3.99.2", "/opt/python/3.99/bin/python3.99"),
        *("3.99", "3.99.1", "3.99.2"),
        *("3.99", "3.99.2"),
        "this is 3.99.1",
        *("/opt:", "/usr/local/bin:"),
        "END",
    ]


def test_what_stands_where_the_link_belongs_is_said_and_links_of_ours_are_taken_over(packages: Path) -> None:
    done = in_container(IMAGE, TAKEN, packages)

    assert done.returncode == 0, done.stderr
    assert "/opt/python/3.99 is not this package's link to a version. Move it away and install again" in done.stderr
    assert "\n/opt/python/3.99\n" in done.stdout
    assert done.stdout.endswith("\n3.99.1\n/opt/python/3.99/bin/python3.99\n")


def test_what_somebody_has_removed_by_hand_does_not_keep_the_packages_from_going(packages: Path) -> None:
    done = in_container(IMAGE, REMOVED, packages)

    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("/opt:\n\n/usr/local/bin:\nEND\n")


@pytest.mark.parametrize("platform", ["debian-12", "debian-13"])
def test_of_several_patches_apt_installs_the_newest_and_of_pre_releases_what_the_pattern_finds(
    packages: Path, platform: str
) -> None:
    """As docs/use.md says of pre-releases: no package has the name of their minor."""
    done = in_container(platform_named(platform).base_image, FRESH, packages)

    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["3.99", "3.99.10", *("3.98.0rc1", "3.99", "3.99.10")]


def test_the_package_of_a_free_threaded_minor_has_links_of_its_own(packages: Path) -> None:
    done = in_container(IMAGE, FREE_THREADED, packages)

    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        *("this is 3.99.2t", "3.99.2t", "/opt/python/3.99t/bin/python3.99t"),
        "/opt/python/3.99.2t/share/man/man1/python3.99.1",
        *("3.99", "3.99.2", "3.99.2t"),
        *("/opt/python/3.99.2/bin/python3.99", "/opt/python/3.99.2/share/man/man1/python3.99.1"),
    ]
