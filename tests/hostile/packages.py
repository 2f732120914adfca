"""What the recipe packages of a small tree, and how tests change it."""

import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from python_builds.adapters.building.artifact_check import check
from python_builds.adapters.building.package_check import Meant
from python_builds.core.building.requests import parse_platform_request
from python_builds.core.platforms.platforms import platform_named
from python_builds.core.publishing.artifacts import Product, package_file, tarball_file
from tests.script_runs import run, write

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


def compiled(program: Path, *flags: str, source: str = PROGRAM, after: tuple[str, ...] = ()) -> Path:
    """Compile and link a program; what is `after` is linked to it."""
    command = ["gcc", "-x", "c", "-", "-o", program, *flags, "-x", "none", *after]
    subprocess.run(command, input=source, text=True, check=True, capture_output=True)
    return program


def needing(version: str, folder: Path) -> Path:
    """Make a module that needs a symbol of a version, which a library provides that is made for it."""
    (script := folder / "versions").write_text(f"{version} {{ global: of_that_version; }};")
    flags = ("-shared", "-fPIC", "-Wl,-soname,libc.so.6", f"-Wl,--version-script={script}")
    library = compiled(folder / "libother.so", *flags, source="int of_that_version(void) { return 0; }")
    source = "int of_that_version(void); int x(void) { return of_that_version(); }"
    return compiled(folder / "x.so", "-shared", "-fPIC", *LINKED, source=source, after=(str(library),))


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


Change = Callable[[Path], object]


def repacked(folder: Path, change: Change) -> list[str]:
    """Change the unpacked deb, pack it again with what it had and what is new, and check."""
    made = product("debian-12")
    repack(folder / package_file(made, 2), change)
    return check(made, MEANT, folder)


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


def relink(link: Path, target: str) -> None:
    link.unlink()
    link.symlink_to(target)
