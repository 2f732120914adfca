"""A base system of a few programs, in which packages are tried without a distribution's archive."""

import re
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from tests.script_runs import require_tool, write

TOOLS = ("sh", "cp", "mkdir", "setpriv", "sleep")


def lay_base_system(base: Path, apt_get: str, more: Iterable[str] = ()) -> None:
    """Make one whose apt-get is a script of the test's own."""
    for tool in (*TOOLS, *more):
        program = require_tool(tool, "util-linux")
        lay_file(base, program, f"/bin/{tool}")
    for name in ("dev", "etc", "home", "srv"):
        (base / name).mkdir(exist_ok=True)
    write(base / "bin/apt-get", f"#!/bin/sh\n{apt_get}\n", executable=True)


def lay_file(base: Path, path: str, where: str) -> None:
    """Copy a file, and the libraries that it needs if it is a program or a library."""
    listed = subprocess.run(["ldd", path], capture_output=True, text=True).stdout
    for found in (path, *re.findall(r"(/\S+) \(0x", listed)):
        target = base / (where if found == path else found).lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(found, target)
