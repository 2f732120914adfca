"""A package for rpm systems, made by the real rpmbuild, and what rpm says of its signature."""

import subprocess
from pathlib import Path

from python_builds.adapters.digests import file_sha256

SPEC = """Name: python-3.13.5
Version: 1
Release: 1
Summary: CPython
License: none
BuildArch: noarch
Requires: libz.so.1()(64bit)
%description
CPython.
%install
mkdir -p %{buildroot}/opt/python/3.13.5/bin
touch %{buildroot}/opt/python/3.13.5/bin/python3
%files
/opt/python/3.13.5
"""


def make_rpm(folder: Path) -> Path:
    """Build one that has a file, and its digest beside it."""
    (folder / "package.spec").write_text(SPEC)
    define = [f"--define=_topdir {folder}", f"--define=_rpmdir {folder}", "--define=_rpmfilename a.rpm"]
    command = ["rpmbuild", "-bb", *define, "--define=_buildhost here", folder / "package.spec"]
    subprocess.run(command, check=True, capture_output=True)
    (folder / "a.rpm.sha256").write_text(f"{file_sha256(folder / 'a.rpm')}  a.rpm\n")
    return folder / "a.rpm"


def check_rpm(package: Path, keys: Path) -> subprocess.CompletedProcess[str]:
    """Ask an rpm that knows these public keys alone of a package's signature."""
    root = ["rpm", "--root", str(package.parent / "root")]
    (package.parent / "root").mkdir()
    subprocess.run([*root, "--import", keys], check=True)
    return subprocess.run([*root, "--checksig", "--verbose", package], capture_output=True, text=True)
