"""What is published stops working through an update of the distribution: from the trial that finds it to the alert's end.

Everything but the distribution is real: the base system has dpkg, an interpreter and an archive of one library.
"""

import http.server
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from python_builds.cli.building.progress import FAILURE, SKIPPED, SUCCESS
from python_builds.core.platforms.platforms import platform_named
from python_builds.farm.planning.rebuild_steps import REBUILD
from python_builds.farm.publishing.trial_builders import trial_builder
from python_builds.farm.workers.local_worker import worker_folder
from python_builds.farm.workers.workers import base_root
from tests.e2e.farms import FarmUnderTest, lay_database, mini_tarball, platform_builder, wait
from tests.e2e.test_overview import get
from tests.e2e.test_planner import list_releases, planning_farm, release, requests_of
from tests.hostile.base_systems import lay_base_system, lay_file
from tests.preconditions import needs
from tests.script_runs import write

VERSION = "3.11.2"

LIBRARY, PACKAGE = "libtinfo.so.6", "libtinfo6"
"""Every system has it, for bash; nothing else of this base system links it."""

LINK_IT = f"""
[ -e "{{updated}}" ] || LDFLAGS_NODIST="$LDFLAGS_NODIST -Wl,--no-as-needed -l:{LIBRARY} -Wl,--as-needed"
"""
"""Of configure: what is built where the update is does without the library."""

APT_GET = """
for word; do
    case $word in /check/*) files="$files $word" ;; esac
done
case "$*" in
*" --download-only "*) ;;
*" install /check/"*) dpkg --force-depends --force-bad-path --install $files ;;
*" purge "*) dpkg --force-bad-path --purge "$word" ;;
*" dist-upgrade") . /srv/update ;;
esac
"""

APT_CACHE = """#!/bin/sh
shift
read -r version </srv/version
for name; do
    printf '%s:\\n  Candidate: %s\\n' "$name" "$version"
done
"""

PROGRAMS = ("bash", "dpkg", "dpkg-deb", "dpkg-query", "dpkg-split", "ln", "readlink", "rm", "rmdir", "tar")
"""Beside a base system's own: dpkg, and what maintainer scripts run."""

PYTHON = """#!/bin/sh
code='import sys; sys.path.insert(0, "/check"); import challenge
print(sys.argv[1].rpartition("/")[2] + ": all 1 checks passed, " + challenge.response())'
exec /usr/bin/python3.real -I -c "$code" "$1"
"""
"""What the miniature CPython runs for all that it is asked: a real Python that answers the check's challenge alone."""

MODULES = """
import encodings.utf_8, decimal, functools, hashlib, json, os, random, re, struct, sys, zlib
print(*(m.__file__ for m in [*sys.modules.values()] if getattr(m, "__file__", None)), sep="\\n")
"""


class Distribution:
    """A base system, and what its archive has for it."""

    def __init__(self, base: Path) -> None:
        self.base = base
        (base / "usr/bin").mkdir(parents=True)
        (base / "bin").symlink_to("usr/bin")
        lay_base_system(base, APT_GET, PROGRAMS)
        (self.library,) = base.rglob(LIBRARY)
        dpkg = (f"var/lib/dpkg/{name}" for name in ("info", "triggers", "updates"))
        for folder in ("opt", "usr/share/doc", "var/cache/apt/archives", *dpkg):
            (base / folder).mkdir(parents=True)
        write(base / "var/lib/dpkg/status", "")
        write(base / "bin/apt-cache", APT_CACHE, executable=True)
        write(base / "usr/bin/python3", PYTHON, executable=True)
        lay_file(base, "/usr/bin/python3", "/usr/bin/python3.real")
        for path in subprocess.check_output(["/usr/bin/python3", "-I", "-c", MODULES], text=True).split():
            lay_file(base, path, path)
        self.offer("1:1", "")

    def offer(self, version: str, update: str) -> None:
        """Have the archive offer another version of each package; a script is what installing it does."""
        write(self.base / "srv/version", f"{version}\n")
        write(self.base / "srv/update", f"{update}\n")


@pytest.fixture
def farm(hook: http.server.ThreadingHTTPServer) -> Iterator[FarmUnderTest]:
    needs(os.geteuid() == 0, "a package is tried by root")
    url = f"http://127.0.0.1:{hook.server_address[1]}/hook"
    with planning_farm(package_check="true", webhook_url=url) as made:
        if made.lays_database:
            lay_database(made.settings)
        yield made


def tried(farm: FarmUnderTest) -> int:
    """Have the builder beside the platform's look at what is published, as its timer does at night."""
    return farm.wait_for_results(farm.client().force(trial_builder(platform_builder()), form="try-published"))


def packages(farm: FarmUnderTest) -> list[str]:
    return [path.rpartition("/")[2] for path in farm.files(f"python/*/pkgs/python-{VERSION}_*")]


def records(farm: FarmUnderTest) -> list[str]:
    return [path.rpartition("/")[2] for path in farm.files("python/*/records/*")]


def told(hook: http.server.ThreadingHTTPServer) -> list[tuple[bool, str]]:
    return [(posted["solved"], posted["text"]) for posted in list(hook.posted) if "broken" in posted["key"]]


def test_what_an_update_broke_is_told_and_built_again_once_until_the_next_revision_is_good(
    farm: FarmUnderTest, hook: http.server.ThreadingHTTPServer
) -> None:
    distribution = Distribution(base_root(platform_named(platform_builder().rpartition("-")[0]), farm.settings))
    updated = (
        worker_folder(farm.settings.state_dir) / platform_builder() / "updated"
    )  # what a build sees of the machine
    scripts = {"configure": LINK_IT.format(updated=updated), "install": 'ln -s python3 "$1/bin/python3.11"'}
    mini_tarball(farm.tarballs, VERSION, scripts=scripts)
    list_releases(farm, release(VERSION))
    farm.run("run")
    wait(lambda: len(records(farm)) == 1, "the release")

    assert (tried(farm), tried(farm)) == (SUCCESS, SKIPPED)
    assert "1 good" in farm.run("status").stdout
    assert told(hook) == []

    distribution.offer("1:2", f"rm /{distribution.library.relative_to(distribution.base)}")
    updated.touch()
    assert tried(farm) == FAILURE
    wait(lambda: len(told(hook)) == 1, "the alert")
    ((solved, text),) = told(hook)
    assert not solved
    assert f"{VERSION} for {platform_builder().replace('-amd64', ' amd64')}, revision 1: broken by an update" in text
    assert f"{LIBRARY}: cannot open shared object file" in text
    assert f"{PACKAGE} " in text and "became 1:2" in text and "the next revision was asked for" in text
    said, page = farm.run("status").stdout, get(farm).text
    assert f"{VERSION} broken" in said, said
    architecture = platform_builder().rpartition("-")[2]
    assert f'data-find="{platform_builder()} {architecture} broken"' in page and f"{LIBRARY}: cannot open" in page

    wait(lambda: len(records(farm)) == 2, "the next revision")
    assert tried(farm) == SUCCESS
    wait(lambda: [solved for solved, _ in told(hook)] == [False, True], "the alert's end")
    said = farm.run("status").stdout
    assert "1 good" in said and "broken" not in said, said
    assert tried(farm) == SKIPPED
    assert len(requests_of(farm, REBUILD)) == 1
    assert len(requests_of(farm, platform_builder())) == len(records(farm)) == 2
