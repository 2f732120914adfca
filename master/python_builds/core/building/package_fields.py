"""What packages say of themselves: rules for a deb's control file and documents and for an rpm's header."""

import posixpath
import re
from collections.abc import Mapping, Sequence

from python_builds.core.building.maintainer_scripts import scriptlets
from python_builds.core.building.package_contents import MAX_SHOWN, Member, shown
from python_builds.core.publishing.artifacts import Product, package_architecture

_RELATION = r"[a-z0-9][a-z0-9+.-]+( \((<<|<=|=|>=|>>) [0-9][A-Za-z0-9.+~:-]*\))?"
DEB_RELATIONS = re.compile(rf"{_RELATION}(( \| |, ){_RELATION})*")
"""What Depends may say, by Debian's policy 7.1, without architectures and without qualifiers."""

RPM_REQUIREMENT = re.compile(
    r"rpmlib\([A-Za-z]+\) <= [0-9.]+-1|[A-Za-z0-9_+.-]+\.so(\.[0-9]+)*(\([A-Za-z0-9_.]*\)){1,2}|rtld\(GNU_HASH\)"
    r"|/bin/sh|coreutils|findutils"
)
"""What a package may require: what rpm itself can do, shared libraries with their symbols' versions, and what the
farm's own scriptlets run."""

DESCRIPTION = (
    "The Python interpreter, its standard library, pip and the files to embed\n"
    "and extend it, beside every other version."
)
METAPACKAGE_DESCRIPTION = (
    "Depends on the newest patch that there is, which is in /opt/python and on\n"
    "the PATH under the name of its series, too."
)

_COPYRIGHT = """\
This is CPython {tag}, packaged by {maintainer}.
Its source is from https://www.python.org/downloads/source/

Copyright (C) 2001 Python Software Foundation and others
License: Python-2.0; /opt/python/{tag}/lib/python*/LICENSE.txt has its text
"""
_CHANGELOG = """\
{package} ({version}) stable; urgency=medium

  * CPython {tag}, see https://docs.python.org/3/whatsnew/changelog.html

 -- {maintainer}  {date}
"""
_DATE = re.compile(r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2} \+0000")


def control_problems(
    control: str, product: Product, revision: int, maintainer: str, members: Sequence[Member]
) -> list[str]:
    """Say what is wrong with the control file of a product's deb, which holds these members."""
    wanted = {
        "Package": product.package,
        "Version": str(revision),
        "Recommends": "ca-certificates, tzdata",
        "Description": _described(f"CPython in {product.prefix}", DESCRIPTION),
        **_common_fields(product, maintainer, members),
    }
    fields, problems = _fields(control)
    depends = fields.pop("Depends", None)
    if depends is not None and not DEB_RELATIONS.fullmatch(depends):
        problems.append(f"control has Depends: {shown(depends)}, which is no list of packages")
    return problems + differences("control", fields, wanted)


def metapackage_control_problems(
    control: str, product: Product, revision: int, maintainer: str, members: Sequence[Member]
) -> list[str]:
    """Say what is wrong with the control file of a product's metapackage, which holds these members."""
    wanted = {
        "Package": product.metapackage,
        "Version": f"{product.version}-{revision}",
        "Depends": f"{product.package} (>= {revision})",
        "Description": _described(f"Newest CPython {product.tag.minor}", METAPACKAGE_DESCRIPTION),
        **_common_fields(product, maintainer, members),
    }
    fields, problems = _fields(control)
    return problems + differences("control", fields, wanted)


def _described(synopsis: str, description: str) -> str:
    return f"{synopsis}\n{description}".replace("\n", "\n ")


def _common_fields(product: Product, maintainer: str, members: Sequence[Member]) -> dict[str, str]:
    return {
        "Architecture": package_architecture(product.platform, product.architecture),
        "Maintainer": maintainer,
        "Installed-Size": str(_installed_size(members)),
        "Section": "python",
        "Priority": "optional",
        "Homepage": "https://www.python.org/",
    }


def _fields(control: str) -> tuple[dict[str, str], list[str]]:
    found: dict[str, str] = {}
    problems = []
    for line in re.split(r"\n(?! )", control.removesuffix("\n")):
        name, colon, value = line.partition(": ")
        if not colon or name in found:
            problems.append(f"control has {'twice ' if name in found else ''}the line {shown(line)}")
        found[name] = value
    return found, problems


def _installed_size(members: Sequence[Member]) -> int:
    """In KiB as dpkg counts it: each file rounded up, one for everything that is not a file."""
    files = {m.path: m.size for m in members if m.kind == "file"}
    sizes = [files.get(m.target if m.kind == "hardlink" else m.path) for m in members]
    return sum(1 if size is None else -(-size // 1024) for size in sizes)


def document_problems(
    found: Mapping[str, str], package: str, version: str, product: Product, maintainer: str
) -> list[str]:
    """Say what is wrong with a deb's documents, given as texts by their paths; the changelog has any date."""
    folder = f"usr/share/doc/{package}"
    changelog = f"{folder}/changelog{'.Debian' if '-' in version else ''}.gz"
    date = found.get(changelog, "").removesuffix("\n").rpartition("  ")[2]
    values = {"package": package, "version": version, "tag": product.tag, "maintainer": maintainer}
    wanted = {
        f"{folder}/copyright": _COPYRIGHT.format(**values),
        changelog: _CHANGELOG.format(**values, date=date if _DATE.fullmatch(date) else "its date"),
    }
    return differences("the package", found, wanted)


def rpm_problems(
    header: Mapping[str, str], template: str, product: Product, revision: int, maintainer: str
) -> list[str]:
    """Say what is wrong with the header of a product's rpm, given as tags with their values, each on a line of its own.

    The template is that of its scriptlets.
    """
    wanted = {
        **_common_tags(product, product.package, "1", revision, maintainer),
        "SUMMARY": f"CPython in {product.prefix}",
        "DESCRIPTION": DESCRIPTION,
        "recommends": "ca-certificates",
        "scripts": scriptlets(template, product.package),
    }
    return _header_problems(header, wanted, ())


def metapackage_rpm_problems(
    header: Mapping[str, str], template: str, product: Product, revision: int, maintainer: str
) -> list[str]:
    """Say what is wrong with the header of a product's metapackage."""
    wanted = {
        **_common_tags(product, product.metapackage, str(product.version), revision, maintainer),
        "SUMMARY": f"Newest CPython {product.tag.minor}",
        "DESCRIPTION": METAPACKAGE_DESCRIPTION,
        "recommends": "",
        "scripts": scriptlets(template, product.metapackage),
    }
    return _header_problems(header, wanted, (f"{product.package} >= 1-{revision}",))


def _header_problems(header: Mapping[str, str], wanted: Mapping[str, str], must_require: Sequence[str]) -> list[str]:
    found = dict(header)
    required = found.pop("requires", "").splitlines()
    problems = [f"it does not require {name}" for name in must_require if name not in required]
    problems += [
        f"it requires {shown(r)}, which is no library"
        for r in required
        if r not in must_require and not RPM_REQUIREMENT.fullmatch(r)
    ]
    return problems + differences("the header", found, wanted)


def _common_tags(product: Product, name: str, version: str, revision: int, maintainer: str) -> dict[str, str]:
    architecture = package_architecture(product.platform, product.architecture)
    isa = {"x86_64": "x86-64", "aarch64": "aarch-64"}[architecture]
    release = f"{version}-{revision}"
    return {
        "NAME": name,
        "EPOCH": "(none)",
        "VERSION": version,
        "RELEASE": str(revision),
        "ARCH": architecture,
        "PACKAGER": maintainer,
        "LICENSE": "Python-2.0",
        "URL": "https://www.python.org/",
        "VENDOR": "(none)",
        "provides": f"{name} = {release}\n{name}({isa}) = {release}",
        **dict.fromkeys(("conflicts", "obsoletes", "suggests", "supplements", "enhances"), ""),
        **dict.fromkeys(("triggers", "filetriggers"), ""),
    }


def differences(of: str, found: Mapping[str, str], wanted: Mapping[str, str]) -> list[str]:
    """Say where a mapping is another than it must be."""
    names = [*wanted, *(name for name in found if name not in wanted)]
    return [
        f"{of} has {name}: {_difference(found.get(name), wanted.get(name))}"
        for name in names
        if found.get(name) != wanted.get(name)
    ]


def _difference(found: str | None, wanted: str | None) -> str:
    texts = [text for text in (found, wanted) if text is not None]
    # Of what is cut when it is shown, as scripts are, that which is another.
    skipped = len(posixpath.commonprefix(texts)) - 20 if len(texts) == 2 else 0
    if skipped <= 0 or max(map(len, texts)) <= MAX_SHOWN:
        skipped = 0
    one, other = (shown(text[skipped:]) if text is not None else "nothing" for text in (found, wanted))
    return (f"after {skipped} characters " if skipped else "") + f"{one}, and must have {other}"
