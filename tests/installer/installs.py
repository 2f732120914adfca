"""What the tests of the quick installer share: how it is sourced and run, under each shell, and what a farm serves it."""

import hashlib
import os
import shutil
import subprocess
import tarfile

import pytest

from python_builds.adapters.indexes.indexing import Indexing
from python_builds.core.settings.setting_types import CHECKOUT

SCRIPT = CHECKOUT / "installer" / "install.sh"


SHELLS = [shell for shell in ("dash", "bash", "busybox ash") if shutil.which(shell.split()[0])]


TOOLS = "awk cat chmod cut env grep head id mktemp mkdir od readlink rm sed sha256sum sh sort tail tee tr uname wget"


"""What the script needs beside a package manager."""

every_shell = pytest.mark.parametrize("shell", SHELLS)


def sourced(shell, text, **environment):
    """Run a text after the script was sourced."""
    command = f"INSTALL_SH_SOURCED=1; . '{SCRIPT}'; {text}"
    return subprocess.run(
        [*shell.split(), "-c", command], capture_output=True, text=True, env={**os.environ, **environment}
    )


def index(web, **values):
    Indexing(store=web.store, profile="optimized", **values).run()


def install(shell, web, stranger, *arguments, **environment):
    notes = stranger / "notes"
    values = {
        **os.environ,
        "PATH": f"{stranger}:{os.environ['PATH']}",
        "CDN_URL": web.url,
        "OS_RELEASE": str(CHECKOUT / "tests/os_release/debian-12"),
        "TMPDIR": str(stranger.parent),
        **environment,
    }
    done = subprocess.run(
        [*shell.split(), SCRIPT, *arguments],
        capture_output=True,
        text=True,
        env=values,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    left = [path.name for path in stranger.parent.glob("tmp.*")]
    assert left == [], "a folder is left"
    return done, notes.read_text() if notes.exists() else ""


def tree(folder, interpreter="#!/bin/sh\necho Python 3.13.5\n"):
    """Make a tarball as package-uv.sh does, around a script that stands for the interpreter."""
    (folder / "python/bin").mkdir(parents=True)
    (folder / "python/lib/python3.13").mkdir(parents=True)
    (folder / "python/bin/python3").write_text(interpreter)
    (folder / "python/bin/python3").chmod(0o755)
    (folder / "python/lib/python3.13/_sysconfigdata__linux_.py").write_text(
        "build_time_vars = {'prefix': '/install'}\n"
    )
    with tarfile.open(folder / "x.tar.gz", "w:gz") as tar:
        tar.add(folder / "python", "python")
    return (folder / "x.tar.gz").read_bytes()


def serve_tree(farm, content, version="3.13.5"):
    index(farm)
    file = f"python-{version}-debian-12-uv.tar.gz"
    sums = farm.store.read("python/debian-12/SHA256SUMS").decode().splitlines()
    digest = hashlib.sha256(content).hexdigest()
    changed = [f"{digest}  {file}" if line.endswith(file) else line for line in sums]
    farm.changed = {
        f"python/debian-12/{file}": content,
        "python/debian-12/SHA256SUMS": "\n".join(changed).encode() + b"\n",
    }
