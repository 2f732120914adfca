"""Reads ELF files by pyelftools: what they are, and what the loader would do with them."""

import io

from elftools.elf.dynamic import DynamicSegment
from elftools.elf.elffile import ELFFile
from elftools.elf.segments import InterpSegment

from python_builds.facts.errors import StoreError
from python_builds.facts.package_contents import shown
from python_builds.facts.programs import Program

_EXECUTE, _WRITE = 1, 2
_TEXTREL = 4
"""DF_TEXTREL in DT_FLAGS."""


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
    tags = [tag for s in segments if isinstance(s, DynamicSegment) for tag in s.iter_tags()]
    flags = [tag["d_val"] for tag in tags if tag.entry.d_tag == "DT_FLAGS"]
    return Program(
        path=path,
        machine=elf["e_machine"],
        loader="".join(s.get_interp_name() for s in segments if isinstance(s, InterpSegment)),
        needed=tuple(str(getattr(tag, "needed", "")) for tag in tags if tag.entry.d_tag == "DT_NEEDED"),
        search=tuple(f for tag in tags for f in _folders(tag)),
        relocates_text=any(tag.entry.d_tag == "DT_TEXTREL" for tag in tags) or any(f & _TEXTREL for f in flags),
        # Without the segment, the kernel takes it for a program of before there was one.
        executable_stack="PT_GNU_STACK" not in kinds
        or any(s["p_type"] == "PT_GNU_STACK" and s["p_flags"] & _EXECUTE for s in segments),
        writable_code=any(
            s["p_type"] == "PT_LOAD" and s["p_flags"] & _EXECUTE and s["p_flags"] & _WRITE for s in segments
        ),
    )


def _folders(tag: object) -> list[str]:
    value = getattr(tag, "rpath", None) or getattr(tag, "runpath", None)
    return value.split(":") if value else []
