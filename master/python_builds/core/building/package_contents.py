"""What packages may hold: rules for what was read from them, before anything of it is installed or published.

A worker makes packages of what a stranger's code left. Each rule gives sentences about what is wrong, none if nothing
is.
"""

import posixpath
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

MAX_FILES = 50_000
"""Files, folders and links; CPython with its tests has 8,000."""

MAX_BYTES = 2**30
"""Of all files, unpacked; CPython has 150 MB."""

MAX_SHOWN = 200
"""Characters of a stranger's text in a sentence."""

KINDS = ("file", "directory", "symlink", "hardlink")


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
    return ascii(text[:MAX_SHOWN])


KEPT = re.compile(r"lib/ensurepip(/[A-Za-z0-9_]+(/(?P<place>.*))?)?", re.DOTALL)
"""Where packages keep what ensurepip has installed, below each distribution's name: scripts/maintainer/version.sh.in
links it to its place."""


def same_tree_problems(
    members: Sequence[Member], top: str, others: Sequence[Member], other_top: str, may_differ: re.Pattern[str]
) -> list[str]:
    """Say where two trees, each in its own folder, hold other things.

    Files that `may_differ` matches are there in both, with the same mode.
    """
    one, other = _contents(members, top), _contents(others, other_top)
    names = sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))
    names = [n for n in names if not (may_differ.fullmatch(n) and _are_files_alike(one.get(n), other.get(n)))]
    return [f"{shown(name)} is another in {top} than in {other_top}" for name in names]


def _are_files_alike(one: tuple[str, int, str] | None, other: tuple[str, int, str] | None) -> bool:
    return one is not None and other is not None and one[:2] == other[:2] and one[0] == "file"


def file_problems(members: Sequence[Member], path: str, sha256: str) -> list[str]:
    """Say whether a file is another than it must be, or not there."""
    found = [m.digest for m in members if m.path == path and m.kind == "file"]
    if found == [sha256]:
        return []
    return [f"{shown(path)} must be the file with SHA-256 {sha256} that the master made, and is {found or 'not there'}"]


def in_place(members: Sequence[Member], top: str) -> tuple[list[Member], list[str]]:
    """Give what a package holds as it will lie once it is installed, and say what would then lie in one place."""
    moved: dict[str, Member] = {}
    problems = []
    for member in members:
        kept = KEPT.fullmatch(member.path.removeprefix(f"{top}/"))
        if kept and not kept["place"]:
            continue
        path = f"{top}/{kept['place']}" if kept else member.path
        if path in moved and (member.kind, moved[path].kind) != ("directory", "directory"):
            problems.append(f"{shown(path)} is there twice once it is installed")
        moved[path] = replace(member, path=path)
    return list(moved.values()), problems


def _contents(members: Sequence[Member], top: str) -> dict[str, tuple[str, int, str]]:
    """Give kind, a file's mode and content by the name in the tree; what has two names is as good as two files."""
    digests = {m.path: m.digest for m in members}

    def content(member: Member) -> tuple[str, int, str]:
        if member.kind == "hardlink":
            return "file", member.mode, digests.get(member.target, "")
        return member.kind, member.mode if member.kind == "file" else 0, member.digest or member.target

    return {m.path.removeprefix(f"{top}/"): content(m) for m in members if inside(m.path, top)}
