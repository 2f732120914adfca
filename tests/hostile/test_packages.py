"""What a build leaves is looked at by the master, from outside, before root installs it and before anybody gets it."""

import gzip
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from python_builds.adapters.building import artifact_check
from python_builds.adapters.building.artifact_check import check, check_apart
from python_builds.adapters.building.elf_files import read_program
from python_builds.adapters.building.package_check import Meant
from python_builds.adapters.building.package_files import read_deb
from python_builds.adapters.stop import Stop
from python_builds.core.building.hardening import hardening_problems
from python_builds.core.building.programs import program_problems
from python_builds.core.building.requests import parse_platform_request
from python_builds.core.errors import StoreError
from python_builds.core.platforms.platforms import platform_named
from python_builds.core.publishing.artifacts import (
    TREE_SBOM,
    Product,
    artifact_keys,
    metapackage_file,
    package_file,
    tarball_file,
)
from tests.script_runs import require_tool, run, work_folder, write

DOCUMENT = b'{"bomFormat": "CycloneDX"}\n'
MEANT = Meant(
    revision=2,
    maintainer="python-builds <python-builds@localhost>",
    sbom_sha256=hashlib.sha256(DOCUMENT).hexdigest(),
    linked=("libc.so.6",),
)
PREFIX = "/opt/python/3.13.5"
PROGRAM = """
#include <stdio.h>
int main(int count, char **words) {
    char text[64];
    return snprintf(text, sizeof text, "%s %d", words[0], count);
}
"""
COMPILED = ("-O1", "-fstack-protector-strong", "-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=2")
LINKED = ("-Wl,-z,relro,-z,now",)


def product(platform: str) -> Product:
    properties = {"python_version": "3.13.5", "profile": "quick"}
    return parse_platform_request(properties, platform_named(platform), "amd64").product


@pytest.fixture(scope="module")
def staged() -> Iterator[Path]:
    """Give a work folder with a small tree of CPython's shape, packaged in both formats."""
    require_tool("rpmbuild", "rpm")
    require_tool("dpkg-shlibdeps", "dpkg-dev")
    with work_folder() as work:
        write(work / "logs" / "source-date-epoch", "1700000000\n")
        tree = work / "stage" / PREFIX[1:]
        write(tree / "include/python3.13/patchlevel.h", '#define PY_VERSION "3.13.5"\n')
        write(tree / "lib/python3.13/os.py", "x = 1\n" * 1000)
        write(tree / "lib/python3.13/_sysconfigdata__linux_.py", f"build_time_vars = {{'prefix': '{PREFIX}'}}\n")
        write(tree / "lib/python3.13/build-details.json", f'{{"base_prefix": "{PREFIX}"}}\n')
        write(tree / TREE_SBOM, DOCUMENT.decode())
        (tree / "bin").mkdir()
        with_pip(tree)
        compiled(tree / "bin/python3.13", *COMPILED, *LINKED)
        (tree / "bin/python3").symlink_to("python3.13")
        os.link(tree / "bin/python3.13", tree / "bin/python3.13-second-name")
        for part in ("test", "debug"):
            write(work / f"stage-{part}" / PREFIX[1:] / "lib" / part, part)
        if os.getuid() == 0:
            folders = [work / "stage", work / "stage-test", work / "stage-debug"]
            subprocess.run(["chown", "-R", "--reference", work / "dist", *folders], check=True)
        package(work)
        yield work


def with_pip(tree: Path) -> None:
    """Put two distributions there, as ensurepip does."""
    site = tree / "lib/python3.13/site-packages"
    for name, record in {
        "pip": "../../../bin/pip3,,\npip/__init__.py,,\npip-1.0.dist-info/RECORD,,\n",
        "setuptools": "setuptools/__init__.py,,\npkg_resources/__init__.py,,\nsetuptools-2.0.dist-info/RECORD,,\n",
    }.items():
        write(site / name / "__init__.py", f"name = {name!r}\n")
        write(site / f"{name}-{'1' if name == 'pip' else '2'}.0.dist-info" / "RECORD", record)
    write(site / "pkg_resources/__init__.py", "")
    write(tree / "bin/pip3", "#!/bin/sh\n", executable=True)
    (tree / "bin/pip").symlink_to("pip3")


def compiled(program: Path, *flags: str, source: str = PROGRAM) -> Path:
    command = ["gcc", "-x", "c", "-", "-o", program, *flags]
    subprocess.run(command, input=source, text=True, check=True, capture_output=True)
    return program


def package(work: Path) -> None:
    """Make all artifacts of revision 2, as the steps of a build do."""
    run(work, "seal-stage.sh").check_returncode()
    deb, rpm = product("debian-12"), product("rhel-9")
    commands = [
        ["package-deb.sh", deb.package, "2", "amd64", PREFIX, "gzip"],
        ["package-rpm.sh", rpm.package, "2", "x86_64", PREFIX, "gzip"],
        ["metapackage-deb.sh", deb.metapackage, "3.13.5-2", "amd64", PREFIX],
        ["metapackage-rpm.sh", rpm.metapackage, "3.13.5-2", "x86_64", PREFIX],
    ]
    for made in (deb, rpm):
        commands += [
            ["package-tarball.sh", tarball_file(made, 2, part), PREFIX, f"stage{'-' if part else ''}{part}"]
            for part in ("", "test", "debug")
        ]
        commands.append(["package-uv.sh", tarball_file(made, 2, "uv"), PREFIX])
    for script, *arguments in commands:
        command = ["scripts/run-as-packaging-user.sh", f"scripts/steps/{script}", *arguments]
        done = subprocess.run(command, cwd=work, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


@pytest.fixture
def folder(staged: Path, tmp_path: Path) -> Path:
    """Give a folder with what arrived from the worker, for a test to change."""
    shutil.copytree(staged / "sealed" / "dist", tmp_path / "spool")
    return tmp_path / "spool"


@pytest.mark.parametrize("platform", ["debian-12", "rhel-9"])
def test_what_the_recipe_makes_passes(folder: Path, platform: str) -> None:
    made = product(platform)

    assert set(artifact_keys(made, 2)) <= {path.name for path in folder.iterdir()}
    assert check(made, MEANT, folder) == []
    check_apart(made, MEANT, folder, Stop())


@pytest.mark.parametrize("platform", ["debian-12", "rhel-9"])
def test_a_document_about_the_tree_that_is_not_the_master_s_own_is_refused(folder: Path, platform: str) -> None:
    made = product(platform)
    other = replace(MEANT, sbom_sha256="a" * 64)
    problems = check(made, other, folder)

    assert len(problems) == 3 and all(f"must be the file with SHA-256 {'a' * 64}" in problem for problem in problems)
    assert {problem.partition("share/sbom")[0].strip("'") for problem in problems} >= {"3.13.5/", "python/"}


def test_a_tree_that_is_linked_to_what_its_document_does_not_say_is_refused(folder: Path) -> None:
    made = product("debian-12")

    assert check(made, replace(MEANT, linked=()), folder) == [
        "the tree is linked to 'libc.so.6', which its SBOM does not say"
    ]
    assert check(made, replace(MEANT, linked=("libc.so.6", "libz.so.1")), folder) == [
        "the tree is not linked to 'libz.so.1', as its SBOM says"
    ]


Change = Callable[[Path], object]


def repacked(folder: Path, change: Change) -> list[str]:
    """Change the unpacked deb, pack it again with what it had and what is new, and check."""
    made = product("debian-12")
    return repack(folder / package_file(made, 2), change) or check(made, MEANT, folder)


FOLDERS_ABOVE = ("opt", "opt/python", "usr", "usr/share", "usr/share/doc")


def repack(path: Path, change: Change) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, tree = Path(name), Path(name, "tree")
        subprocess.run(["dpkg-deb", "--raw-extract", path, tree], check=True)
        change(tree)
        shutil.move(tree / "DEBIAN", folder / "control")
        names = sorted(str(one.relative_to(tree)) for one in tree.rglob("*"))
        names = [one for one in names if one not in FOLDERS_ABOVE]
        tar = ["tar", "--owner=0", "--group=0", "--format=gnu", "--no-recursion", "-czf"]
        control = sorted(one.name for one in (folder / "control").iterdir())
        subprocess.run([*tar, folder / "control.tar.gz", "-C", folder / "control", ".", *control], check=True)
        subprocess.run([*tar, folder / "data.tar.gz", "-C", tree, *(f"./{one}" for one in names)], check=True)
        (folder / "debian-binary").write_text("2.0\n")
        path.unlink()
        subprocess.run(["ar", "rcD", path, "debian-binary", "control.tar.gz", "data.tar.gz"], cwd=folder, check=True)


def edit(old: str, new: str) -> Change:
    def change(tree: Path) -> None:
        control = tree / "DEBIAN/control"
        assert old in control.read_text()
        control.write_text(control.read_text().replace(old, new))

    return change


def script(name: str) -> Change:
    return lambda tree: write(tree / "DEBIAN" / name, "#!/bin/sh\nid >/pwned\n", executable=True)


PYTHON = f"{PREFIX[1:]}/bin/python3.13"
DOCUMENTS = "usr/share/doc/python-3.13.5"


@pytest.mark.parametrize(
    "change, problem",
    [
        (script("postinst"), "its control archive has postinst: '#!/bin/sh\\nid >/pwned\\n', and must have"),
        (lambda tree: (tree / "DEBIAN/preinst").unlink(), "its control archive has preinst: nothing"),
        (lambda tree: (tree / "DEBIAN/preinst").chmod(0o4755), "its control archive has"),
        (
            lambda tree: (tree / DOCUMENTS / "copyright").write_text("mine"),
            "the package has usr/share/doc/python-3.13.5/copyright",
        ),
        (
            lambda tree: (tree / DOCUMENTS / "x").write_text("mine"),
            "the package has usr/share/doc/python-3.13.5/x: 'mine'",
        ),
        (
            lambda tree: (tree / DOCUMENTS / "x").symlink_to("/etc/shadow"),
            "is a link out of usr/share/doc/python-3.13.5",
        ),
        (lambda tree: write(tree / f"{PREFIX[1:]}/lib/ensurepip/pip/bin/python3.13", "x"), "is there twice once it is"),
        (lambda tree: write(tree / f"{PREFIX[1:]}/lib/ensurepip/evil/lib/x.py", "x"), "is another in"),
        (script("prerm"), "its control archive has"),
        (script("config"), "its control archive has"),
        (lambda tree: write(tree / "DEBIAN/triggers", "interest /usr\n"), "its control archive has"),
        (lambda tree: write(tree / "DEBIAN/conffiles", "/etc/passwd\n"), "its control archive has"),
        (edit("Package: python-3.13.5", "Package: nano"), "control has Package: 'nano', and must have 'python-3.13.5'"),
        (edit("Version: 2", "Version: 99"), "control has Version: '99', and must have '2'"),
        (edit("Architecture: amd64", "Architecture: all"), "control has Architecture: 'all'"),
        (
            edit("Section: python", "Essential: yes\nSection: python"),
            "control has Essential: 'yes', and must have nothing",
        ),
        (edit("Section: python", "Filename: pkgs/nano.deb\nSection: python"), "control has Filename:"),
        (edit("Section: python", "Provides: nano\nSection: python"), "control has Provides:"),
        (edit("Installed-Size: ", "Installed-Size: 9"), "control has Installed-Size:"),
        (edit("CPython in", "Free money in"), "control has Description:"),
        (edit("beside every", "\n .\n Package: nano"), "control has Description:"),
        (edit("Depends: libc6", "Depends: libc6 | evil:any [amd64], x"), "which is no list of packages"),
        (edit("Maintainer: python", "Maintainer: somebody"), "control has Maintainer:"),
        (lambda tree: write(tree / "etc/cron.d/x", "* * * * * root id\n"), "'etc/cron.d/x' lies outside of"),
        (lambda tree: write(tree / "opt/python/3.12.0/bin/python3", "x"), "lies outside of opt/python/3.13.5"),
        (lambda tree: (tree / PYTHON).chmod(0o4755), "has mode 4755"),
        (lambda tree: (tree / PYTHON).chmod(0o777), "has mode 0777"),
        (lambda tree: (tree / PYTHON).parent.joinpath("x").symlink_to("/etc/shadow"), "is a link out of"),
        (lambda tree: (tree / PYTHON).parent.joinpath("x").symlink_to("../../../../etc"), "is a link out of"),
        (lambda tree: os.mkfifo((tree / PYTHON).parent / "x"), "is a pipe"),
        (lambda tree: (tree / PYTHON).parent.joinpath("a\nb").touch(), "has a name that is no text"),
        (lambda tree: (tree / PYTHON).write_bytes(b"#!/bin/sh\n"), "md5sums does not tell of its files"),
        (
            lambda tree: (tree / PREFIX[1:] / "lib/other.py").write_text("x"),
            "is another in opt/python/3.13.5 than in 3.13.5",
        ),
    ],
)
def test_a_deb_that_is_another_is_refused(folder: Path, change: Change, problem: str) -> None:
    problems = repacked(folder, change)

    assert any(problem in found for found in problems), problems


def test_a_deb_that_holds_the_folders_above_is_refused(folder: Path) -> None:
    """Else dpkg would remove them with the last package."""
    path = folder / package_file(product("debian-12"), 2)
    subprocess.run(["dpkg-deb", "--raw-extract", path, folder / "tree"], check=True)
    command = ["dpkg-deb", "--root-owner-group", "-Zgzip", "--build", folder / "tree", path]
    subprocess.run(command, check=True, capture_output=True)

    assert f"{path.name}: 'opt' lies outside of opt/python/3.13.5" in check(product("debian-12"), MEANT, folder)


METAPACKAGE_LINK = "opt/python/3.13"


@pytest.mark.parametrize(
    "change, problem",
    [
        (script("postinst"), "its control archive has postinst"),
        (edit("Package: python-3.13", "Package: nano"), "control has Package: 'nano'"),
        (edit("Version: 3.13.5-2", "Version: 99"), "control has Version: '99', and must have '3.13.5-2'"),
        (edit("python-3.13.5 (>= 2)", "python-3.13.5 (>= 2), nano"), "control has Depends:"),
        (edit("Section: python", "Pre-Depends: nano\nSection: python"), "control has Pre-Depends:"),
        (lambda tree: write(tree / "etc/cron.d/x", "* * * * * root id\n"), "it holds"),
        (lambda tree: relink(tree / METAPACKAGE_LINK, "3.13.4"), "a link to 3.13.5"),
        (lambda tree: relink(tree / METAPACKAGE_LINK, "/etc"), "a link to 3.13.5"),
    ],
)
def test_a_metapackage_that_is_another_is_refused(folder: Path, change: Change, problem: str) -> None:
    made = product("debian-12")
    repack(folder / metapackage_file(made, 2), change)
    problems = check(made, MEANT, folder)

    assert any(problem in found for found in problems), problems


def relink(link: Path, target: str) -> None:
    link.unlink()
    link.symlink_to(target)


def test_a_deb_with_more_parts_or_two_of_a_kind_is_refused(folder: Path) -> None:
    path = folder / package_file(product("debian-12"), 2)
    (folder / "_gpgorigin").write_text("x")
    subprocess.run(["ar", "q", path, folder / "_gpgorigin"], check=True, capture_output=True)

    with pytest.raises(StoreError, match=r"has the parts .*_gpgorigin"):
        read_deb(path)


def test_fields_that_stand_twice_are_refused(folder: Path) -> None:
    assert any(
        "twice the line 'Version: 2'" in p for p in repacked(folder, edit("Version: 2", "Version: 1\nVersion: 2"))
    )


SPEC = """
Name: {name}
Version: 1
Release: 2
Summary: CPython in /opt/python/3.13.5
License: Python-2.0
URL: https://www.python.org/
Packager: python-builds <python-builds@localhost>
Recommends: ca-certificates
{head}
%description
The Python interpreter, its standard library, pip and the files to embed
and extend it, beside every other version.
%install
mkdir -p %{{buildroot}}/opt/python
cp -a {tree} %{{buildroot}}/opt/python/
{install}
%files
%defattr(-,root,root,-)
/opt/python/3.13.5
{files}
"""


@pytest.mark.parametrize(
    "values, problem",
    [
        ({"name": "nano"}, "the header has NAME: 'nano', and must have 'python-3.13.5'"),
        ({"head": "Epoch: 7"}, "the header has EPOCH: '7'"),
        ({"head": "Provides: nano = 99"}, "the header has provides:"),
        ({"head": "Obsoletes: nano < 99"}, "the header has obsoletes: 'nano < 99', and must have ''"),
        ({"head": "Conflicts: nano"}, "the header has conflicts:"),
        ({"head": "Supplements: bash"}, "the header has supplements:"),
        ({"head": "Requires: nano"}, "it requires 'nano', which is no library"),
        ({"files": "%post\nid"}, "the header has scripts:"),
        ({"files": "%preun -p <lua>\nprint(1)"}, "the header has scripts:"),
        ({"files": "%triggerin -- bash\nid"}, "the header has triggers:"),
        ({"files": "%filetriggerin -- /usr\nid"}, "the header has filetriggers:"),
        ({"install": "mkdir %{buildroot}/etc; echo x >%{buildroot}/etc/x", "files": "/etc/x"}, "lies outside of"),
        ({"install": "chmod 4755 %{buildroot}/opt/python/3.13.5/bin/python3.13"}, "has mode 4755"),
        ({"files": "%config /opt/python/3.13.5/lib/python3.13/os.py"}, "is a file with flags"),
        ({"install": "ln -s /etc/shadow %{buildroot}/opt/python/3.13.5/x"}, "is a link out of"),
        ({"install": "echo x >>%{buildroot}/opt/python/3.13.5/lib/python3.13/os.py"}, "is another in"),
    ],
)
def test_an_rpm_that_is_another_is_refused(
    staged: Path, folder: Path, tmp_path: Path, values: dict[str, str], problem: str
) -> None:
    made = product("rhel-9")
    tree = staged / "sealed" / "stage" / PREFIX[1:]
    words = {"name": made.package, "head": "", "install": "", "files": "", "tree": tree, **values}
    write(
        tmp_path / "x.spec", "%global debug_package %{nil}\n%global __os_install_post %{nil}\n" + SPEC.format(**words)
    )
    define = [
        f"--define=_topdir {tmp_path}",
        f"--define=_rpmdir {folder}",
        f"--define=_rpmfilename {package_file(made, 2)}",
    ]
    command = ["rpmbuild", "-bb", "--nodeps", "--target=x86_64", *define, tmp_path / "x.spec"]
    subprocess.run(command, check=True, capture_output=True)
    problems = check(made, MEANT, folder)

    assert any(problem in found for found in problems), problems


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


def test_a_library_whose_code_is_changed_when_it_is_loaded_is_refused(tmp_path: Path) -> None:
    source = '__asm__(".text\\nhere: .quad elsewhere\\n");'
    library = compiled(tmp_path / "x.so", "-shared", "-Wl,-z,notext", source=source)
    found = program_problems(read_program("3.13.5/lib/x.so", library.read_bytes()), "amd64", "3.13.5")

    assert any("changes its code when it is loaded" in sentence for sentence in found), found


@pytest.mark.parametrize(
    "flags, problem",
    [
        (["-Wl,-z,execstack"], "has a stack that can be executed"),
        (["-Wl,-rpath,/tmp"], "looks for libraries in '/tmp'"),
        (["-Wl,-rpath,$ORIGIN/../../../../tmp"], "looks for libraries in"),
        (["-Wl,--dynamic-linker,/tmp/ld.so"], "is started by '/tmp/ld.so'"),
        (["-nostdlib", "-static", "-Wl,--omagic"], "has code that can be written"),
    ],
)
def test_programs_that_the_loader_would_treat_otherwise_are_refused(
    flags: list[str], problem: str, tmp_path: Path
) -> None:
    program = compiled(tmp_path / "program", *flags, source="int main(void) { return 0; }")
    found = program_problems(read_program("3.13.5/bin/python3.13", program.read_bytes()), "amd64", "3.13.5")

    assert any(problem in sentence for sentence in found), found


def hardening(path: Path, name: str = "3.13.5/bin/python3.13") -> list[str]:
    return hardening_problems([read_program(name, path.read_bytes())])


def test_a_program_that_is_hardened_lacks_nothing(tmp_path: Path) -> None:
    assert hardening(compiled(tmp_path / "program", *COMPILED, *LINKED)) == []


@pytest.mark.parametrize(
    "flags, problem",
    [
        ((*COMPILED, *LINKED, "-Wl,-z,norelro"), "it has no PT_GNU_RELRO, which -z relro makes"),
        ((*COMPILED, *LINKED, "-Wl,-z,lazy"), "it has no DF_BIND_NOW, which -z now makes"),
        ((*COMPILED, *LINKED, "-fno-stack-protector"), "has no guard of its stack: it never calls __stack_chk_fail"),
        ((*COMPILED, *LINKED, "-U_FORTIFY_SOURCE"), "calls no function that checks sizes"),
        # What fortification needs.
        ((*COMPILED, *LINKED, "-O0"), "calls no function that checks sizes"),
    ],
)
def test_a_program_that_one_flag_did_not_reach_is_told_of(flags: tuple[str, ...], problem: str, tmp_path: Path) -> None:
    (found,) = hardening(compiled(tmp_path / "program", *flags))

    assert found.startswith("'3.13.5/bin/python3.13' ") and problem in found


MODULE = """
#include <stdio.h>
int many(int x) { ASM return x; }
int show(int x) { return printf("%d", x); }
"""
"""ASM stands for as much code as it names, without a function that needs a guard."""


@pytest.mark.parametrize(
    "code, flags, problems",
    [
        (0, COMPILED, []),
        (20_000, COMPILED, ["has no guard of its stack: it never calls __stack_chk_fail"]),
        (0, ("-O1", "-U_FORTIFY_SOURCE"), ["calls printf, where -D_FORTIFY_SOURCE=2 would have it call __printf_chk"]),
    ],
)
def test_a_module_need_not_have_what_a_small_one_cannot(
    code: int, flags: tuple[str, ...], problems: list[str], tmp_path: Path
) -> None:
    source = MODULE.replace("ASM", f'__asm__ volatile(".fill {code}, 1, 0x90");')
    module = compiled(tmp_path / "module.so", *flags, *LINKED, "-shared", "-fPIC", source=source)
    found = hardening(module, "3.13.5/lib/python3.13/lib-dynload/_x.so")

    assert [sentence.partition("_x.so' ")[2].partition(", as ")[0] for sentence in found] == problems


def test_a_module_that_would_turn_off_the_interpreter_s_shadow_stack_is_told_of(tmp_path: Path) -> None:
    marked, unmarked = (*LINKED, "-Wl,-z,ibt,-z,shstk"), (*LINKED, "-fcf-protection=none")
    program = read_program("3.13.5/bin/python3.13", compiled(tmp_path / "p", *COMPILED, *marked).read_bytes())
    without = read_program("3.13.5/bin/python3.13", compiled(tmp_path / "w", *COMPILED, *unmarked).read_bytes())
    modules = [
        read_program(f"3.13.5/lib/{name}.so", compiled(tmp_path / name, "-shared", "-fPIC", *flags).read_bytes())
        for name, flags in (("marked", marked), ("unmarked", unmarked))
    ]
    (found,) = hardening_problems([program, *modules])

    assert found.startswith("'3.13.5/lib/unmarked.so' turns off the shadow stack that the interpreter is marked for")
    assert hardening_problems([without, *modules]) == []


def test_a_file_that_only_begins_like_a_program_is_refused() -> None:
    with pytest.raises(StoreError, match="'3.13.5/bin/x' cannot be read as an ELF file"):
        read_program("3.13.5/bin/x", b"\x7fELF" + bytes(60))


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
