"""As whom a build runs, and in what folders: prepare-folders.sh, run-as-build-user.sh."""

import os
import pwd
import shutil
import subprocess

import pytest

from tests.preconditions import needs
from tests.script_runs import FOLDERS, run, write


def test_folders_of_an_earlier_build_are_emptied(work):
    write(work / "source" / "deep" / "old", "old")
    (work / "check-root.killed").mkdir()
    run(work, "prepare-folders.sh").check_returncode()
    assert sorted(path.name for path in work.iterdir()) == sorted([*FOLDERS, "scripts"])
    assert not any((work / "source").iterdir())
    owner = "nobody" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
    assert {(work / name).owner() for name in FOLDERS} == {owner}


@pytest.mark.parametrize("script, arguments", [("prepare-folders.sh", []), ("run-as-build-user.sh", ["true"])])
def test_a_missing_build_user_is_refused_with_a_sentence(script, arguments, work):
    stub = 'case "$*" in -u) echo 0;; *) exit 1;; esac'
    write(work / "pretended" / "id", f"#!/bin/sh\n{stub}\n", executable=True)
    path = f"{work / 'pretended'}:{os.environ['PATH']}"
    done = run(work, script, *arguments, PATH=path, PYTHON_BUILDS_BUILD_USER="nosuchuser")
    assert done.returncode == 1
    assert "there is no user 'nosuchuser' on this machine: set PYTHON_BUILDS_BUILD_USER" in done.stderr


@pytest.mark.parametrize("script, arguments", [("prepare-folders.sh", []), ("run-as-build-user.sh", ["touch", "ran"])])
def test_a_build_user_who_is_root_is_refused_with_a_sentence(script, arguments, work):
    needs(os.getuid() == 0, "only root becomes somebody else")
    done = run(work, script, *arguments, PYTHON_BUILDS_BUILD_USER="root")
    assert done.returncode == 1
    assert "the user 'root' is root: set PYTHON_BUILDS_BUILD_USER to an unprivileged user that exists" in done.stderr
    assert not (work / "ran").exists()


def test_a_work_folder_with_white_space_is_refused(work):
    folder = work / "with space"
    shutil.copytree(work / "scripts", folder / "scripts")
    done = run(folder, "prepare-folders.sh")
    assert done.returncode == 1
    assert "white space" in done.stderr


def test_the_build_user_is_never_root_and_gains_no_privileges(work):
    write(work / "scripts" / "show.sh", "#!/bin/sh\nid -u\ngrep NoNewPrivs /proc/self/status\nid -G\n", executable=True)
    done = run(work, "show.sh", as_build_user=True)
    uid, privileges, *groups = done.stdout.split("\n")[:3]
    assert int(uid) != 0
    if os.getuid() == 0:
        assert privileges.split() == ["NoNewPrivs:", "1"]
        assert groups[0].split() == [subprocess.check_output(["id", "-g", "nobody"], text=True).strip()]
    else:
        assert int(uid) == os.getuid()


def test_the_build_environment_is_the_same_everywhere_and_keeps_other_variables(work):
    write(work / "scripts" / "show.sh", "#!/bin/sh\numask\nenv\n", executable=True)
    done = run(work, "show.sh", as_build_user=True, OTHER="kept", LC_ALL="C", HOME="/nonexistent", PYTHONHOME="/wrong")
    lines = done.stdout.splitlines()
    assert lines[0] == "0022"
    assert {f"HOME={work}/home", "LC_ALL=C.UTF-8", "TZ=UTC", "OTHER=kept"} <= set(lines)
    assert not [line for line in lines if line.startswith("PYTHONHOME=")]


def test_the_exit_status_of_the_command_is_kept(work):
    write(work / "scripts" / "fail.sh", "#!/bin/sh\nexit 77\n", executable=True)
    assert run(work, "fail.sh", as_build_user=True).returncode == 77
