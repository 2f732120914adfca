"""Programs and libraries that a build left are looked at without running them."""

import io
import struct
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from python_builds.adapters.building.elf_files import read_program
from python_builds.core.building.hardening import hardening_problems
from python_builds.core.building.programs import glibc_problems, program_problems
from python_builds.core.errors import StoreError
from tests.hostile.packages import COMPILED, LINKED, compiled, needing


def test_a_library_whose_code_is_changed_when_it_is_loaded_is_refused(tmp_path: Path) -> None:
    source = '__asm__(".text\\nhere: .quad elsewhere\\n");'
    library = compiled(tmp_path / "x.so", "-shared", "-Wl,-z,notext", source=source)
    found = program_problems(read_program("3.13.5/lib/x.so", library.read_bytes()), "amd64", "3.13.5")

    assert any("changes its code when it is loaded" in sentence for sentence in found), found


@pytest.mark.parametrize(
    "flags, problem",
    [
        (["-Wl,-z,execstack"], "has a stack that can be executed"),
        (["-Wl,-rpath,/tmp"], "looks for libraries in '/tmp'"),
        (["-Wl,-rpath,$ORIGIN/../../../../tmp"], "looks for libraries in"),
        (["-Wl,--dynamic-linker,/tmp/ld.so"], "is started by '/tmp/ld.so'"),
        (["-nostdlib", "-static", "-Wl,--omagic"], "has code that can be written"),
    ],
)
def test_programs_that_the_loader_would_treat_otherwise_are_refused(
    flags: list[str], problem: str, tmp_path: Path
) -> None:
    program = compiled(tmp_path / "program", *flags, source="int main(void) { return 0; }")
    found = program_problems(read_program("3.13.5/bin/python3.13", program.read_bytes()), "amd64", "3.13.5")

    assert any(problem in sentence for sentence in found), found


def hardening(path: Path, name: str = "3.13.5/bin/python3.13") -> list[str]:
    return hardening_problems([read_program(name, path.read_bytes())])


def test_a_program_that_is_hardened_lacks_nothing(tmp_path: Path) -> None:
    assert hardening(compiled(tmp_path / "program", *COMPILED, *LINKED)) == []


def test_what_a_program_calls_is_known_without_a_count_of_symbols(tmp_path: Path) -> None:
    # Of a program that exports nothing, ld for arm64 writes that its hash begins with the first name, and has none.
    program = compiled(tmp_path / "program", *COMPILED, *LINKED, "-Wl,--hash-style=gnu")
    content = bytearray(program.read_bytes())
    section = ELFFile(io.BytesIO(content)).get_section_by_name(".gnu.hash")
    struct.pack_into("<IIIIQI", content, section["sh_offset"], 1, 1, 1, 0, 0, 0)
    program.write_bytes(content)

    assert hardening(program) == []
    assert "__stack_chk_fail" in read_program("x", bytes(content)).imports


@pytest.mark.parametrize(
    "flags, problem",
    [
        ((*COMPILED, *LINKED, "-Wl,-z,norelro"), "it has no PT_GNU_RELRO, which -z relro makes"),
        ((*COMPILED, *LINKED, "-Wl,-z,lazy"), "it has no DF_BIND_NOW, which -z now makes"),
        ((*COMPILED, *LINKED, "-fno-stack-protector"), "has no guard of its stack: it never calls __stack_chk_fail"),
        ((*COMPILED, *LINKED, "-U_FORTIFY_SOURCE"), "calls no function that checks sizes"),
        # What fortification needs.
        ((*COMPILED, *LINKED, "-O0"), "calls no function that checks sizes"),
    ],
)
def test_a_program_that_one_flag_did_not_reach_is_told_of(flags: tuple[str, ...], problem: str, tmp_path: Path) -> None:
    (found,) = hardening(compiled(tmp_path / "program", *flags))

    assert found.startswith("'3.13.5/bin/python3.13' ") and problem in found


MODULE = """
#include <stdio.h>
int many(int x) { ASM return x; }
int show(int x) { return printf("%d", x); }
"""
"""ASM stands for as much code as it names, without a function that needs a guard."""


@pytest.mark.parametrize(
    "code, flags, problems",
    [
        (0, COMPILED, []),
        (20_000, COMPILED, ["has no guard of its stack: it never calls __stack_chk_fail"]),
        (0, ("-O1", "-U_FORTIFY_SOURCE"), ["calls printf, where -D_FORTIFY_SOURCE=2 would have it call __printf_chk"]),
    ],
)
def test_a_module_need_not_have_what_a_small_one_cannot(
    code: int, flags: tuple[str, ...], problems: list[str], tmp_path: Path
) -> None:
    source = MODULE.replace("ASM", f'__asm__ volatile(".fill {code}, 1, 0x90");')
    module = compiled(tmp_path / "module.so", *flags, *LINKED, "-shared", "-fPIC", source=source)
    found = hardening(module, "3.13.5/lib/python3.13/lib-dynload/_x.so")

    assert [sentence.partition("_x.so' ")[2].partition(", as ")[0] for sentence in found] == problems


def test_a_module_that_would_turn_off_the_interpreter_s_shadow_stack_is_told_of(tmp_path: Path) -> None:
    marked, unmarked = (*LINKED, "-Wl,-z,ibt,-z,shstk"), (*LINKED, "-fcf-protection=none")
    program = read_program("3.13.5/bin/python3.13", compiled(tmp_path / "p", *COMPILED, *marked).read_bytes())
    without = read_program("3.13.5/bin/python3.13", compiled(tmp_path / "w", *COMPILED, *unmarked).read_bytes())
    modules = [
        read_program(f"3.13.5/lib/{name}.so", compiled(tmp_path / name, "-shared", "-fPIC", *flags).read_bytes())
        for name, flags in (("marked", marked), ("unmarked", unmarked))
    ]
    (found,) = hardening_problems([program, *modules])

    assert found.startswith("'3.13.5/lib/unmarked.so' turns off the shadow stack that the interpreter is marked for")
    assert hardening_problems([without, *modules]) == []


@pytest.mark.parametrize(
    "version, since",
    [("GLIBC_2.36", ""), ("GLIBC_2.9", ""), ("NCURSES6_5.0", ""), ("GLIBC_2.100", "2.100"), ("GLIBC_3.0", "3.0")],
)
def test_a_program_that_needs_a_newer_glibc_than_its_platform_s_is_refused(
    version: str, since: str, tmp_path: Path
) -> None:
    program = read_program("3.13.5/lib/x.so", needing(version, tmp_path).read_bytes())

    assert version in program.symbol_versions
    newer = f"needs glibc {since} for '{version}', and debian-12 has 2.36 by its row: it was built elsewhere"
    assert glibc_problems(program, "2.36", "debian-12") == ([f"'3.13.5/lib/x.so' {newer}"] if since else [])


def test_a_program_with_relocations_in_short_needs_the_glibc_that_knows_them(tmp_path: Path) -> None:
    source = "int number; int *volatile address = &number; int main(void) { return *address; }"
    program = compiled(tmp_path / "x", "-fPIE", "-pie", "-Wl,-z,pack-relative-relocs", source=source)
    read = read_program("3.13.5/bin/x", program.read_bytes())
    (found,) = glibc_problems(read, "2.35", "ubuntu-2204")

    assert "needs glibc 2.36 for 'GLIBC_ABI_DT_RELR', and ubuntu-2204 has 2.35" in found
    assert glibc_problems(read, "2.36", "debian-12") == []


def test_a_file_that_only_begins_like_a_program_is_refused() -> None:
    with pytest.raises(StoreError, match="'3.13.5/bin/x' cannot be read as an ELF file"):
        read_program("3.13.5/bin/x", b"\x7fELF" + bytes(60))
