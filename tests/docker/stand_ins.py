"""How packages for rows whose system is not there are made: the miniature, with a module that is linked to their libraries."""

import re
import shutil
from pathlib import Path

from python_builds.core.platforms.platform import Platform
from python_builds.core.publishing.artifacts import (
    TARBALL_PARTS,
    Product,
    artifact_keys,
    metapackage_file,
    package_architecture,
    package_file,
    tarball_file,
)
from tests.docker.row_libraries import ROWS, Libraries
from tests.docker.rpm_box import Box, Built, docker

STUBS = "/srv/row-stubs"
SONAMES = "/srv/sonames"
REVISIONS = (1, 2)
TARBALL = "tree{}.tar.gz"

MAKE_LIBRARY = """
mkdir -p {folder}
echo '{symbols} {{ global: in_{name}; }};' >{folder}/versions
echo 'int in_{name}(void) {{ return 0; }}' |
    gcc -shared -fPIC -x c - -o {folder}/{soname} -Wl,-soname,{soname} {script}
"""
MAKE_MODULE = """
{{ {declared} echo 'int row(void) {{ return {called}; }}'; }} |
    gcc -shared -fPIC -x c - -x none {libraries} -Wl,-z,relro,-z,now -o {folder}/{module}
"""
MAKE_DEB = """
root=$(mktemp -d)
mkdir -p $root/DEBIAN $root/usr/lib/x86_64-linux-gnu $root/usr/share/doc/{package} {folder}
echo stub >$root/usr/share/doc/{package}/stub
printf '%s\\n' 'Package: {package}' 'Version: 99' 'Architecture: amd64' 'Maintainer: nobody <nobody@localhost>' 'Description: a stub' >$root/DEBIAN/control
{fill}
dpkg-deb --build $root {folder}/{package}.deb >/dev/null
rm -r $root
"""

KEEP_OWNERS = "rm -rf /srv/dpkg; cp -a /var/lib/dpkg /srv/dpkg"
RESTORE_OWNERS = "rm -rf /var/lib/dpkg; cp -a /srv/dpkg /var/lib/dpkg"


def identifier(soname: str) -> str:
    return re.sub(r"\W", "_", soname)


def library(soname: str, symbols: str) -> str:
    return f"{SONAMES}/{symbols or 'plain'}/{soname}"


class Row:
    """A row's work folder in the box, with packages of two revisions."""

    def __init__(self, built: Built, platform: Platform) -> None:
        self.box, self.built, self.platform, self.libraries = built.box, built, platform, ROWS[platform.name]
        self.folder = f"/var/lib/python-builds/row-{platform.name}"
        self.box.run(f"cp -a {built.folder} {self.folder}; rm -rf {self.folder}/{{dist/*,source}}")
        module = f"stage{built.prefix}/lib/python3.11/lib-dynload/_row.so"
        self.box.run(f"cd {self.folder}; {make_module(self.libraries, module)} chown --reference=stage {module}")

    def package(self, product: Product, folder: Path) -> None:
        """Package it as a farm does, and copy what there is."""
        kind, isa = self.platform.package_format, package_architecture(self.platform, product.architecture)
        lines = [
            line
            for revision in REVISIONS
            for line in (
                f"package-{kind}.sh {product.package} {revision} {isa} {self.built.prefix} gzip",
                f"metapackage-{kind}.sh {product.metapackage} {product.version}-{revision} {isa} {self.built.prefix}",
            )
        ]
        words = "; ".join(f"scripts/run-as-build-user.sh scripts/steps/{line}" for line in lines)
        if kind == "rpm":
            self.box.run(words, folder=self.folder)
        else:
            self.box.run(KEEP_OWNERS)
            try:
                rename_owners(self.box, self.libraries)
                self.box.run(words, folder=self.folder)
            finally:
                self.box.run(RESTORE_OWNERS)
        docker("cp", f"{self.box.name}:{self.folder}/dist/.", str(folder), check=True)

    def stub(self) -> None:
        """Make a repository of packages that have the row's names, and what the libraries of the row are asked for."""
        folder = f"{STUBS}/{self.platform.name}"
        if self.platform.package_format == "deb":
            names = {one.package for one in self.libraries.values()}
            self.box.run("".join(MAKE_DEB.format(folder=folder, package=name, fill="") for name in sorted(names)))
            self.box.run(f"cd {folder}; dpkg-scanpackages --multiversion . >Packages 2>/dev/null")
            return
        (file,) = self.box.run(f"ls {self.folder}/dist/{self.built.package}-1-1.*.rpm").split()
        asked = [line for line in self.box.run(f"rpm -qp --requires {file}").splitlines() if "rpmlib" not in line]
        provides: dict[str, set[str]] = {"coreutils": set(), "findutils": set(), "bash": {"/bin/sh"}, "glibc": set()}
        for line in asked:
            soname = line.partition("(")[0]
            if soname in self.libraries:
                provides.setdefault(self.libraries[soname].package, set()).add(line)
            elif line not in provides and line != "/bin/sh":
                provides["glibc"].add(line)
        self.box.packages(folder, provides)
        self.box.run(f"createrepo_c --quiet {folder}")

    def asked(self) -> tuple[set[str], str]:
        """Name the sonames (of an rpm) or the packages (of a deb) that it asks for, and the newest glibc."""
        if self.platform.package_format == "deb":
            (deb,) = self.box.run(f"ls {self.folder}/dist/{self.built.package}_1_*.deb").split()
            depends = self.box.run(f"dpkg-deb -f {deb} Depends").strip().split(", ")
            glibc = {found[1] for one in depends if (found := re.fullmatch(r"libc6 \(>= ([0-9.]+)\)", one))}
            return {one.split()[0] for one in depends} - {"libc6"}, newest(glibc)
        (rpm,) = self.box.run(f"ls {self.folder}/dist/{self.built.package}-1-1.*.rpm").split()
        asked = self.box.run(f"rpm -qp --requires {rpm}").splitlines()
        sonames = {line.partition("(")[0] for line in asked if ".so" in line}
        return sonames, newest(set(re.findall(r"\(GLIBC_([0-9.]+)\)", "\n".join(asked))))


def newest(versions: set[str]) -> str:
    return max(versions, key=lambda one: [int(part) for part in one.split(".")])


def make_module(libraries: Libraries, module: str) -> str:
    """Give a script that makes a module of functions of all those libraries."""
    made = "".join(
        f"test -e {library(soname, one.symbols)} || {{ "
        + MAKE_LIBRARY.format(
            folder=library(soname, one.symbols).rpartition("/")[0],
            name=identifier(soname),
            soname=soname,
            symbols=one.symbols or "plain",
            script=f"-Wl,--version-script={SONAMES}/{one.symbols}/versions" if one.symbols else "",
        ).strip()
        + "\n}\n"
        for soname, one in libraries.items()
    )
    names = [identifier(soname) for soname in libraries]
    return made + MAKE_MODULE.format(
        declared=" ".join(f"echo 'int in_{name}(void);';" for name in names),
        called=" + ".join(f"in_{name}()" for name in names),
        libraries=" ".join(library(soname, one.symbols) for soname, one in libraries.items()),
        folder=".",
        module=module,
    )


def rename_owners(box: Box, libraries: Libraries) -> None:
    """Have the box's dpkg say that the row's packages own the libraries; those that it has not got get a stub."""
    found = box.run(f"dpkg -S {' '.join(f'*/{soname}' for soname in libraries)} 2>/dev/null || true").splitlines()
    owners = {line.rpartition("/")[2]: line.partition(":")[0] for line in found}
    missing: dict[str, str] = {}
    script = ""
    for soname, one in libraries.items():
        if soname not in owners:
            stem, _, number = soname.partition(".so.")
            missing[one.package] = missing.get(one.package, "") + (
                f"cp {library(soname, one.symbols)} $root/usr/lib/x86_64-linux-gnu/; "
                f"echo '{stem} {number} {one.package}' >>$root/DEBIAN/shlibs\n"
            )
        elif (owner := owners[soname]) != one.package:
            files = " ".join(f"/var/lib/dpkg/info/{owner}:amd64.{kind}" for kind in ("shlibs", "symbols"))
            script += f"sed -i 's/\\b{owner}\\b\\( \\|$\\)/{one.package}\\1/g' {files}\n"
    for package, fill in missing.items():
        script += MAKE_DEB.format(folder="/tmp/owners", package=package, fill=fill)
        script += f"dpkg --install /tmp/owners/{package}.deb\n"
    box.run(script or "true")


def copy_tarballs(product: Product, tarballs: Path, folder: Path) -> None:
    """Put tarballs there that a build leaves too, which nobody tries: they are of the miniature without the module."""
    for revision in REVISIONS:
        for part in TARBALL_PARTS:
            name = tarball_file(product, revision, part)
            tree = tarballs / TARBALL.format(f"-{part}" if part else "")
            shutil.copy(tree, folder / name)
            digest = tree.with_name(f"{tree.name}.sha256").read_text()
            (folder / f"{name}.sha256").write_text(digest.replace(tree.name, name))
        missing = [name for name in artifact_keys(product, revision) if not (folder / name).exists()]
        assert not missing, missing
        assert (folder / package_file(product, revision)).exists()
        assert (folder / metapackage_file(product, revision)).exists()
