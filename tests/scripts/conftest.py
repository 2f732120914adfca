"""A staged tree."""

import os
import shutil
import subprocess

import pytest

from tests.script_runs import write
from tests.scripts.trees import PREFIX


@pytest.fixture
def staged_tree(work):
    write(work / "logs" / "source-date-epoch", "1700000000\n")
    tree = work / "stage" / PREFIX[1:]
    (tree / "bin").mkdir(parents=True)
    shutil.copy("/bin/sh", tree / "bin" / "python3.99")
    write(tree / "lib" / "python3.99" / "os.py", "x = 1\n" * 1000)
    (tree / "bin" / "python").symlink_to("python3.99")
    if os.getuid() == 0:  # as install-to-stage.sh leaves it: the build user's
        subprocess.run(["chown", "-R", "--reference", str(work / "stage"), str(work / "stage")], check=True)
    return tree
