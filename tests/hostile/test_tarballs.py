"""Tarballs that a build left hold the tree of the package and nothing else, and harm nobody who looks."""

import gzip
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from python_builds.adapters.building import artifact_check
from python_builds.adapters.building.artifact_check import check, check_apart
from python_builds.adapters.stop import Stop
from python_builds.core.errors import StoreError
from python_builds.core.publishing.artifacts import tarball_file
from tests.hostile.packages import MEANT, Change, compiled, needing, product, relink
from tests.script_runs import write

MADE = product("debian-12")


def evil_tarball(folder: Path, part: str, *members: tuple[str, dict[str, object]]) -> list[str]:
    """Add members to one of the tarballs, and check."""
    path = folder / tarball_file(MADE, 2, part)
    with tarfile.open(path, "r:gz") as old, tarfile.open(folder / "new", "w:gz") as new:
        for member in old:
            new.addfile(member, old.extractfile(member) if member.isreg() else None)
        for name, values in members:
            info = tarfile.TarInfo(name)
            for field, value in values.items():
                setattr(info, field, value)
            new.addfile(info)
    (folder / "new").rename(path)
    return check(MADE, MEANT, folder)


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


def packed_again(folder: Path, part: str, change: Change) -> list[str]:
    """Change the unpacked tarball, pack it again, and check."""
    path, top = folder / tarball_file(MADE, 2, part), "python" if part == "uv" else "3.13.5"
    # Not by tarfile, of which Debian 12's has no filter yet.
    (folder / "x").mkdir()
    subprocess.run(["tar", "-C", folder / "x", "-xzf", path], check=True)
    change(folder / "x" / top)
    subprocess.run(["tar", "-C", folder / "x", "--owner=0", "--group=0", "-czf", path, top], check=True)
    return check(MADE, MEANT, folder)


LIBRARY = "lib/python3.13"
BYTECODE = f"{LIBRARY}/__pycache__/_sysconfigdata__linux_.cpython-313.pyc"


@pytest.mark.parametrize(
    "name, change",
    [
        (f"{LIBRARY}/os.py", lambda tree: write(tree / LIBRARY / "os.py", "x = 2\n" * 1000)),
        (f"{LIBRARY}/os.py", lambda tree: (tree / LIBRARY / "os.py").unlink()),
        (f"{LIBRARY}/os.py", lambda tree: (tree / LIBRARY / "os.py").chmod(0o755)),
        (f"{LIBRARY}/evil.py", lambda tree: write(tree / LIBRARY / "evil.py", "x = 2\n")),
        (f"{LIBRARY}/evil", lambda tree: (tree / LIBRARY / "evil").mkdir()),
        ("bin/python3.13-second-name", lambda tree: other_bytes(tree / "bin/python3.13-second-name")),
        ("bin/python3", lambda tree: relink(tree / "bin/python3", "pip3")),
        ("bin/python3", lambda tree: (tree / "bin/python3").unlink()),
        ("bin/x", lambda tree: (tree / "bin/x").symlink_to("python3.13")),
        # What may have other bytes, and be nothing else than it is in the package.
        (f"{LIBRARY}/x.json", lambda tree: write(tree / LIBRARY / "x.json", "{}")),
        (f"{LIBRARY}/build-details.json", lambda tree: (tree / LIBRARY / "build-details.json").unlink()),
        (f"{LIBRARY}/_sysconfigdata_x.py", lambda tree: write(tree / LIBRARY / "_sysconfigdata_x.py", "x = 2\n")),
        (f"{LIBRARY}/_sysconfigdata__linux_.py", lambda tree: (tree / LIBRARY / "_sysconfigdata__linux_.py").chmod(0)),
        (f"{LIBRARY}/build-details.json", lambda tree: relink(tree / LIBRARY / "build-details.json", "os.py")),
        (BYTECODE, lambda tree: write(tree / BYTECODE, "bytecode")),
    ],
)
def test_a_tarball_for_uv_that_is_not_the_package_s_tree_is_refused(folder: Path, name: str, change: Change) -> None:
    assert packed_again(folder, "uv", change) == [f"'{name}' is another in python than in 3.13.5"]


def other_bytes(path: Path) -> None:
    path.unlink()
    shutil.copy("/bin/true", path)


def test_what_uv_rewrites_may_be_another_in_its_tarball(folder: Path) -> None:
    def change(tree: Path) -> None:
        write(tree / LIBRARY / "_sysconfigdata__linux_.py", "build_time_vars = {}\n")
        write(tree / LIBRARY / "build-details.json", "{}")

    assert packed_again(folder, "uv", change) == []


def test_an_archive_that_becomes_huge_is_refused_before_it_does(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("python_builds.adapters.building.package_files.MAX_BYTES", 3000)
    with pytest.raises(StoreError, match="it holds more than"):
        check(MADE, MEANT, folder)


def test_what_harms_the_parser_harms_no_master(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A header of an extended format, which has no limit, is read into memory as a whole."""
    info = tarfile.TarInfo("long")
    info.type, info.size = tarfile.XHDTYPE, 2**30
    with gzip.open(folder / tarball_file(MADE, 2), "wb", compresslevel=1) as file:
        file.write(info.tobuf(tarfile.GNU_FORMAT))
        for _ in range(400):
            file.write(bytes(2**20))
    monkeypatch.setattr(artifact_check, "MAX_MEMORY", 300 * 2**20)

    with pytest.raises(StoreError, match="what the build left cannot be looked at: MemoryError"):
        check_apart(MADE, MEANT, folder, Stop())


def test_looking_ends_when_it_has_taken_too_long(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artifact_check, "MAX_SECONDS", 0)

    with pytest.raises(StoreError, match="what the build left cannot be looked at within 0 s"):
        check_apart(MADE, MEANT, folder, Stop())


def test_modules_of_the_tests_are_looked_at_too(folder: Path) -> None:
    (found,) = packed_again(
        folder, "test", lambda tree: compiled(tree / "lib/_testx.so", "-shared", "-fPIC", "-Wl,-z,lazy")
    )
    assert found.startswith("'3.13.5/lib/_testx.so' looks functions up when it first calls them")


@pytest.mark.parametrize("part", ["", "test"])
def test_a_tree_that_needs_a_newer_glibc_than_its_platform_s_is_refused(
    folder: Path, part: str, tmp_path: Path
) -> None:
    module = needing("GLIBC_2.99", tmp_path)
    problems = packed_again(folder, part, lambda tree: shutil.copy(module, tree / "lib/x.so"))

    newer = "needs glibc 2.99 for 'GLIBC_2.99', and debian-12 has 2.36 by its row: it was built elsewhere"
    assert f"'3.13.5/lib/x.so' {newer}" in problems


def test_headers_of_another_version_are_refused(folder: Path) -> None:
    header, text = "include/python3.13/patchlevel.h", '#define PY_VERSION "3.99.0"\n'
    problems = packed_again(folder, "", lambda tree: write(tree / header, text))

    assert "the headers are of CPython '3.99.0' and not of 3.13.5" in problems
