"""What CPython is configured with: configure.sh, check-configuration.sh, builtin-modules.sh."""

from tests.script_runs import run, write
from tests.scripts.trees import PREFIX, configured_with


def test_a_free_threaded_build_is_asked_for_where_cpython_knows_it_and_refused_elsewhere(work):
    assert "--disable-gil" not in configured_with(work, "quick", "--disable-gil do", "")
    assert "--disable-gil" in configured_with(work, "quick", "--disable-gil do", "t")
    write(work / "source" / "configure", "#!/bin/sh\n", executable=True)
    done = run(work, "configure.sh", PREFIX, "quick", "t", as_build_user=True)
    assert done.returncode == 1
    assert "its configure knows no --disable-gil, which came with 3.13" in done.stderr


def test_the_cxx_compiler_is_named_and_not_looked_for(work):
    assert "CXX=g++" in configured_with(work, "quick", "")


def test_a_prefix_that_is_there_already_is_refused(work):
    done = run(work, "configure.sh", str(work / "home"), "quick", as_build_user=True)
    assert done.returncode == 1
    assert f"{work}/home is on this machine, and the build would take what is installed there" in done.stderr


def test_configure_gets_only_the_options_it_knows(work):
    lines = configured_with(work, "quick", "nothing special")
    assert f"--prefix={PREFIX}" in lines and "--enable-shared" in lines and "SOURCE_DATE_EPOCH=1700000000" in lines
    assert "--without-static-libpython" not in lines and "--with-lto" not in lines
    lines = configured_with(
        work, "quick", "--without-static-libpython do not --enable-static-libpython-for-interpreter do"
    )
    assert {"--without-static-libpython", "--enable-static-libpython-for-interpreter"} <= set(lines)


SETUP = """\
# Modules that should always be present
#math mathmodule.c _math.c -DPy_BUILD_CORE_MODULE # -lm
#_pickle _pickle.c	# pickle accelerator
#_pickle_test other.c
#zlib zlibmodule.c -lz
"""


def test_modules_of_inner_loops_are_built_in_as_cpython_itself_says_how(work):
    write(work / "source" / "Modules" / "Setup", SETUP)
    (work / "source" / "Modules").chmod(0o777)
    lines = configured_with(work, "quick", "")
    assert (work / "source" / "Modules" / "Setup.local").read_text().splitlines() == [
        "*static*",
        "_pickle _pickle.c\t# pickle accelerator",
        "math mathmodule.c _math.c -DPy_BUILD_CORE_MODULE # -lm",
    ]
    assert "configure.sh: built into the interpreter: _pickle math" in lines
