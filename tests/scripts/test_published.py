"""Trying again what is published: a base system with its distribution's updates, and what says nothing of a package."""

import os
import subprocess

import pytest

from python_builds.core.settings.setting_types import CHECKOUT
from tests.preconditions import needs
from tests.script_runs import call, pretend, run, write
from tests.scripts.trees import PREFIX


@pytest.mark.parametrize(
    "script, arguments",
    [("prepare-base-system.sh", ["none", "updated", "libssl3"]), ("upgrade-base-system.sh", ["none"])],
)
def test_a_base_system_that_is_not_there_says_nothing_of_what_is_published(script, arguments, work):
    done = run(work, script, *arguments, PATH=pretend(work, "id", 0))

    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith(f"{script}: not checked: there is no base system in ")


def test_only_root_installs_updates(work):
    done = run(work, "prepare-base-system.sh", "none", "updated", PATH=pretend(work, "id", 1000))

    assert (done.returncode, "this is not root" in done.stderr) == (3, True)


@pytest.mark.parametrize(
    "manager, prints, expected",
    [
        (
            "apt-get",
            (
                "libssl3:\n  Installed: 3.0.17-1\n  Candidate: 3.0.18-1\n  Version table:\n     3.0.18-1 500\n"
                "gone:\n  Installed: (none)\n  Candidate: (none)\n"
            ),
            "libssl3 3.0.18-1\n",
        ),
        (
            "dnf",
            "openssl-libs 1:3.2.2-6.el9\n\nglibc 2.34-100.el9\n\n",
            "glibc 2.34-100.el9\nopenssl-libs 1:3.2.2-6.el9\n",
        ),
        (
            "zypper",
            (
                "Information for package libopenssl3:\n-----\nRepository     : Main\nName           : libopenssl3\n"
                "Version        : 3.1.4-150600.5\nArch           : x86_64\n"
            ),
            "libopenssl3 3.1.4-150600.5\n",
        ),
    ],
)
def test_the_newest_of_each_package_is_read_from_what_a_manager_prints(manager, prints, expected, work):
    write(work / "root" / "usr" / "bin" / manager, "", executable=True)
    write(work / "prints", prints)
    code = """root=$PWD/root; found=$(manager); [ "$found" = {manager} ]; source_manager "$found"
in_root() {{ cat "$work/prints"; }}; candidates "$found" a b"""
    done = call(work, "prepare-base-system.sh", code.format(manager=manager))

    assert (done.returncode, done.stdout) == (0, expected), done.stderr


@pytest.mark.parametrize("system, releasever", [("amazon-2023", "latest\n"), ("almalinux-9.5", None)])
def test_a_system_that_is_locked_to_the_release_of_its_image_follows_the_newest_one(system, releasever, work):
    write(work / "root" / "etc" / "os-release", (CHECKOUT / "tests" / "os_release" / system).read_text())
    done = call(work, "prepare-base-system.sh", "root=$PWD/root; follow_newest_release")
    path = work / "root" / "etc" / "dnf" / "vars" / "releasever"

    assert (done.returncode, path.read_text() if path.exists() else None) == (0, releasever), done.stderr


@pytest.mark.parametrize("status, ends", [(0, 0), (1, 3), (2, 2), (3, 3), (100, 3)])
def test_whatever_fails_on_the_way_to_a_trial_is_not_the_package_s_fault(status, ends, work):
    code = f"root=; archives=(); scratch=$PWD/check-root.x; mkdir $scratch; trap not_checked_on_failure EXIT; exit {status}"
    done = call(work, "prepare-base-system.sh", code)

    assert done.returncode == ends
    assert not (work / "check-root.x").exists()


@pytest.fixture
def trial(work):
    """Try a package of which check-package.sh says, one after another, what a test wants."""
    write(work / "published" / "x.deb", "")
    write(work / "updated" / "bin" / "sh", "", executable=True)

    def tried(*statuses, prefix=PREFIX):
        write(work / "statuses", "".join(f"{status}\n" for status in statuses))
        says = 'echo "$# $PYTHON_BUILDS_APT_CACHE $*"; read -r status <statuses; sed -i 1d statuses; exit "$status"\n'
        write(work / "scripts" / "steps" / "check-package.sh", f"#!/bin/bash\n{says}", executable=True)
        done = run(work, "try-published.sh", "published/x.deb", prefix, "updated")
        return done.returncode, done.stdout, (work / "statuses").read_text()

    return tried


@pytest.mark.parametrize(
    "statuses, ends",
    [([0], 0), ([1, 1], 1), ([1, 0], 0), ([1, 3], 3), ([3], 3), ([2], 3), ([137], 3)],
    ids=str,
)
def test_only_what_is_bad_twice_is_broken_and_what_cannot_be_checked_is_not(statuses, ends, trial):
    status, _, left = trial(*statuses)

    assert (status, left) == (ends, "")


def test_a_trial_keeps_what_it_fetches_for_the_next_and_tries_no_tarball(trial, work):
    _, output, _ = trial(0)

    assert output == f"4 {work}/apt-cache published/x.deb {PREFIX} updated \n"


def test_what_is_wrong_with_the_worker_is_not_the_package_s_fault(trial, work):
    (work / "updated" / PREFIX[1:]).mkdir(parents=True)
    assert trial(1)[0] == 3
    (work / "updated" / "bin" / "sh").unlink()
    assert trial(1)[0] == 3
    (work / "published" / "x.deb").unlink()
    assert trial(1)[0] == 3


def test_the_copy_is_made_anew_and_the_base_system_stays_as_it_was(work):
    needs(os.geteuid() == 0, "device files are made by root")
    base = work / "base"
    write(base / "bin" / "sh", "#!/bin/sh\n", executable=True)
    write(base / "usr" / "bin" / "apt-get", "", executable=True)
    write(base / "etc" / "os-release", 'ID="amzn"\n')
    write(work / "updated" / "of-a-build-that-was-killed", "")
    before = sorted(str(path) for path in base.rglob("*"))
    code = """. scripts/published/prepare-base-system.sh
in_root() { echo "in $root: $*" >>calls; [ "$1" != apt-cache ] || printf 'libz:\\n  Candidate: 2\\n'; }
source_manager() { . "$scripts/checks/installer-apt.sh"; }
main base updated libz"""
    done = subprocess.run(["bash", "-c", code], cwd=work, capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (0, "libz 2\n"), done.stderr
    assert sorted(str(path) for path in base.rglob("*")) == before
    assert (work / "updated" / "etc" / "dnf" / "vars" / "releasever").exists()
    assert (work / "updated" / "bin" / "sh").exists() and not (work / "updated" / "of-a-build-that-was-killed").exists()
    update, policy = (work / "calls").read_text().splitlines()
    assert update.startswith(f"in {work}/updated: apt-get ") and "Error-Mode=any update" in update
    assert policy == f"in {work}/updated: apt-cache policy libz"
