"""What a build left."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from python_builds.core.publishing.artifacts import TREE_SBOM
from tests.hostile.packages import COMPILED, DOCUMENT, LINKED, PREFIX, compiled, package, with_pip
from tests.script_runs import require_tool, work_folder, write


@pytest.fixture(scope="session")
def staged() -> Iterator[Path]:
    """Give a work folder with a small tree of CPython's shape, packaged in both formats."""
    require_tool("rpmbuild", "rpm")
    require_tool("dpkg-shlibdeps", "dpkg-dev")
    with work_folder() as work:
        write(work / "logs" / "source-date-epoch", "1700000000\n")
        tree = work / "stage" / PREFIX[1:]
        write(tree / "include/python3.13/patchlevel.h", '#define PY_VERSION "3.13.5"\n')
        write(tree / "lib/python3.13/os.py", "x = 1\n" * 1000)
        write(tree / "lib/python3.13/_sysconfigdata__linux_.py", f"build_time_vars = {{'prefix': '{PREFIX}'}}\n")
        write(tree / "lib/python3.13/__pycache__/_sysconfigdata__linux_.cpython-313.pyc", "bytecode")
        write(tree / "lib/python3.13/build-details.json", f'{{"base_prefix": "{PREFIX}"}}\n')
        write(tree / TREE_SBOM, DOCUMENT.decode())
        (tree / "bin").mkdir()
        with_pip(tree)
        compiled(tree / "bin/python3.13", *COMPILED, *LINKED)
        (tree / "bin/python3").symlink_to("python3.13")
        os.link(tree / "bin/python3.13", tree / "bin/python3.13-second-name")
        for part in ("test", "debug"):
            write(work / f"stage-{part}" / PREFIX[1:] / "lib" / part, part)
        if os.getuid() == 0:
            folders = [work / "stage", work / "stage-test", work / "stage-debug"]
            subprocess.run(["chown", "-R", "--reference", work / "dist", *folders], check=True)
        package(work)
        yield work


@pytest.fixture
def folder(staged: Path, tmp_path: Path) -> Path:
    """Give a folder with what arrived from the worker, for a test to change."""
    shutil.copytree(staged / "sealed" / "dist", tmp_path / "spool")
    return tmp_path / "spool"
