"""The real uv, apart from what the machine has, and trees that it takes for CPythons."""

import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

UV = Path(sys.executable).parent / "uv"
"""One of requirements-dev.txt."""


class Uv:
    """uv with folders of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, downloads: object, *arguments: str) -> str:
        """Run `uv python` with a file or URL of downloads; give what it says."""
        done = self.run(downloads, *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def run(self, downloads: object, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run `uv python`, whatever comes of it."""
        own = {"PYTHON_INSTALL_DIR": "installed", "CACHE_DIR": "cache", "PYTHON_BIN_DIR": "bin"}
        return subprocess.run(
            [UV, "python", arguments[0], "--no-config", *arguments[1:]],
            capture_output=True,
            text=True,
            env={
                **os.environ,
                **{f"UV_{name}": str(self.folder / folder) for name, folder in own.items()},
                "UV_PYTHON_DOWNLOADS_JSON_URL": str(downloads),
            },
        )

    def installed(self, name: str) -> str:
        """Give what the interpreter of an installation says it is, by the name that uv gives it."""
        (interpreter,) = {path.resolve() for path in (self.folder / "installed" / name / "bin").glob("python3.*")}
        return subprocess.check_output([interpreter, "--version"], text=True).strip()


def uv_tree(tag: Any, says: str = "", mode: str = "w:gz") -> bytes:
    """Make a tarball as package-uv.sh does, around a script that stands for the interpreter."""
    name = f"python{tag.version.major}.{tag.version.minor}{tag.variant}"
    variables = "# system configuration generated and used by the sysconfig module\nbuild_time_vars = {'LIBDIR': '/install/lib'}\n"
    files = {
        f"python/bin/{name}": f"#!/bin/sh\necho {says or f'Python {tag}'}\n",
        f"python/lib/{name}/_sysconfigdata_{tag.variant}_linux_x86_64-linux-gnu.py": variables,
    }
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=mode) as tarball:
        for path, text in files.items():
            member = tarfile.TarInfo(path)
            member.size, member.mode = len(text), 0o755
            tarball.addfile(member, io.BytesIO(text.encode()))
    return made.getvalue()
