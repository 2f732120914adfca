"""What packages may hold: rules for what was read from them, before anything of it is installed or published.

A worker makes packages of what a stranger's code left. Each rule gives sentences about what is wrong, none if nothing
is.
"""

import posixpath
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from python_builds.core.publishing.artifacts import Product, package_architecture

MAX_FILES = 50_000
"""Files, folders and links; CPython with its tests has 8,000."""

MAX_BYTES = 2**30
"""Of all files, unpacked; CPython has 150 MB."""

KINDS = ("file", "directory", "symlink", "hardlink")

_RELATION = r"[a-z0-9][a-z0-9+.-]+( \((<<|<=|=|>=|>>) [0-9][A-Za-z0-9.+~:-]*\))?"
DEB_RELATIONS = re.compile(rf"{_RELATION}(( \| |, ){_RELATION})*")
"""What Depends may say, by Debian's policy 7.1, without architectures and without qualifiers."""

RPM_REQUIREMENT = re.compile(
    r"rpmlib\([A-Za-z]+\) <= [0-9.]+-1|[A-Za-z0-9_+.-]+\.so(\.[0-9]+)*(\([A-Za-z0-9_.]*\)){1,2}|rtld\(GNU_HASH\)"
)
"""What a package may require: what rpm itself can do, and shared libraries with their symbols' versions."""

DESCRIPTION = (
    "The Python interpreter, its standard library, pip and the files to embed and extend it, "
    "beside every other version."
)


@dataclass(frozen=True, kw_only=True)
class Member:
    """One thing that a package or a tarball holds."""

    path: str
    """Without `./` at its beginning; that folder itself is the empty path."""
    kind: str
    """One of KINDS, or what else it is."""
    mode: int
    owner: str = "root"
    """`root`, or who else it is."""
    size: int = 0
    target: str = ""
    digest: str = ""
    """SHA-256 of a file."""


def tree_problems(members: Sequence[Member], top: str, above: Iterable[str] = ()) -> list[str]:
    """Say what is wrong with a tree that must lie in the folder `top`, and may have the folders `above` it."""
    problems = [f"{shown(m.path)} {problem}" for m in members for problem in _member_problems(m, top, above)]
    folders = {m.path for m in members if m.kind == "directory"}
    seen: set[str] = set()
    for member in members:
        if member.path in seen:
            problems.append(f"{shown(member.path)} is there twice")
        seen.add(member.path)
        if member.path not in ("", top, *above) and posixpath.dirname(member.path) not in folders:
            problems.append(f"{shown(member.path)} lies in what is no folder of the package")
    if not any(m.path == top for m in members):
        problems.append(f"there is no {shown(top)}")
    return problems


def _member_problems(member: Member, top: str, above: Iterable[str]) -> Iterable[str]:
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in member.path + member.target):
        yield "has a name that is no text"
    if member.path in above:
        if member.kind != "directory":
            yield f"is a {member.kind} and no folder"
    elif member.path != top and not inside(member.path, top):
        yield f"lies outside of {top}"
    if member.kind not in KINDS:
        yield f"is a {member.kind}"
    if member.owner != "root":
        yield f"belongs to {member.owner} and not to root"
    if member.kind != "symlink" and member.mode & 0o7022:
        yield f"has mode {member.mode:04o}, with which it changes who runs it, or others than root can write it"
    if member.kind == "symlink" and not _stays(member, top):
        yield f"is a link out of {top}, to {shown(member.target)}"
    if member.kind == "hardlink" and not inside(member.target, top):
        yield f"is a second name of {shown(member.target)}"


def inside(path: str, top: str) -> bool:
    """Say whether a path, without any detours, lies below a folder."""
    return path.startswith(f"{top}/") and posixpath.normpath(path) == path


def _stays(link: Member, top: str) -> bool:
    # From where the link lies, by names alone: folders on the way are no links out themselves.
    target = posixpath.normpath(posixpath.join(posixpath.dirname(link.path), link.target))
    return not link.target.startswith("/") and (target == top or inside(target, top))


def shown(text: str) -> str:
    """Write a stranger's text for a log."""
    return ascii(text[:200])


def control_problems(
    control: str, product: Product, revision: int, maintainer: str, members: Sequence[Member]
) -> list[str]:
    """Say what is wrong with a deb's control file."""
    wanted = {
        "Package": product.package,
        "Version": str(revision),
        "Architecture": package_architecture(product.platform, product.architecture),
        "Maintainer": maintainer,
        "Installed-Size": str(_installed_size(members)),
        "Recommends": "ca-certificates, tzdata",
        "Section": "python",
        "Priority": "optional",
        "Homepage": "https://www.python.org/",
        "Description": f"CPython in {product.prefix}\n {DESCRIPTION}",
    }
    fields, problems = _fields(control)
    depends = fields.pop("Depends", None)
    if depends is not None and not DEB_RELATIONS.fullmatch(depends):
        problems.append(f"control has Depends: {shown(depends)}, which is no list of packages")
    return problems + differences("control", fields, wanted)


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


def rpm_problems(header: Mapping[str, str], product: Product, revision: int, maintainer: str) -> list[str]:
    """Say what is wrong with an rpm's header, given as tags with their values, each on a line of its own."""
    architecture = package_architecture(product.platform, product.architecture)
    name, release = product.package, f"1-{revision}"
    isa = {"x86_64": "x86-64", "aarch64": "aarch-64"}[architecture]
    wanted = {
        "NAME": name,
        "EPOCH": "(none)",
        "VERSION": "1",
        "RELEASE": str(revision),
        "ARCH": architecture,
        "PACKAGER": maintainer,
        "SUMMARY": f"CPython in {product.prefix}",
        "DESCRIPTION": DESCRIPTION,
        "LICENSE": "Python-2.0",
        "URL": "https://www.python.org/",
        "VENDOR": "(none)",
        "provides": f"{name} = {release}\n{name}({isa}) = {release}",
        "recommends": "ca-certificates",
        **dict.fromkeys(("conflicts", "obsoletes", "suggests", "supplements", "enhances"), ""),
        **dict.fromkeys(("scripts", "triggers", "filetriggers"), ""),
    }
    found = dict(header)
    required = found.pop("requires", "").splitlines()
    problems = [f"it requires {shown(r)}, which is no library" for r in required if not RPM_REQUIREMENT.fullmatch(r)]
    return problems + differences("the header", found, wanted)


def differences(of: str, found: Mapping[str, str], wanted: Mapping[str, str]) -> list[str]:
    """Say where a mapping is another than it must be."""
    names = [*wanted, *(name for name in found if name not in wanted)]
    return [
        f"{of} has {name}: {shown(found[name]) if name in found else 'nothing'}, and must have "
        f"{shown(wanted[name]) if name in wanted else 'nothing'}"
        for name in names
        if found.get(name) != wanted.get(name)
    ]


def same_tree_problems(
    members: Sequence[Member], top: str, others: Sequence[Member], other_top: str, may_differ: re.Pattern[str]
) -> list[str]:
    """Say where two trees, each in its own folder, hold other things; what `may_differ` matches is there in both."""
    one, other = _contents(members, top), _contents(others, other_top)
    names = sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
    names = [name for name in names if not may_differ.fullmatch(name)]
    return [f"{shown(name)} is another in {top} than in {other_top}" for name in names]


def _contents(members: Sequence[Member], top: str) -> dict[str, tuple[str, str]]:
    """Give kind and content by the name in the tree; what has two names is as good as two files."""
    digests = {m.path: m.digest for m in members}

    def content(member: Member) -> tuple[str, str]:
        if member.kind == "hardlink":
            return "file", digests.get(member.target, "")
        return member.kind, member.digest or member.target

    return {m.path.removeprefix(f"{top}/"): content(m) for m in members if inside(m.path, top)}
