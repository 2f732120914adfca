"""What the programs and libraries of a package must be, looked at from outside: none of them is run for it."""

import posixpath
import re
from collections.abc import Iterable
from dataclasses import dataclass

from packaging.version import Version

from python_builds.core.building.package_contents import Member, inside, shown

MACHINES = {"amd64": "EM_X86_64", "arm64": "EM_AARCH64"}
LOADERS = {"amd64": "/lib64/ld-linux-x86-64.so.2", "arm64": "/lib/ld-linux-aarch64.so.1"}

GLIBC = re.compile(r"GLIBC_([0-9]+(?:\.[0-9]+)+)")
"""A version of symbols that glibc of this version and newer ones have."""

GLIBC_MARKS = {"GLIBC_ABI_DT_RELR": "2.36"}
"""What has no number, and the glibc that brought it: this one says that the loader knows relocations in short."""


@dataclass(frozen=True, kw_only=True)
class Program:
    """An ELF file: a program, a library or a module."""

    path: str
    machine: str
    """As in EM_X86_64."""
    loader: str = ""
    """The program that starts it, which only programs name."""
    needed: tuple[str, ...] = ()
    """The libraries that it is linked to."""
    search: tuple[str, ...] = ()
    """Folders in which they are looked for first, from RPATH and RUNPATH."""
    relocates_text: bool = False
    executable_stack: bool = False
    writable_code: bool = False
    read_only_relocations: bool = False
    """What the loader wrote can be made read-only then."""
    binds_at_start: bool = False
    """All that it calls in libraries is looked up before it runs."""
    imports: frozenset[str] = frozenset()
    """The names that others have to provide."""
    symbol_versions: frozenset[str] = frozenset()
    """The versions of them, as in GLIBC_2.34, without which the loader does not load it."""
    guards_control_flow: bool = False
    """It is marked as fit for a shadow stack and for checked jumps, which x86 processors have."""
    code: int = 0
    """Bytes of machine code."""


def program_problems(program: Program, architecture: str, top: str) -> list[str]:
    """Say what is wrong with a program of a tree whose folder is `top`; no sentence if nothing is."""
    problems = []
    if program.machine != MACHINES[architecture]:
        problems.append(f"is for {program.machine} and not for {architecture}")
    if program.loader not in ("", LOADERS[architecture]):
        problems.append(f"is started by {shown(program.loader)} and not by {LOADERS[architecture]}")
    problems += [f"looks for libraries in {shown(f)}" for f in program.search if not _is_ours(program.path, f, top)]
    problems += [f"needs the library {shown(name)}" for name in program.needed if "/" in name]
    faults = {
        "changes its code when it is loaded": program.relocates_text,
        "has a stack that can be executed": program.executable_stack,
        "has code that can be written": program.writable_code,
    }
    return [f"{shown(program.path)} {problem}" for problem in [*problems, *(f for f, found in faults.items() if found)]]


def glibc_problems(program: Program, glibc: str, platform: str) -> list[str]:
    """Say which newer glibc a program needs than its platform has; no sentence if none."""
    needed = [(Version(found), name) for name in program.symbol_versions if (found := _glibc_with(name))]
    since, name = max(needed, default=(Version("0"), ""))
    if since <= Version(glibc):
        return []
    newer = f"needs glibc {since} for {shown(name)}, and {platform} has {glibc} by its row: it was built elsewhere"
    return [f"{shown(program.path)} {newer}"]


def linked_problems(linked: Iterable[str], tree: Iterable[Member], top: str, told: Iterable[str]) -> list[str]:
    """Compare the libraries that a tree's programs name with those that it is said to be linked to."""
    own = {posixpath.basename(m.path) for m in tree if posixpath.dirname(m.path) == f"{top}/lib"}
    found, said = {*linked} - own, {*told}
    problems = [f"is linked to {shown(name)}, which its SBOM does not say" for name in sorted(found - said)]
    problems += [f"is not linked to {shown(name)}, as its SBOM says" for name in sorted(said - found)]
    return [f"the tree {problem}" for problem in problems]


def _glibc_with(name: str) -> str:
    found = GLIBC.fullmatch(name)
    return found[1] if found else GLIBC_MARKS.get(name, "")


def _is_ours(path: str, folder: str, top: str) -> bool:
    origin, _, rest = folder.partition("/")
    found = posixpath.normpath(posixpath.join(posixpath.dirname(path), rest))
    return origin in ("$ORIGIN", "${ORIGIN}") and (found == top or inside(found, top))
