"""What a build leaves is looked at by the master, from outside, before root installs it and before anybody gets it."""

import os
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from python_builds.adapters.building.artifact_check import check, check_apart
from python_builds.adapters.building.package_files import read_deb
from python_builds.adapters.stop import Stop
from python_builds.core.errors import StoreError
from python_builds.core.publishing.artifacts import Product, artifact_keys, metapackage_file, package_file
from tests.hostile.packages import MEANT, PREFIX, Change, edit, product, relink, repack, repacked, script
from tests.script_runs import write


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


PYTHON = f"{PREFIX[1:]}/bin/python3.13"
DOCUMENTS = "usr/share/doc/python-3.13.5"

SCRIPTS = ("preinst", "postinst", "prerm", "postrm")


def appended(name: str) -> Change:
    """Have one of the farm's own scripts do one thing more."""

    def change(tree: Path) -> None:
        path = tree / "DEBIAN" / name
        path.write_text(path.read_text() + "id >/pwned\n")

    return change


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
        (lambda tree: (tree / PYTHON).chmod(0o700), "'bin/python3.13' is another in opt/python/3.13.5 than in"),
        (lambda tree: write(tree / f"{PREFIX[1:]}/lib/x.json", "{}"), "'lib/x.json' is another in"),
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
        *((script(name), f"its control archive has {name}: '#!/bin/sh\\nid") for name in SCRIPTS),
        *((lambda tree, name=name: (tree / "DEBIAN" / name).unlink(), f"has {name}: nothing") for name in SCRIPTS),
        (script("config"), "its control archive has config"),
        (lambda tree: write(tree / "DEBIAN/triggers", "interest /usr\n"), "its control archive has triggers"),
        (edit("Package: python-3.13", "Package: nano"), "control has Package: 'nano'"),
        (edit("Architecture: amd64", "Architecture: all"), "control has Architecture: 'all'"),
        (edit("Description: Newest", "Description: Free"), "control has Description: 'Free CPython 3.13"),
        (edit("Maintainer: python", "Maintainer: somebody"), "control has Maintainer: 'somebody"),
        (edit("Depends: python-3.13.5 (>= 2)\n", ""), "control has Depends: nothing"),
        (edit("python-3.13.5 (>= 2)", "python-3.13.4 (>= 2)"), "control has Depends: 'python-3.13.4 (>= 2)'"),
        (edit("Version: 3.13.5-2", "Version: 99"), "control has Version: '99', and must have '3.13.5-2'"),
        (edit("python-3.13.5 (>= 2)", "python-3.13.5 (>= 2), nano"), "control has Depends:"),
        (edit("Section: python", "Pre-Depends: nano\nSection: python"), "control has Pre-Depends:"),
        (lambda tree: write(tree / "etc/cron.d/x", "* * * * * root id\n"), "it holds"),
        (lambda tree: relink(tree / METAPACKAGE_LINK, "3.13.4"), "a link to 3.13.5"),
        (lambda tree: relink(tree / METAPACKAGE_LINK, "/etc"), "a link to 3.13.5"),
        (lambda tree: (tree / METAPACKAGE_LINK).unlink(), "it holds '', and must hold opt/python/3.13 alone"),
    ],
)
def test_a_metapackage_that_is_another_is_refused(folder: Path, change: Change, problem: str) -> None:
    made = product("debian-12")
    repack(folder / metapackage_file(made, 2), change)
    problems = check(made, MEANT, folder)

    assert any(problem in found for found in problems), problems


@pytest.mark.parametrize("file", [package_file, metapackage_file])
@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_of_the_farm_s_that_does_one_thing_more_is_refused_with_that_thing(
    folder: Path, file: Callable[[Product, int], str], name: str
) -> None:
    made = product("debian-12")
    repack(folder / file(made, 2), appended(name))
    problems = check(made, MEANT, folder)

    (found,) = (problem for problem in problems if f"its control archive has {name}: after" in problem)
    assert found.partition(", and must have")[0].endswith("\\nid >/pwned\\n'"), found


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
