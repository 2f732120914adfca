"""An rpm that a build left is what the farm meant to make, or is refused."""

import shutil
import subprocess
from pathlib import Path

import pytest

from python_builds.adapters.building.artifact_check import check
from python_builds.core.errors import StoreError
from tests.hostile.packages import MEANT, PREFIX, product
from tests.script_runs import SCRIPTS

MADE = product("rhel-9")
PACKAGE = ["package-rpm.sh", MADE.package, "2", "x86_64", PREFIX, "gzip"]
METAPACKAGE = ["metapackage-rpm.sh", MADE.metapackage, "3.13.5-2", "x86_64", PREFIX]
EDIT = """
import pathlib, sys
path, old, new = pathlib.Path(sys.argv[1]), *sys.argv[2:]
text = path.read_text()
assert old in text, text
path.write_text(text.replace(old, new))
"""
MAKE = """
. "$1"
rpmbuild() { python3 -c "$edit" "${@: -1}" "$old" "$new"; command rpmbuild "$@"; }
main "${@:2}"
"""
"""The recipe's own script, with somebody who changes the spec file between it and rpmbuild."""


@pytest.fixture
def sealed(staged: Path, folder: Path, tmp_path: Path) -> Path:
    """Give a copy of what packages are made of, whose packages are what arrived from the worker."""
    made = tmp_path / "sealed"
    shutil.copytree(staged / "sealed", made, symlinks=True, ignore=shutil.ignore_patterns("dist"))
    (made / "dist").symlink_to(folder)
    return made


def changed(sealed: Path, command: list[str], old: str, new: str) -> list[str]:
    """Make an rpm of another spec file, and check."""
    script, *arguments = command
    subprocess.run(
        ["bash", "-c", MAKE, script, SCRIPTS / "steps" / script, *arguments],
        cwd=sealed,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "edit": EDIT, "old": old, "new": new},
        check=True,
        capture_output=True,
    )
    return check(MADE, MEANT, sealed / "dist")


@pytest.mark.parametrize("command", [PACKAGE, METAPACKAGE])
def test_an_rpm_that_nobody_has_changed_passes(sealed: Path, command: list[str]) -> None:
    assert changed(sealed, command, "%files", "%files") == []


NOARCH = "%global _binaries_in_noarch_packages_terminate_build 0\nBuildArch: noarch"
FIELDS = [
    ("Epoch: 7", "the header has EPOCH: '7', and must have '(none)'"),
    ("Vendor: somebody", "the header has VENDOR: 'somebody', and must have '(none)'"),
    (NOARCH, "the header has ARCH: 'noarch', and must have 'x86_64'"),
    ("Provides: nano = 99", "the header has provides:"),
    ("Obsoletes: nano < 99", "the header has obsoletes: 'nano < 99', and must have ''"),
    ("Conflicts: nano", "the header has conflicts: 'nano', and must have ''"),
    ("Recommends: nano", "the header has recommends:"),
    ("Suggests: nano", "the header has suggests: 'nano', and must have ''"),
    ("Supplements: bash", "the header has supplements: 'bash', and must have ''"),
    ("Enhances: bash", "the header has enhances: 'bash', and must have ''"),
    ("Requires: nano", "it requires 'nano', which is no library"),
]
"""What a spec file may have beside what ours has."""

SCRIPTLETS = [
    ("%pre\n", "%pre\nid\n", "the header has scripts:"),
    ("%files\n", "%post\nid\n%files\n", "the header has scripts:"),
    ("%files\n", "%post -p <lua>\nprint(1)\n%files\n", "the header has scripts:"),
    ("%posttrans\n", "%posttrans -p /usr/bin/python3\n", "the header has scripts:"),
    ("%files\n", "%pretrans -p <lua>\nprint(1)\n%files\n", "the header has scripts:"),
    ("%files\n", "%triggerin -- bash\nid\n%files\n", "the header has triggers:"),
    ("%files\n", "%filetriggerin -- /usr\nid\n%files\n", "the header has filetriggers:"),
]


@pytest.mark.parametrize(
    "old, new, problem",
    [
        ("Name: python-3.13.5", "Name: nano", "the header has NAME: 'nano', and must have 'python-3.13.5'"),
        ("Version: 1", "Version: 99", "the header has VERSION: '99', and must have '1'"),
        ("Release: 2", "Release: 3", "the header has RELEASE: '3', and must have '2'"),
        ("Summary: CPython in", "Summary: Free money in", "the header has SUMMARY: 'Free money in /opt/python/3.13.5'"),
        ("beside every other version.", "and money.", "the header has DESCRIPTION: 'The Python interpreter, its"),
        ("Packager: python-builds", "Packager: somebody", "the header has PACKAGER: 'somebody"),
        ("License: Python-2.0", "License: MIT", "the header has LICENSE: 'MIT', and must have 'Python-2.0'"),
        ("URL: https://www.python.org/", "URL: https://x", "the header has URL: 'https://x', and must have"),
        ("Recommends: ca-certificates", "", "the header has recommends: '', and must have 'ca-certificates'"),
        *(("License:", f"{field}\nLicense:", problem) for field, problem in FIELDS),
        *SCRIPTLETS,
    ],
)
def test_an_rpm_that_says_something_else_is_refused(sealed: Path, old: str, new: str, problem: str) -> None:
    problems = changed(sealed, PACKAGE, old, new)

    assert any(found.startswith(f"python-3.13.5-1-2.x86_64.rpm: {problem}") for found in problems), problems


FILES = "{}\n%files\n%defattr(-,root,root,-)\n/opt/python/3.13.5\n{}\n"


@pytest.mark.parametrize(
    "install, listed, problem",
    [
        ("mkdir %{buildroot}/etc; echo x >%{buildroot}/etc/x", "/etc/x", "'etc/x' lies outside of"),
        ("chmod 4755 %{buildroot}/opt/python/3.13.5/bin/python3.13", "", "has mode 4755"),
        ("chmod 600 %{buildroot}/opt/python/3.13.5/bin/python3.13", "", "'bin/python3.13' is another in"),
        ("", "%config /opt/python/3.13.5/lib/python3.13/os.py", "is a file with flags"),
        ("", "%attr(-, nobody, root) /opt/python/3.13.5/lib/python3.13/os.py", "belongs to nobody:root"),
        ("ln -s /etc/shadow %{buildroot}/opt/python/3.13.5/x", "", "is a link out of"),
        ("echo x >>%{buildroot}/opt/python/3.13.5/lib/python3.13/os.py", "", "'lib/python3.13/os.py' is another in"),
        ("rm %{buildroot}/opt/python/3.13.5/lib/python3.13/os.py", "", "'lib/python3.13/os.py' is another in"),
    ],
)
def test_an_rpm_that_holds_something_else_is_refused(sealed: Path, install: str, listed: str, problem: str) -> None:
    problems = changed(sealed, PACKAGE, f"%files\n%defattr(-,root,root,-)\n{PREFIX}\n", FILES.format(install, listed))

    assert any(problem in found for found in problems), problems


def test_an_rpm_that_gives_a_program_capabilities_is_refused(sealed: Path) -> None:
    program = f"{PREFIX}/bin/python3.13"
    with pytest.raises(StoreError, match="python-3.13.5-1-2.x86_64.rpm gives its files capabilities: '.*cap_setuid"):
        changed(sealed, PACKAGE, f"\n{PREFIX}\n", f"\n{PREFIX}\n%caps(cap_setuid=ep) {program}\n")


@pytest.mark.parametrize(
    "old, new, problem",
    [
        ("Name: python-3.13", "Name: nano", "the header has NAME: 'nano', and must have 'python-3.13'"),
        ("Version: 3.13.5", "Version: 3.13.99", "the header has VERSION: '3.13.99', and must have '3.13.5'"),
        ("Release: 2", "Release: 3", "the header has RELEASE: '3', and must have '2'"),
        ("Summary: Newest", "Summary: Free", "the header has SUMMARY: 'Free CPython 3.13', and must have"),
        ("Depends on the newest", "Depends on an old", "the header has DESCRIPTION:"),
        ("Requires: python-3.13.5 >= 1-2", "", "it does not require python-3.13.5 >= 1-2"),
        ("Requires: python-3.13.5 >= 1-2", "Requires: python-3.13.4 >= 1-2", "it requires 'python-3.13.4 >= 1-2'"),
        ('ln -s "3.13.5"', 'ln -s "3.13.4"', "it holds 'opt/python/3.13 (symlink 3.13.4)', and must hold"),
        ('ln -s "3.13.5"', 'ln -s "/etc"', "it holds 'opt/python/3.13 (symlink /etc)', and must hold"),
        ("%files\n", "echo >%{buildroot}/opt/x\n%files\n/opt/x\n", "it holds 'opt/python/3.13 (symlink 3.13.5), opt/x"),
        ("License:", "Recommends: nano\nLicense:", "the header has recommends: 'nano', and must have ''"),
        ("License:", "Requires: nano\nLicense:", "it requires 'nano', which is no library"),
        ("%pre\n", "%pre\nid\n", "the header has scripts:"),
        ("%files\n", "%triggerin -- bash\nid\n%files\n", "the header has triggers:"),
    ],
)
def test_a_metapackage_s_rpm_that_is_another_is_refused(sealed: Path, old: str, new: str, problem: str) -> None:
    problems = changed(sealed, METAPACKAGE, old, new)

    assert any(found.startswith(f"python-3.13-3.13.5-2.x86_64.rpm: {problem}") for found in problems), problems
