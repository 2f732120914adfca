"""Reads ELF files by pyelftools: what they are, and what the loader would do with them."""

import functools
import io
import operator
from collections.abc import Iterator, Sequence

from elftools.elf.constants import SH_FLAGS
from elftools.elf.dynamic import DynamicSegment, DynamicTag
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerNeedSection
from elftools.elf.relocation import RelocationTable
from elftools.elf.segments import InterpSegment, NoteSegment, Segment

from python_builds.core.building.package_contents import shown
from python_builds.core.building.programs import Program
from python_builds.core.errors import StoreError

_EXECUTE, _WRITE = 1, 2
_TEXTREL, _BIND_NOW, _NOW = 4, 8, 1
"""DF_TEXTREL and DF_BIND_NOW in DT_FLAGS, DF_1_NOW in DT_FLAGS_1."""

_X86_CONTROL_FLOW = 1 | 2
"""GNU_PROPERTY_X86_FEATURE_1_IBT and GNU_PROPERTY_X86_FEATURE_1_SHSTK."""


def read_program(path: str, content: bytes) -> Program:
    """Read one ELF file of a package; `path` is where it lies in there.

    Raises:
        StoreError: if it cannot be read.
    """
    try:
        return _read(path, content)
    except Exception as error:  # whatever a parser makes of a stranger's bytes
        raise StoreError(f"{shown(path)} cannot be read as an ELF file: {error!r}") from error


def _read(path: str, content: bytes) -> Program:
    elf = ELFFile(io.BytesIO(content))
    segments = list(elf.iter_segments())
    kinds = [s["p_type"] for s in segments]
    dynamic = [s for s in segments if isinstance(s, DynamicSegment)]
    tags = [tag for s in dynamic for tag in s.iter_tags()]
    flags, more_flags = _flags(tags, "DT_FLAGS"), _flags(tags, "DT_FLAGS_1")
    return Program(
        path=path,
        machine=elf["e_machine"],
        loader="".join(s.get_interp_name() for s in segments if isinstance(s, InterpSegment)),
        needed=tuple(str(getattr(tag, "needed", "")) for tag in tags if tag.entry.d_tag == "DT_NEEDED"),
        search=tuple(f for tag in tags for f in _folders(tag)),
        relocates_text=any(tag.entry.d_tag == "DT_TEXTREL" for tag in tags) or bool(flags & _TEXTREL),
        # Without the segment, the kernel takes it for a program of before there was one.
        executable_stack="PT_GNU_STACK" not in kinds
        or any(s["p_type"] == "PT_GNU_STACK" and s["p_flags"] & _EXECUTE for s in segments),
        writable_code=any(
            s["p_type"] == "PT_LOAD" and s["p_flags"] & _EXECUTE and s["p_flags"] & _WRITE for s in segments
        ),
        read_only_relocations="PT_GNU_RELRO" in kinds,
        binds_at_start=any(tag.entry.d_tag == "DT_BIND_NOW" for tag in tags)
        or bool(flags & _BIND_NOW or more_flags & _NOW),
        imports=frozenset(name for s in dynamic for name in _imports(s)),
        symbol_versions=frozenset(
            version.name
            for section in elf.iter_sections()
            if isinstance(section, GNUVerNeedSection)
            for _, versions in section.iter_versions()
            for version in versions
        ),
        guards_control_flow=any(_X86_CONTROL_FLOW & _x86_marks(s) == _X86_CONTROL_FLOW for s in segments),
        code=sum(s["sh_size"] for s in elf.iter_sections() if s["sh_flags"] & SH_FLAGS.SHF_EXECINSTR),
    )


def _imports(segment: DynamicSegment) -> Iterator[str]:
    """Give the names that the loader looks up elsewhere: those of relocations.

    How many symbols there are, the table does not say: the hash of names does, and only of those that are exported. If
    there are none, ld for arm64 says that the table has one.
    """
    tables = segment.get_relocation_tables().values()
    used = {r["r_info_sym"] for t in tables if isinstance(t, RelocationTable) for r in t.iter_relocations()}
    for number in used - {0}:
        symbol = segment.get_symbol(number)
        if symbol["st_shndx"] == "SHN_UNDEF":
            yield symbol.name


def _flags(tags: Sequence[DynamicTag], kind: str) -> int:
    return functools.reduce(operator.or_, (tag["d_val"] for tag in tags if tag.entry.d_tag == kind), 0)


def _x86_marks(segment: Segment) -> int:
    notes = segment.iter_notes() if isinstance(segment, NoteSegment) else ()
    return functools.reduce(
        operator.or_,
        (
            mark["pr_data"]
            for note in notes
            if note["n_type"] == "NT_GNU_PROPERTY_TYPE_0"
            for mark in note["n_desc"]
            if mark["pr_type"] == "GNU_PROPERTY_X86_FEATURE_1_AND"
        ),
        0,
    )


def _folders(tag: object) -> list[str]:
    value = getattr(tag, "rpath", None) or getattr(tag, "runpath", None)
    return value.split(":") if value else []
