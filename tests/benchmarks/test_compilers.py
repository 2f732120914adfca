"""The recipe with every compiler: which are asked for, and what the tables say."""

import pytest

from benchmarks import compilers, compilers_rows
from benchmarks.compilers_rows import Built, Compiler
from python_builds.core.errors import FarmError

ARGUMENTS = """\
--prefix=/opt/python/3.11.2
CFLAGS_NODIST=-ffile-prefix-map=/build/source=. -fno-semantic-interposition
LDFLAGS_NODIST=-Wl,-rpath=\\$$ORIGIN/../lib -Wl,-z,pack-relative-relocs
INTERPRETER_FLAGS=-O3 -flto=2 -no-pie -fno-pic
CORE_FLAGS=$(filter-out -flto-partition=none,$(PY_CORE_CFLAGS)) $(CCSHARED) -flto=2 -flinker-output=nolto-rel
"""
LOG = "2 tests skipped:\n    test_crypt test_zstd\nAll 41 tests OK.\n"
MEDIANS = {name: {"gcc-9": [0.2] * 4, "gcc-12": [0.1] * 4} for name in ("nbody", "pickle")}


def built(gcc: str, arguments: str) -> Built:
    return Built(
        compiler=Compiler(gcc=gcc, image="debian-0", default_of="Somewhere 1"),
        version=f"3.11.2 (main, Nov 24 2026, 10:00:00) [GCC {gcc}.2.0]",
        spent={"unpack": 1, "instrumented": 100, "training": 50, "optimized": 150},
        tests=compilers_rows.passed(LOG),
        flags=compilers_rows.flags(arguments),
        deb=15_000_000,
    )


BUILT = [
    built("9", ARGUMENTS.replace(" -Wl,-z,pack-relative-relocs", "").replace("-flto=2", "-flto=4")),
    built("12", ARGUMENTS),
]


def test_compilers_are_chosen_by_series_and_what_they_are_compared_to_is_always_there() -> None:
    assert compilers.chosen("") == list(compilers.COMPILERS)
    assert [compiler.gcc for compiler in compilers.chosen("14 9")] == ["9", "12", "14"]
    with pytest.raises(FarmError, match="gcc names 8; there are 9, 10, 11, 12, 13, 14, 15"):
        compilers.chosen("8")


def test_the_table_has_what_a_build_cost_and_left_and_which_flags_a_probe_took_from_it() -> None:
    first, second = compilers_rows.details(BUILT).lines

    assert first[0] == "9.2.0"
    assert first[2:] == ["250 s", "50.0 s", "41 passed, 2 skipped", "15.00 MB", "`-Wl,-z,pack-relative-relocs`"]
    assert second[-1] == "-"


def test_a_compiler_s_interpreter_is_compared_to_the_reference_s() -> None:
    (row,) = compilers_rows.rows(BUILT, MEDIANS)

    assert (row.what, row.compared_to) == ("gcc 9: 2 benchmarks", "gcc 12")
    assert row.estimate == pytest.approx((0.5, 0.5, 0.5))
    assert compilers_rows.ratios_of_each(BUILT, MEDIANS).lines == [["nbody", "0.50"], ["pickle", "0.50"]]


def test_a_log_and_a_version_that_do_not_say_it_are_refused() -> None:
    with pytest.raises(ValueError, match="does not say how many passed"):
        compilers_rows.passed("1 test failed")
    with pytest.raises(ValueError, match="names no gcc"):
        compilers_rows.compiler_version("3.11.2 [Clang 19]")
