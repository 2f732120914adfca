"""The trial of a package on an untouched system: check-package.sh and what is in checks/."""

import shlex
import subprocess

import pytest

from tests.script_runs import call, pretend, run, write
from tests.scripts.trees import PREFIX


@pytest.fixture
def package(work):
    write(work / "dist" / "x.deb", "")
    return "dist/x.deb"


def test_a_package_that_cannot_be_checked_is_not_called_good(work, package):
    for user, base, reason in (
        (1000, ".", "this is not root"),
        (0, "", "there is no base system in ''"),
        (0, "none", "there is no base system in 'none'"),
    ):
        done = run(work, "check-package.sh", package, PREFIX, base, PATH=pretend(work, "id", user))
        assert done.returncode == 3, done.stderr
        assert done.stdout.startswith("check-package.sh: not checked: ") and reason in done.stdout


def test_a_base_system_that_is_none_or_was_touched_is_an_error(work, package):
    path = pretend(work, "id", 0)
    (work / "base").mkdir()
    assert "has no /bin/sh" in run(work, "check-package.sh", package, PREFIX, "base", PATH=path).stderr
    write(work / "base" / "bin" / "sh", "", executable=True)
    (work / "base" / PREFIX[1:]).mkdir(parents=True)
    done = run(work, "check-package.sh", package, PREFIX, "base", PATH=path)
    assert (done.returncode, "is not untouched" in done.stderr) == (1, True)


@pytest.mark.parametrize("number", [0, 3, 4])
def test_a_link_in_place_of_a_file_is_not_followed_as_root(number, work, package):
    (work / "dist" / "link").symlink_to("/etc/shadow")
    arguments = [package, PREFIX, "base", package, package]
    arguments[number] = "dist/link"
    done = run(work, "check-package.sh", *arguments)
    assert done.returncode == 1
    assert f"there is no file dist/link in {work}" in done.stderr


def test_an_interpreter_that_only_says_it_succeeded_does_not_pass(work):
    answer = 'python3 scripts/checks/challenge.py "$challenge"'
    for output, status in (
        ("true", 1),
        ("echo 'check_x.py: all 3 checks passed'", 1),
        ("echo 'check_x.py: all 3 checks passed, '", 1),
        ("echo 'check_x.py: all 3 checks passed,' $(python3 scripts/checks/challenge.py 1234)", 1),
        (f"echo 'check_x.py: all 0 checks passed,' $({answer})", 1),
        (f"echo 'check_x.py: all 3 checks passed,' $({answer})", 0),
    ):
        done = call(
            work,
            "check-package.sh",
            f"scratch=$PWD; in_root_as_user() {{ {output}; }}; check_as_user check_x.py python",
        )
        assert done.returncode == status, output
        assert status == 0 or "is not the answer to the challenge" in done.stderr


def test_a_check_that_fails_fails_the_package(work):
    done = call(
        work,
        "check-package.sh",
        "scratch=$PWD; trusted_python() { echo true; }; in_root_as_user() { echo 'x: all 3 checks passed, '; return 1; }; check_as_user x python",
    )
    assert done.returncode == 1


def test_a_package_that_leaves_files_behind_is_refused(work):
    write(work / "root" / PREFIX[1:] / "lib" / "left.pyc", "")
    done = call(work, "check-package.sh", f"root=$PWD/root; report_leftovers {PREFIX}")
    assert done.returncode == 1
    assert "left.pyc" in done.stdout and f"left {PREFIX} behind" in done.stderr


def test_a_tarball_is_tried_in_one_folder_and_in_another(work):
    write(work / "3.99.1" / "bin" / "python", "")
    (work / "root").mkdir()
    subprocess.run(["tar", "-czf", work / "x.tar.gz", "-C", work, "3.99.1"], check=True)
    code = f"""root=$PWD/root
check_as_user() {{ [ -f "root$2" ] && printf '%s|' "$@" && echo; }}
try_tarball x.tar.gz {PREFIX}"""
    done = call(work, "check-package.sh", code)
    assert done.returncode == 0, done.stderr
    first, second = [line.split("|")[:-1] for line in done.stdout.splitlines() if "|" in line]
    assert first == ["check_interpreter.py", "/srv/any where/3.99.1/bin/python", "/srv/any where/3.99.1"]
    assert second[0] == "check_development.py" and second[2:] == ["/srv/moved/once/more/3.99.1", PREFIX]


@pytest.mark.parametrize("base, expected", [(["dnf"], "dnf"), (["zypper"], "zypper"), ([], "neither dnf nor zypper")])
def test_an_rpm_is_tried_with_the_manager_that_the_base_system_has(base, expected, work):
    for manager in base:
        write(work / "base" / "usr" / "bin" / manager, "", executable=True)
    code = "in_root() { echo $*; }; source_installer x.rpm $PWD/base; install_package /check/x.rpm"
    done = call(work, "check-package.sh", code)
    assert expected in (done.stdout + done.stderr).split("install")[0]
    assert done.returncode == (0 if base else 1)


@pytest.mark.parametrize("status, result", [(0, 0), (102, 0), (103, 0), (104, 104), (4, 4)])
def test_zypper_s_hints_at_restarts_are_no_failures(status, result, work):
    done = call(work, "installer-zypper.sh", f"in_root() {{ return {status}; }}; zypper refresh")
    assert done.returncode == result


def test_of_what_dpkg_finds_only_documents_that_were_left_out_are_no_fault(work):
    write(work / "root/usr/share/doc/x/there", "")
    left_out = ("missing     /usr/share/doc/x/copyright", "??5??????   /usr/share/doc/x/changelog.gz")
    faults = (
        "missing     /opt/python/3.9.9/bin/python3.9",
        "??5??????   /opt/python/3.9.9/lib/os.py",
        "??5?????? c /etc/x",
        "??5??????   /usr/share/doc/x/there",
    )
    code = f"root=$PWD/root; printf '%s\\n' {shlex.join([*left_out, *faults])} | but_documents_left_out"
    done = call(work, "installer-apt.sh", code)
    assert done.stdout.splitlines() == [*faults], done.stderr


def test_the_scratch_root_goes_whatever_happens(work):
    for begun, status in (("", 3), ("begun=yes; ", 1)):
        code = f"{begun}scratch=$PWD/check-root.x; mkdir -p $scratch/root; trap finish_check EXIT; (exit 3)"
        done = call(work, "check-package.sh", code)
        assert done.returncode == status, "once the package is in place, a check ends with 0 or 1"
        assert not (work / "check-root.x").exists()
