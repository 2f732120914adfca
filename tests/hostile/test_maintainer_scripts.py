"""What root runs of a package when it is installed and removed runs nothing that lies in the package."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from python_builds.adapters.building.package_check import TEMPLATES
from python_builds.core.building.maintainer_scripts import MAINTAINER_SCRIPTS, maintainer_script
from tests.preconditions import needs, needs_mounts
from tests.script_runs import work_folder, write

PACKAGES = {"version": "python-3.13.5", "minor": "python-3.13"}
MOMENTS = {"preinst": "install", "postinst": "configure", "prerm": "remove", "postrm": "remove"}
PROGRAMS = (
    "python",
    "python3",
    "python3.13",
    "pip",
    "pip3",
    "cp",
    "find",
    "sh",
    "rm",
    "rmdir",
    "cat",
    "readlink",
    "ln",
)
LEAVES = "touch${IFS}marked"
NAMES = (
    f"a;{LEAVES};b",
    f"a$({LEAVES})",
    f"a`{LEAVES}`b",
    f"a\n{LEAVES}\n",
    f"-exec {LEAVES} ;",
    "-rf",
    "a b",
    """a'b'"c\"""",
    "*",
)
"""What a shell which takes a name for words or for code would run."""

INSTALL = """
set -e
mount -t tmpfs tmpfs /opt
mount -t tmpfs tmpfs /usr/local
mkdir /opt/python
cp -a tree/. /opt/python # as an earlier revision of the same left it
for moment in preinst postinst prerm postrm; do
    [ "$moment" != prerm ] || ls /opt/python/3.13.5/bin/pip3 /usr/local/bin/python3.13
    for script in "version.$moment" "minor.$moment"; do
        (cd cwd && "../$script" "$1")
    done
    [ "$moment" != preinst ] || cp -a tree/. /opt/python
    shift
done
[ ! -e /opt/python/3.13.5/bin/pip3 ] && [ ! -L /usr/local/bin/python3.13 ]
"""


@pytest.fixture
def outside() -> Iterator[Path]:
    needs(os.geteuid() == 0, "root installs packages")
    needs_mounts()
    with work_folder() as work:
        yield work.parent


def poison(prefix: Path, marked: Path) -> None:
    """Make a tree of which each program, module and name leaves a mark when it is run."""
    program = f"#!/bin/sh\necho $0 >>{marked}\n"
    for tree in (prefix, *(prefix / "lib/ensurepip" / name for name in ("pip", *NAMES))):
        site = tree / "lib/python3.13/site-packages"
        for name in PROGRAMS if tree == prefix else ("pip3",):
            write(tree / "bin" / name, program, executable=True)
        for module in ("sitecustomize", "usercustomize", "pip/__init__", "pip/__main__"):
            write(site / f"{module}.py", f"open({str(marked)!r}, 'a').write(__file__)\n")
        write(site / "evil.pth", f"import os; os.system('echo pth >>{marked}')\n")
        write(site / "pip-1.0.dist-info/RECORD", program)
        for name in NAMES:
            write(site / name, program, executable=True)
            write(site / "__pycache__" / f"{name}.cpython-313.pyc", program, executable=True)


def test_the_farm_s_own_scripts_run_nothing_that_lies_in_the_package(outside: Path) -> None:
    marked = outside / "cwd/marked"
    marked.parent.mkdir()
    poison(outside / "tree/3.13.5", marked)
    (outside / "tree/3.13").symlink_to("3.13.5")
    for kind, package in PACKAGES.items():
        template = (TEMPLATES / f"{kind}.sh.in").read_text()
        for name, moment in MAINTAINER_SCRIPTS.items():
            write(outside / f"{kind}.{name}", maintainer_script(template, package, moment), executable=True)
    command = ["unshare", "--mount", "sh", "-c", INSTALL, "sh", *MOMENTS.values()]
    done = subprocess.run(command, cwd=outside, capture_output=True, text=True)

    assert not marked.exists(), f"something ran: {marked.read_text()}"
    assert done.returncode == 0, f"they did not do what they are for: {done.stdout}{done.stderr}"
