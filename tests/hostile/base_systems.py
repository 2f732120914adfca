"""A base system of a few programs, in which packages are tried without a distribution's archive."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from tests.script_runs import require_tool, write

TOOLS = ("sh", "cp", "mkdir", "setpriv", "sleep")


def lay_base_system(base: Path, apt_get: str) -> None:
    """Make one whose apt-get is a script of the test's own."""
    for tool in TOOLS:
        program = require_tool(tool, "util-linux")
        listed = subprocess.check_output(["ldd", program], text=True)
        for path in (program, *re.findall(r"(/\S+) \(0x", listed)):
            target = base / ("bin" if path == program else os.path.dirname(path)[1:]) / os.path.basename(path)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    for name in ("dev", "etc", "home", "srv"):
        (base / name).mkdir()
    write(base / "bin/apt-get", f"#!/bin/sh\n{apt_get}\n", executable=True)
