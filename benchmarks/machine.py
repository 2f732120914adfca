"""Where a benchmark ran, and of what: no names of machines and no folders, since results are published."""

import datetime
import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

from python_builds.adapters.workers.docker_command import output
from python_builds.core.settings.setting_types import CHECKOUT

RESULTS = ":!benchmarks/results"
KEPT = CHECKOUT / ".state" / "benchmarks"
"""What benchmarks keep from one run to the next: source tarballs and builds."""


def describe() -> dict[str, str]:
    """Describe this machine and this checkout, now."""
    return {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "commit": _commit(),
        "cores": f"{os.cpu_count()}, {_field('/proc/cpuinfo', 'model name')}",
        "memory": f"{int(_field('/proc/meminfo', 'MemTotal').split()[0]) / 2**20:.1f} GiB",
        "load at the start": f"{os.getloadavg()[0]:.2f}",
        "kernel": platform.release(),
        "Docker engine": output("version", "--format", "{{.Server.Version}}") or "none",
        "Buildbot": version("buildbot"),
        "Python of the farm": platform.python_version(),
    }


def say(what: str) -> None:
    """Say what is measured now."""
    print(f"measuring: {what}", flush=True)


def _commit() -> str:
    commit = _git("rev-parse", "--short", "HEAD")
    return f"{commit}-dirty" if _git("status", "--porcelain", "--", ".", RESULTS) else commit


def _git(*arguments: str) -> str:
    command = ["git", "--no-optional-locks", *arguments]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else "unknown"


def _field(file: str, name: str) -> str:
    """Read a field of one of the kernel's `name: value` files."""
    for line in Path(file).read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return "unknown"
