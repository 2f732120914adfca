"""Packages and tarballs of a staged tree: package-deb.sh, package-rpm.sh, package-tarball.sh."""

import os
import re
import shutil
import subprocess
import tarfile

import pytest

from tests.script_runs import require_tool, run
from tests.scripts.trees import PREFIX


@pytest.mark.usefixtures("staged_tree")
def test_a_deb_has_computed_dependencies_and_is_owned_by_root(work):
    require_tool("dpkg-shlibdeps", "dpkg-dev")
    done = run(work, "package-deb.sh", "python-3.99.1", "2", "amd64", PREFIX, "gzip", as_build_user=True)
    assert done.returncode == 0, done.stderr
    deb = work / "dist" / "python-3.99.1_2_amd64.deb"
    control = subprocess.check_output(["dpkg-deb", "--field", deb], text=True)
    assert "Package: python-3.99.1\nVersion: 2\nArchitecture: amd64\n" in control
    assert re.search(r"^Depends: libc6 \(>= [0-9.]+\)$", control, re.MULTILINE)
    assert "\nMaintainer: python-builds <python-builds@localhost>\n" in control
    assert "\nRecommends: ca-certificates, tzdata\n" in control
    contents = subprocess.check_output(["dpkg-deb", "--contents", deb], text=True, env={**os.environ, "TZ": "UTC"})
    assert f" ./{PREFIX[1:]}/bin/python -> python3.99\n" in contents
    assert all(line.split()[1] == "root/root" and line.split()[3] in ("2023-11-14",) for line in contents.splitlines())
    assert sorted(path.name for path in (work / "dist").iterdir()) == [deb.name, f"{deb.name}.sha256"]
    subprocess.run(
        ["sha256sum", "--check", f"{deb.name}.sha256"], cwd=work / "dist", check=True, stdout=subprocess.DEVNULL
    )


@pytest.mark.usefixtures("staged_tree")
def test_md5sums_cover_every_file_and_nothing_else(work):
    require_tool("dpkg-shlibdeps", "dpkg-dev")
    run(work, "package-deb.sh", "python-3.99.1", "1", "amd64", PREFIX, "xz", as_build_user=True).check_returncode()
    deb = work / "dist" / "python-3.99.1_1_amd64.deb"
    sums = subprocess.check_output(["dpkg-deb", "--info", deb, "md5sums"], text=True)
    assert [line.split("  ")[1] for line in sums.splitlines()] == [
        f"{PREFIX[1:]}/bin/python3.99",
        f"{PREFIX[1:]}/lib/python3.99/os.py",
        "usr/share/doc/python-3.99.1/changelog.gz",
        "usr/share/doc/python-3.99.1/copyright",
    ]


@pytest.mark.parametrize("name", ["Python-3.99.1", "../escape", ""])
def test_a_name_debian_would_not_take_is_refused(name, work):
    done = run(work, "package-deb.sh", name, "1", "amd64", PREFIX, "gzip", as_build_user=True)
    assert done.returncode == 1
    assert "PACKAGE must be a Debian package name" in done.stderr


@pytest.mark.parametrize(
    "arguments, complaint",
    [
        (["Python-3.99.1", "1", "x86_64", PREFIX, "gzip"], "PACKAGE must be"),
        (["python-3.99.1", "1-2", "x86_64", PREFIX, "gzip"], "REVISION must be"),
        (["python-3.99.1", "1", "%{nil}", PREFIX, "gzip"], "ARCHITECTURE must be"),
        (["python-3.99.1", "1", "x86_64", "/opt/%(id)/x", "gzip"], "PREFIX must be"),
        (["python-3.99.1", "1", "x86_64", PREFIX, "gzip"], "run install-to-stage.sh first"),
    ],
)
def test_what_a_spec_file_would_take_for_something_else_is_refused(arguments, complaint, work):
    done = run(work, "package-rpm.sh", *arguments, as_build_user=True)
    assert done.returncode == 1
    assert complaint in done.stderr


def test_the_same_tree_gives_the_same_artifacts_later_and_elsewhere(work, staged_tree):
    require_tool("dpkg-shlibdeps", "dpkg-dev")

    def package(folder):
        run(folder, "package-tarball.sh", "x.tar.gz", PREFIX, as_build_user=True).check_returncode()
        run(
            folder, "package-deb.sh", "python-3.99.1", "1", "amd64", PREFIX, "gzip", as_build_user=True
        ).check_returncode()
        return [(folder / "dist" / name).read_bytes() for name in ("x.tar.gz", "python-3.99.1_1_amd64.deb")]

    elsewhere = work.parent / "a" / "deeper" / "folder"
    subprocess.run(["mkdir", "-p", elsewhere.parent], check=True)
    subprocess.run(["cp", "-r", "--preserve=mode,ownership", work, elsewhere], check=True)
    for path in [staged_tree, *staged_tree.rglob("*")]:
        os.utime(path, (1800000000, 1800000000), follow_symlinks=False)
    assert package(work) == package(elsewhere)


@pytest.mark.usefixtures("staged_tree")
def test_a_tarball_has_one_top_folder_named_as_the_prefix_ends(work):
    run(work, "package-tarball.sh", "python-3.99.1-debian-12.tar.gz", PREFIX, as_build_user=True).check_returncode()
    with tarfile.open(work / "dist" / "python-3.99.1-debian-12.tar.gz") as tarball:
        members = tarball.getmembers()
    assert {member.name.split("/")[0] for member in members} == {"3.99.1"}
    assert {(member.uid, member.gid, member.mtime) for member in members} == {(0, 0, 1700000000)}


@pytest.mark.parametrize("stage", ["stage-test", "stage-debug"])
def test_tarballs_of_tests_and_debug_information_have_the_same_top_folder(stage, work, staged_tree):
    (work / stage / PREFIX[1:]).parent.mkdir(parents=True)
    shutil.copytree(staged_tree, work / stage / PREFIX[1:], symlinks=True)
    run(work, "package-tarball.sh", "x.tar.gz", PREFIX, stage, as_build_user=True).check_returncode()
    with tarfile.open(work / "dist" / "x.tar.gz") as tarball:
        assert {name.split("/")[0] for name in tarball.getnames()} == {"3.99.1"}
    assert run(work, "package-tarball.sh", "x.tar.gz", PREFIX, "source", as_build_user=True).returncode == 2


@pytest.mark.parametrize("script, architecture", [("package-deb.sh", "amd64"), ("package-rpm.sh", "x86_64")])
def test_a_tree_that_has_already_what_pip_is_laid_apart_in_is_refused(script, architecture, work, staged_tree):
    require_tool("dpkg-shlibdeps", "dpkg-dev")
    require_tool("rpmbuild", "rpm")
    (staged_tree / "lib" / "ensurepip" / "evil").mkdir(parents=True)
    done = run(work, script, "python-3.99.1", "1", architecture, PREFIX, "gzip", as_build_user=True)
    assert done.returncode == 1
    assert "the tree has a lib/ensurepip already" in done.stderr
    assert list((work / "dist").iterdir()) == []
