"""An embedded interpreter finds its library beside libpython: prefix_by_library.c."""

import os
import shutil
import subprocess

import pytest

from tests.script_runs import SCRIPTS, require_tool, write

PREFIX_BY_LIBRARY = SCRIPTS / "overlay" / "prefix_by_library.c"
GETPATH = """
const char *prefix(void) { return PREFIX; }
const char *exec_prefix(void) { return EXEC_PREFIX; }
"""
EMBEDDING = """
#include <stdio.h>
const char *prefix(void), *exec_prefix(void);
int main(void) { return printf("%s\\n%s\\n", prefix(), exec_prefix()) < 0; }
"""


@pytest.fixture
def embedding(tmp_path):
    """Link a program with our change to getpath.c in a library, and one without a library; the tree with it was moved."""
    for name, text in (("getpath.c", GETPATH), ("main.c", EMBEDDING), ("pyconfig.h", "#define _GNU_SOURCE 1\n")):
        write(tmp_path / name, text)
    library = tmp_path / "built" / "lib" / "libpython3.99.so"
    write(library.parent / "python3.99" / "os.py", "")
    gcc = [require_tool("gcc", "gcc"), "-Wall", "-Werror"]
    flags = ['-DVERSION="3.99"', '-DPREFIX="/compiled/in"', '-DEXEC_PREFIX="/compiled/in"']
    run_in = {"cwd": tmp_path, "check": True}
    subprocess.run([*gcc, "-I.", *flags, "-include", PREFIX_BY_LIBRARY, "-fPIC", "-c", "getpath.c"], **run_in)
    subprocess.run([*gcc, "-shared", "-Wl,-soname,libpython3.99.so", "getpath.o", "-o", library, "-ldl"], **run_in)
    subprocess.run([*gcc, "main.c", "-o", "dynamic", library], **run_in)
    subprocess.run([*gcc, "main.c", "getpath.o", "-o", "static", "-ldl"], **run_in)
    (tmp_path / "white space").mkdir()
    return (tmp_path / "built").rename(tmp_path / "white space" / "moved")


def test_an_embedded_interpreter_finds_the_library_beside_libpython_wherever_it_is(embedding, tmp_path):
    """Of getpath.c only what our file changes; check_development.py tries the real one."""

    def prefixes(program, library_path):
        environment = {**os.environ, "LD_LIBRARY_PATH": str(library_path)}
        return subprocess.check_output([tmp_path / program], text=True, cwd=tmp_path, env=environment).splitlines()

    shutil.copy(embedding / "lib" / "libpython3.99.so", tmp_path)
    assert prefixes("dynamic", embedding / "lib") == [str(embedding)] * 2
    assert prefixes("dynamic", "white space/moved/lib") == [str(embedding)] * 2
    assert prefixes("dynamic", tmp_path) == ["/compiled/in"] * 2, "no standard library lies beside that one"
    assert prefixes("static", "") == ["/compiled/in"] * 2
