"""Folders of one's own: how install.sh makes, updates and removes them."""

import os
import signal
import subprocess
import time

import pytest

from python_builds.core.settings.setting_types import CHECKOUT
from tests.installer.installs import SCRIPT, every_shell, install, serve_tree, tree
from tests.published import publish


@every_shell
def test_a_tarball_is_unpacked_into_a_folder_of_one_s_own_without_root(shell, farm, stranger, tmp_path):
    serve_tree(farm, tree(tmp_path / "made"))
    folder = tmp_path / "mine" / "python"
    folder.parent.mkdir()
    done, notes = install(shell, farm, stranger, "--yes", "--folder", str(folder), "3.13")

    assert done.returncode == 0, done.stderr
    assert notes == ""
    assert f"'prefix': '{folder}'" in (folder / "lib/python3.13/_sysconfigdata__linux_.py").read_text()
    assert f"remove it: rm -r {folder}" in done.stderr
    assert (folder / ".python-builds").read_text() == "3.13.5 debian-12 python-3.13.5-debian-12-uv.tar.gz\n"
    again, _ = install(shell, farm, stranger, "--yes", "--folder", str(folder), "3.13")
    assert again.returncode == 0
    assert f"{folder} holds CPython 3.13.5, and nothing newer is published for debian-12 on amd64" in again.stderr


@every_shell
@pytest.mark.parametrize(
    "content, said",
    [
        (lambda folder: tree(folder, "#!/bin/sh\nexit 1\n"), "it does not run on this system; it was removed again"),
        (lambda folder: b"no tarball", "it could not be unpacked; nothing is left of it"),
    ],
)
def test_a_tarball_that_is_of_no_use_leaves_nothing(shell, farm, stranger, tmp_path, content, said):
    serve_tree(farm, content(tmp_path / "made"))
    (tmp_path / "mine").mkdir()
    done, _ = install(shell, farm, stranger, "--yes", "--folder", str(tmp_path / "mine/python"), "3.13")

    assert done.returncode == 1
    assert said in done.stderr
    assert [*(tmp_path / "mine").iterdir()] == []


@every_shell
@pytest.mark.parametrize("folder", ["/nonexistent/x", "/tmp/a b", "/proc/python"])
def test_a_folder_that_cannot_be_is_refused_before_anything_is_fetched(shell, farm, stranger, folder):
    serve_tree(farm, b"x")
    done, _ = install(shell, farm, stranger, "--yes", "--folder", folder, "3.13")

    assert done.returncode == 1
    assert not [key for key in farm.asked if key.endswith("-uv.tar.gz")]


@pytest.fixture
def mine(farm, stranger, tmp_path):
    """Give a folder that has CPython 3.13.5 and what somebody put into it, while a newer patch is published."""
    serve_tree(farm, tree(tmp_path / "made"))
    folder = tmp_path / "mine" / "python"
    folder.parent.mkdir()
    done, _ = install("dash", farm, stranger, "--yes", "--folder", str(folder), "3.13")
    assert done.returncode == 0, done.stderr
    for name in BESIDE:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("mine")
    (folder / "bin/python").symlink_to("python3")
    (folder / "lib/python3.13/of_the_old_one.py").write_text("")
    return folder


BESIDE = (
    "lib/python3.13/site-packages/pip/__init__.py",
    "bin/black",
    "share/man/man1/a page with blanks.1",
    "etc/jupyter/-x.json",
    "include/python3.13/greenlet/greenlet.h",
    "lib/libmkl.so",
    "notes\nof mine.txt",
)
"""What pip and its owner may have put into a tree."""

NEWER = "#!/bin/sh\necho Python 3.13.6\n"


def newer(farm, make_product, folder, interpreter=NEWER):
    publish(farm.store, make_product("3.13.6"))
    serve_tree(farm, tree(folder, interpreter), "3.13.6")


@every_shell
@pytest.mark.parametrize("arguments", [(), ("3.13",), ("3.13.6",), ("--upgrade",), ("--upgrade", "3.13")])
def test_a_folder_is_brought_up_to_date_with_what_was_installed_into_it(
    shell, farm, stranger, mine, make_product, tmp_path, arguments
):
    newer(farm, make_product, tmp_path / "newer")
    done, notes = install(shell, farm, stranger, "--yes", "--folder", str(mine), *arguments)

    assert (done.returncode, notes) == (0, ""), done.stderr
    assert "CPython 3.13.6 of debian-12" in done.stderr and "in the place of 3.13.5" in done.stderr
    assert {name: (mine / name).read_text() for name in BESIDE} == dict.fromkeys(BESIDE, "mine")
    assert (mine / "bin/python3").read_text() == NEWER
    assert os.readlink(mine / "bin/python") == "python3"
    assert not (mine / "lib/python3.13/of_the_old_one.py").exists(), "the standard library is the new one's"
    assert (mine / ".python-builds").read_text().startswith("3.13.6 ")
    assert os.listdir(mine.parent) == ["python"]


def everything_in(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@every_shell
@pytest.mark.parametrize(
    "trouble, said",
    [
        ("it does not run", "it does not run on this system"),
        ("it runs only where it was unpacked", "the old one is there again"),
        ("a broken tarball", "it could not be unpacked; nothing is left of it"),
        ("a name in the way", "could not be copied; it is as it was"),
    ],
)
def test_a_folder_whose_update_fails_is_as_it_was(shell, farm, stranger, mine, make_product, tmp_path, trouble, said):
    interpreter = {
        "it does not run": "#!/bin/sh\nexit 1\n",
        "it runs only where it was unpacked": f'#!/bin/sh\n[ "$0" != {mine}/bin/python3 ]\n',
    }.get(trouble, NEWER)
    newer(farm, make_product, tmp_path / "newer", interpreter)
    if trouble == "a broken tarball":
        serve_tree(farm, b"no tarball", "3.13.6")
    if trouble == "a name in the way":
        (mine / "bin/python3").unlink()
        (mine / "bin/python3").mkdir()
        (mine / "bin/python3/x").write_text("")
    before = everything_in(mine)
    done, _ = install(shell, farm, stranger, "--yes", "--folder", str(mine))

    assert done.returncode == 1
    assert said in done.stderr
    assert everything_in(mine) == before
    assert os.listdir(mine.parent) == ["python"]


@every_shell
@pytest.mark.parametrize(
    "arguments, said",
    [
        (["3.12"], "holds CPython 3.13.5, which 3.12 cannot update: name a new folder for it"),
        (["3.12.1"], "holds CPython 3.13.5, which 3.12.1 cannot update: name a new folder for it"),
        (["3.13t"], "holds CPython 3.13.5, which 3.13t cannot update: name a new folder for it"),
        (["--uninstall", "3.13.4"], "holds CPython 3.13.5, and not 3.13.4"),
    ],
)
def test_another_version_than_a_folder_s_is_refused(shell, farm, stranger, mine, arguments, said):
    before = everything_in(mine)
    done, _ = install(shell, farm, stranger, "--yes", "--folder", str(mine), *arguments)

    assert done.returncode == 1
    assert said in done.stderr
    assert everything_in(mine) == before


@every_shell
def test_a_folder_is_removed_if_it_is_one_of_ours(shell, farm, stranger, mine):
    (mine.parent / "other").mkdir()
    other, _ = install(shell, farm, stranger, "--yes", "--folder", str(mine.parent / "other"), "--uninstall")
    asked, _ = install(shell, farm, stranger, "--folder", str(mine), "--uninstall")
    done, _ = install(shell, farm, stranger, "--yes", "--folder", str(mine), "--uninstall", CDN_URL="")

    assert (other.returncode, asked.returncode, done.returncode) == (1, 1, 0)
    assert "install.sh did not make it, as there is no .python-builds in it" in other.stderr
    assert "there is no terminal to ask at" in asked.stderr
    assert f"removed {mine}" in done.stderr
    assert os.listdir(mine.parent) == ["other"]


@every_shell
def test_somebody_else_s_folder_stays_as_it_is(shell, farm, stranger, tmp_path):
    (tmp_path / "mine").mkdir()
    for arguments in ([], ["--upgrade"]):
        done, _ = install(shell, farm, stranger, "--yes", "--folder", str(tmp_path / "mine"), *arguments)

        assert done.returncode == 1
        assert f"{tmp_path}/mine exists, and install.sh did not make it" in done.stderr


@every_shell
def test_a_tree_is_found_and_swapped_through_a_link_and_a_relative_name(
    shell, farm, stranger, mine, make_product, tmp_path
):
    newer(farm, make_product, tmp_path / "newer")
    (tmp_path / "link").symlink_to(mine)
    script = f"cd '{tmp_path}' && exec {shell} {SCRIPT} --yes --folder link/"
    environment = {**os.environ, "CDN_URL": farm.url, "OS_RELEASE": str(CHECKOUT / "tests/os_release/debian-12")}
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, env=environment)

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "link").is_symlink()
    assert (mine / "bin/python3").read_text() == NEWER


@every_shell
def test_what_people_have_in_their_environment_does_not_matter(shell, farm, stranger, tmp_path):
    """Each of these once ended it, or made it say what is not so."""
    serve_tree(farm, tree(tmp_path / "made", ENVIRONMENT))
    (tmp_path / "sub").mkdir()
    (tmp_path / "elsewhere/sub").mkdir(parents=True)
    (tmp_path / ".curlrc").write_text("proxy = 127.0.0.1:1\noutput = nowhere\n")
    (tmp_path / ".wgetrc").write_text("use_proxy = on\nhttp_proxy = 127.0.0.1:1\n")
    hostile = {
        "CDPATH": f"{tmp_path}/elsewhere:.",
        "HOME": str(tmp_path),
        "PYTHONHOME": "/nope",
        "PYTHONPATH": str(tmp_path),
        "PYTHONINSPECT": "1",
        "TAR_OPTIONS": "--exclude=bin",
        "GREP_OPTIONS": "-v",
        "POSIXLY_CORRECT": "1",
        "unpacked": str(tmp_path / "elsewhere"),
        "scratch": str(tmp_path / "elsewhere"),
        "platform": "beos",
        "symlink": "1",
    }
    script = f"cd '{tmp_path}' && umask 077 && exec {shell} {SCRIPT} --yes --folder sub/py 3.13"
    environment = {**os.environ, **hostile, "CDN_URL": farm.url}
    environment["OS_RELEASE"] = str(CHECKOUT / "tests/os_release/debian-12")
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, env=environment)

    assert done.returncode == 0, done.stderr
    assert "lack a library" not in done.stderr
    assert (tmp_path / "sub/py/bin/python3").exists()
    assert (tmp_path / "elsewhere/sub").exists()
    assert not (tmp_path / "elsewhere/sub/py").exists()
    assert (tmp_path / "sub/py/bin").stat().st_mode & 0o777 == 0o755


ENVIRONMENT = """#!/bin/sh
if env | grep -E 'PYTHON|CDPATH'; then exit 1; fi
case "$*" in "-I -B -c "*importlib*) ;; "-I -B -c "*) echo Python 3.13.5 ;; *) exit 1 ;; esac
"""
"""Runs as nothing but an isolated interpreter of which nobody has said anything."""


@every_shell
def test_a_folder_whose_update_is_ended_between_the_two_renames_is_as_it_was(
    shell, farm, stranger, mine, make_product, tmp_path
):
    newer(farm, make_product, tmp_path / "newer", f'#!/bin/sh\n[ "$0" != {mine}/bin/python3 ] || sleep 60\n')
    before = everything_in(mine)
    environment = {**os.environ, "CDN_URL": farm.url, "OS_RELEASE": str(CHECKOUT / "tests/os_release/debian-12")}
    command = [*shell.split(), SCRIPT, "--yes", "--folder", str(mine)]
    started = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment, start_new_session=True)
    until(lambda: [*mine.parent.glob("python.*/old")] and (mine / "bin/python3").exists())
    os.killpg(started.pid, signal.SIGTERM)
    _, said = started.communicate(timeout=30)

    assert started.returncode == 143
    assert "install.sh: ended from outside" in said
    assert everything_in(mine) == before
    assert os.listdir(mine.parent) == ["python"]


def until(condition):
    for _ in range(300):
        if condition():
            return
        time.sleep(0.1)
    pytest.fail("it did not come so far in half a minute")
