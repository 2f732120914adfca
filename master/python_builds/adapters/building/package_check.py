"""Looks into a build's packages: do they say and hold what was meant, and is what root runs of them the farm's own?"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from python_builds.adapters.building.package_files import Deb, read_deb, read_rpm
from python_builds.core.building.maintainer_scripts import maintainer_scripts
from python_builds.core.building.package_contents import (
    Member,
    file_problems,
    in_place,
    inside,
    same_tree_problems,
    shown,
    tree_problems,
)
from python_builds.core.building.package_fields import (
    control_problems,
    differences,
    document_problems,
    metapackage_control_problems,
    metapackage_rpm_problems,
    rpm_problems,
)
from python_builds.core.publishing.artifacts import INSTALL_ROOT, TREE_SBOM, Product, metapackage_file, package_file
from python_builds.core.settings.setting_types import CHECKOUT

OTHER_IN_PACKAGE = re.compile(r".*\.json")
"""What names the folder of the tree: an absolute one in a package, which does not move."""

TEMPLATES = CHECKOUT / "scripts/maintainer"


@dataclass(frozen=True, kw_only=True)
class Meant:
    """What the farm meant to make, beside the product itself."""

    revision: int
    maintainer: str
    sbom_sha256: str = ""
    """Of the document that the master had put into the tree; empty for a tree without one."""
    linked: Sequence[str] = ()
    """The system's libraries that it says the tree is linked to."""


@dataclass(frozen=True, kw_only=True)
class Made:
    """What a build was to make packages of."""

    product: Product
    revision: int
    maintainer: str
    sbom_sha256: str
    tree: Sequence[Member]
    """What its tarball holds."""

    @property
    def prefix(self) -> str:
        """The prefix as packages spell it, without the slash before it."""
        return self.product.prefix.removeprefix("/")

    @property
    def link(self) -> str:
        """The metapackage's link, spelled likewise."""
        return f"{INSTALL_ROOT}/{self.product.tag.minor}".removeprefix("/")


def package_problems(product: Product, meant: Meant, folder: Path, tree: Sequence[Member]) -> list[str]:
    """Say what is wrong with the packages in a folder, of what a tarball holds as `tree`.

    Raises:
        StoreError: if one cannot be read, or holds more than any package of ours.
    """
    revision = meant.revision
    made = Made(
        product=product, revision=revision, maintainer=meant.maintainer, sbom_sha256=meant.sbom_sha256, tree=tree
    )
    check = _deb_problems if product.platform.package_format == "deb" else _rpm_problems
    names = (package_file(product, revision), metapackage_file(product, revision))
    return [
        f"{name}: {problem}"
        for name in names
        if name
        for problem in check(made, folder / name, is_metapackage=name != names[0])
    ]


def _deb_problems(made: Made, path: Path, *, is_metapackage: bool) -> list[str]:
    deb = read_deb(path)
    product, revision = made.product, made.revision
    package = product.metapackage if is_metapackage else product.package
    version = f"{product.version}-{revision}" if is_metapackage else str(revision)
    control = metapackage_control_problems if is_metapackage else control_problems
    documents = f"usr/share/doc/{package}"
    told = [m for m in deb.members if m.path == documents or inside(m.path, documents)]
    held = [m for m in deb.members if m not in told]
    return [
        *(_link_problems(made, held) if is_metapackage else _tree_problems(made, held)),
        *tree_problems(told, documents),
        *document_problems(deb.documents, package, version, product, made.maintainer),
        *control(deb.control.get("control", ""), product, revision, made.maintainer, deb.members),
        *_control_archive_problems(deb, package, _template("minor" if is_metapackage else "version")),
    ]


def _control_archive_problems(deb: Deb, package: str, template: str) -> list[str]:
    scripts = maintainer_scripts(template, package)
    members = [(m.path, m.kind, m.mode) for m in deb.control_members]
    wanted = [("", "directory", 0o755), *((n, "file", 0o644) for n in ("control", "md5sums"))]
    wanted += [(name, "file", 0o755) for name in scripts]
    found = {name: text for name, text in deb.control.items() if name not in ("control", "md5sums")}
    problems = differences("its control archive", found, scripts)
    if sorted(members) != sorted(wanted):
        listed = ", ".join(f"{path or '.'} ({mode:04o})" for path, _, mode in members)
        problems.append(f"its control archive has {shown(listed)}, not control, md5sums and {', '.join(scripts)}")
    md5 = deb.md5 | {m.path: deb.md5.get(m.target, "") for m in deb.members if m.kind == "hardlink"}
    if deb.control.get("md5sums") != "".join(f"{md5[name]}  {name}\n" for name in sorted(md5, key=str.encode)):
        problems.append("md5sums does not tell of its files, or of others")
    return problems


def _rpm_problems(made: Made, path: Path, *, is_metapackage: bool) -> list[str]:
    header, members = read_rpm(path)
    fields = metapackage_rpm_problems if is_metapackage else rpm_problems
    template = _template("minor" if is_metapackage else "version")
    problems = _link_problems(made, members) if is_metapackage else _tree_problems(made, members)
    return [*problems, *fields(header, template, made.product, made.revision, made.maintainer)]


def _tree_problems(made: Made, members: Sequence[Member]) -> list[str]:
    placed, problems = in_place(members, made.prefix)
    return [
        *tree_problems(members, made.prefix),
        *problems,
        *same_tree_problems(placed, made.prefix, made.tree, str(made.product.tag), OTHER_IN_PACKAGE),
        *(file_problems(members, f"{made.prefix}/{TREE_SBOM}", made.sbom_sha256) if made.sbom_sha256 else []),
    ]


def _link_problems(made: Made, members: Sequence[Member]) -> list[str]:
    found = [(m.path, m.kind, m.target, m.owner) for m in members]
    if found == [(made.link, "symlink", str(made.product.tag), "root")]:
        return []
    listed = ", ".join(f"{path} ({kind} {target})" for path, kind, target, _ in found)
    return [f"it holds {shown(listed)}, and must hold {made.link} alone, a link to {made.product.tag}"]


def _template(kind: str) -> str:
    return (TEMPLATES / f"{kind}.sh.in").read_text()
