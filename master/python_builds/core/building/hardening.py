"""Whether a product is hardened as distributions harden theirs: by what its ELF files say, as none is run for it.

scripts/lib/hardening-flags.sh chooses the flags (others: nodist-flags.sh and make-variables.sh beside it, and
steps/configure.sh for PGO and LTO); here is what they must have left. Sentences name the flag that is missing.
"""

import re
from collections.abc import Iterable, Sequence

from python_builds.core.building.package_contents import shown
from python_builds.core.building.programs import Program

GUARD = "__stack_chk_fail"
"""What a function calls that finds its guard of the stack overwritten."""

CHECKED = re.compile(r"__\w+_chk")
"""The C library's functions that know the size of their target: __memcpy_chk stands for memcpy."""

ALWAYS_CHECKED = {"asprintf", "dprintf", "fprintf", "printf", "syslog", "vasprintf", "vdprintf", "vfprintf", "vprintf"}
"""Those that a fortified program never calls by these names, as no size has to be known of what they write."""

MIN_CODE, MUCH_CODE = 2**14, 2**20
"""Bytes of machine code from which on some function has an array, and some array is of a known size."""


def hardening_problems(programs: Sequence[Program]) -> list[str]:
    """Say what the programs, libraries and modules of a product lack; no sentence if nothing."""
    marked = any(program.loader and program.guards_control_flow for program in programs)
    return [f"{shown(p.path)} {problem}" for p in programs for problem in [*_problems(p), *_unmarked(p, marked)]]


def _problems(program: Program) -> Iterable[str]:
    central = program.loader or program.code >= MUCH_CODE
    if not program.read_only_relocations:
        yield "leaves writable what the loader writes into it: it has no PT_GNU_RELRO, which -z relro makes"
    if not program.binds_at_start:
        yield "looks functions up when it first calls them: it has no DF_BIND_NOW, which -z now makes"
    if (central or program.code >= MIN_CODE) and GUARD not in program.imports:
        yield f"has no guard of its stack: it never calls {GUARD}, as -fstack-protector-strong would have it"
    if central and not any(map(CHECKED.fullmatch, program.imports)):
        yield "calls no function that checks sizes (__memcpy_chk and others), as -D_FORTIFY_SOURCE=2 would have it"
    if unchecked := sorted(ALWAYS_CHECKED & program.imports):
        yield f"calls {', '.join(unchecked)}, where -D_FORTIFY_SOURCE=2 would have it call __{unchecked[0]}_chk"


def _unmarked(program: Program, marked: bool) -> Iterable[str]:
    if marked and not program.guards_control_flow:
        yield (
            "turns off the shadow stack that the interpreter is marked for: its .note.gnu.property lacks IBT and "
            "SHSTK, which -fcf-protection makes where all that is linked has them"
        )
