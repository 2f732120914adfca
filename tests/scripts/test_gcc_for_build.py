"""What stands before gcc while CPython is compiled: gcc-for-build.sh."""

import os
import subprocess

import pytest

from tests.script_runs import write


def flags_of_gcc(work, *arguments):
    """Let the program that stands before gcc give its arguments to one that prints them."""
    write(work / "gcc" / "gcc", "#!/bin/sh\nprintf '%s\\n' CCACHE_DEPEND=$CCACHE_DEPEND \"$@\"\n", executable=True)
    wrapper, path = f"{work}/home/gcc", f"{work}/gcc:{os.environ['PATH']}"
    done = subprocess.run(
        [work / "scripts" / "overlay" / "gcc-for-build.sh", *arguments],
        cwd=work / "source",
        env={"PATH": f"{wrapper}:{path}", "WRAPPER_FOLDER": wrapper, "SOURCE_FOLDER": f"{work}/source"},
        capture_output=True,
        text=True,
        check=True,
    )
    depend, *flags = done.stdout.splitlines()
    assert depend == "CCACHE_DEPEND=1"  # else it runs the preprocessor, too
    return flags


@pytest.mark.parametrize("macro", ["-DPy_BUILD_CORE", "-DPy_BUILD_CORE_BUILTIN"])
def test_the_core_is_compiled_for_linking_with_lto(work, macro):
    flags = ["-flto", macro, "-c", "a.c", "-o", "a.o"]
    assert flags_of_gcc(work, *flags) == [*flags, "-MD"]


@pytest.mark.parametrize("macro", ["-DPy_BUILD_CORE_MODULE", "-DPy_BUILD_CORE_MODULE=1", "-DNDEBUG"])
def test_extension_modules_are_compiled_once_and_not_again_by_the_linker(work, macro):
    flags = ["-flto", macro, "-c", "a.c", "-o", "a.o"]
    assert flags_of_gcc(work, *flags) == [*flags, "-MD", "-fno-lto"]


def test_links_get_the_flags_that_make_has_for_them(work):
    flags = ["-shared", "-flto", "a.o", "-o", "a.so"]
    assert flags_of_gcc(work, *flags) == flags


def test_gcc_never_sees_the_folder_of_the_source(work):
    source = f"{work}/source"
    given = ["-flto", f"-I{source}", f"-I{source}/Include", "-c", f"{source}/M/a.c", "-o", f"build/temp{source}/M/a.o"]
    flags = flags_of_gcc(work, *given)
    assert flags == ["-flto", "-I.", "-IInclude", "-c", "M/a.c", "-o", "build/temp/M/a.o", "-MD", "-fno-lto"]
    assert (work / "source" / "build" / "temp" / "M").is_dir()
