"""Tarballs that a build left hold the tree of the package and nothing else, and harm nobody who looks."""

import gzip
import subprocess
import tarfile
from pathlib import Path

import pytest

from python_builds.adapters.building import artifact_check
from python_builds.adapters.building.artifact_check import check, check_apart
from python_builds.adapters.stop import Stop
from python_builds.core.errors import StoreError
from python_builds.core.publishing.artifacts import tarball_file
from tests.hostile.packages import MEANT, compiled, product
from tests.script_runs import write


def evil_tarball(folder: Path, part: str, *members: tuple[str, dict[str, object]]) -> list[str]:
    """Add members to one of the tarballs, and check."""
    made = product("debian-12")
    path = folder / tarball_file(made, 2, part)
    with tarfile.open(path, "r:gz") as old, tarfile.open(folder / "new", "w:gz") as new:
        for member in old:
            new.addfile(member, old.extractfile(member) if member.isreg() else None)
        for name, values in members:
            info = tarfile.TarInfo(name)
            for field, value in values.items():
                setattr(info, field, value)
            new.addfile(info)
    (folder / "new").rename(path)
    return check(made, MEANT, folder)


@pytest.mark.parametrize("part", ["", "uv", "test", "debug"])
@pytest.mark.parametrize(
    "name, values, problem",
    [
        ("../escape", {}, "lies outside of"),
        ("/etc/x", {}, "lies outside of"),
        ("{top}/../../x", {}, "lies outside of"),
        ("{top}/x", {"mode": 0o4755}, "has mode 4755"),
        ("{top}/x", {"uid": 1000}, "belongs to 1000:0"),
        ("{top}/x", {"type": tarfile.SYMTYPE, "linkname": "../../../etc/passwd"}, "is a link out of"),
        ("{top}/x", {"type": tarfile.LNKTYPE, "linkname": "/etc/passwd"}, "is a second name of '/etc/passwd'"),
        ("{top}/x", {"type": tarfile.CHRTYPE}, "is a device"),
        ("{top}/no/folder", {}, "lies in what is no folder"),
        ("{top}/lib", {"type": tarfile.SYMTYPE, "linkname": "bin"}, "is there twice"),
        ("{top}/x", {"pax_headers": {"SCHILY.xattr.security.capability": "x"}}, "is a file with attributes"),
    ],
)
def test_a_tarball_with_something_else_in_it_is_refused(
    folder: Path, part: str, name: str, values: dict[str, object], problem: str
) -> None:
    top = "python" if part == "uv" else "3.13.5"
    problems = evil_tarball(folder, part, (name.format(top=top), values))

    assert any(problem in found for found in problems), problems


def test_an_archive_that_becomes_huge_is_refused_before_it_does(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("python_builds.adapters.building.package_files.MAX_BYTES", 3000)
    with pytest.raises(StoreError, match="it holds more than"):
        check(product("debian-12"), MEANT, folder)


def test_what_harms_the_parser_harms_no_master(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A header of an extended format, which has no limit, is read into memory as a whole."""
    info = tarfile.TarInfo("long")
    info.type, info.size = tarfile.XHDTYPE, 2**30
    with gzip.open(folder / tarball_file(product("debian-12"), 2), "wb", compresslevel=1) as file:
        file.write(info.tobuf(tarfile.GNU_FORMAT))
        for _ in range(400):
            file.write(bytes(2**20))
    monkeypatch.setattr(artifact_check, "MAX_MEMORY", 300 * 2**20)

    with pytest.raises(StoreError, match="what the build left cannot be looked at: MemoryError"):
        check_apart(product("debian-12"), MEANT, folder, Stop())


def test_looking_ends_when_it_has_taken_too_long(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artifact_check, "MAX_SECONDS", 0)

    with pytest.raises(StoreError, match="what the build left cannot be looked at within 0 s"):
        check_apart(product("debian-12"), MEANT, folder, Stop())


def test_modules_of_the_tests_are_looked_at_too(folder: Path) -> None:
    made = product("debian-12")
    path = folder / tarball_file(made, 2, "test")
    (folder / "x/3.13.5/lib").mkdir(parents=True)
    compiled(folder / "x/3.13.5/lib/_testx.so", "-shared", "-fPIC", "-Wl,-z,lazy")
    subprocess.run(["tar", "-C", folder / "x", "--owner=0", "--group=0", "-czf", path, "3.13.5"], check=True)

    (found,) = check(made, MEANT, folder)
    assert found.startswith("'3.13.5/lib/_testx.so' looks functions up when it first calls them")


def test_headers_of_another_version_are_refused(folder: Path) -> None:
    made = product("debian-12")
    path = folder / tarball_file(made, 2)
    # Not by tarfile, of which Debian 12's has no filter yet.
    (folder / "x").mkdir()
    subprocess.run(["tar", "-C", folder / "x", "-xzf", path], check=True)
    write(folder / "x/3.13.5/include/python3.13/patchlevel.h", '#define PY_VERSION "3.99.0"\n')
    subprocess.run(["tar", "-C", folder / "x", "--owner=0", "--group=0", "-czf", path, "3.13.5"], check=True)

    assert "the headers are of CPython '3.99.0' and not of 3.13.5" in check(made, MEANT, folder)
