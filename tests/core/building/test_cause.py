"""Why a command failed: one line of its log, in words."""

import pytest

from python_builds.core.building.cause import MAX_CHARACTERS, cause


@pytest.mark.parametrize(
    "lines, said",
    [
        (["ochecking for gcc... no", "econfigure: error: no acceptable C compiler", "eSee config.log"], "configure: error: no acceptable C compiler"),
        (["ecc1: error: out of paper", "omake[1]: *** [Makefile:3: python] Error 1", "omake: *** [all] Error 2"], "cc1: error: out of paper"),
        (["omake: *** [Makefile:3: python] Error 1"], "make: *** [Makefile:3: python] Error 1"),
        (["oTraceback (most recent call last):", "oModuleNotFoundError: No module named '_ssl'", "othe trial ended"], "ModuleNotFoundError: No module named '_ssl'"),
        (["oone", "otwo", "o", "o   "], "two"),
        (["o3 tests failed", "echeck-stdlib.sh: these modules are missing: _ssl", "o"], "these modules are missing: _ssl"),
        (["ocheck-package.sh: not checked: no base system can be made", "ocleaning up"], "cleaning up"),
        (["echeck-package.sh: not checked: the archive cannot be reached", "ocleaning up"], "not checked: the archive cannot be reached"),
        (["owell", "hcommand timed out: 1200 seconds without output running [b'sleep']"], "killed, as it wrote nothing for 1200 s"),
        (["hprocess killed by signal 9"], "killed by signal 9"),
        (["e\x1b[31merror:\x1b[0m \x07red"], "error: red"),
        (["hin dir /build"], ""),
        ([], ""),
    ],
)  # fmt: skip
def test_the_line_that_says_most_is_chosen(lines, said):
    assert cause(lines) == said


def test_a_cause_of_any_length_fits_on_a_line():
    said = cause(["eerror: " + "x" * 5000])

    assert len(said) == MAX_CHARACTERS and said.endswith("…")


def test_what_a_build_writes_moves_no_terminal():
    said = cause(["eerror: \x1b]0;title\x07a\x1b[2Jb\x1b]8;;http://x\x1b\\c\x9b5nd\u202ee\u2028f\x00\rg"])

    assert said.startswith("error: ") and said.isprintable()


def test_where_checks_are_counted_the_first_that_failed_is_named_with_its_reason():
    lines = [
        "o  ok      check_sqlite",
        "o  FAILED  check_ssl: ImportError: libssl.so.3: cannot open shared object file",
        "o  FAILED  check_venv: CalledProcessError: status 1",
        "echeck_interpreter.py: 2 of 13 checks failed",
    ]

    assert cause(lines) == (
        "check_ssl: ImportError: libssl.so.3: cannot open shared object file (2 of 13 checks failed)"
    )
    assert cause(lines[-1:]) == "2 of 13 checks failed"
