"""Compiling and linking the core once: compile.sh, core-object.mk."""

import pytest

from tests.script_runs import call, require_tool, run, write

CORE_MAKEFILE = """
LIBRARY_OBJS_OMIT_FROZEN = Objects/a.o Python/b.o
LIBRARY_OBJS = $(LIBRARY_OBJS_OMIT_FROZEN) Modules/getpath.o Python/frozen.o
CC = echo
LDVERSION = 3.99
BUILDPYTHON = python
{how} = @what CPython sets@
all: python libpython3.99.so
python: Programs/python.o libpython3.99.so
	@echo python from Programs/python.o $({how})
libpython3.99.so: $(LIBRARY_OBJS)
	@echo library from $(LIBRARY_OBJS)
%.o:
	@echo $@ $(CFLAGS_NODIST) $(PY_CORE_CFLAGS)
"""


@pytest.mark.parametrize("how", ["BLDLIBRARY", "LINK_PYTHON_OBJS"], ids=["3.9", "3.10 and later"])
def test_the_core_is_linked_once_into_the_interpreter_and_into_libpython(how, work):
    require_tool("make", "make")
    write(work / "source" / "Makefile", CORE_MAKEFILE.replace("{how}", how))
    code = 'set_make_variables optimized; lay_out_core_object; make -s -C source "${make_variables[@]}"'
    done = call(work, "compile.sh", code)
    lines = done.stdout.splitlines()

    assert "python from Programs/python.o Objects/a.o Python/b.o Modules/getpath.o Python/frozen.o" in lines, (
        done.stderr
    )
    assert "library from core.o Modules/getpath.o Python/frozen.o" in lines
    quick = call(work, "compile.sh", code.replace("optimized", "quick")).stdout.splitlines()
    assert "python from Programs/python.o core.o Modules/getpath.o Python/frozen.o" in quick
    (core,) = [line for line in lines if "-o core.o" in line]
    assert core.startswith("-r ") and core.endswith("-o core.o Objects/a.o Python/b.o") and "-flto=" in core
    (getpath,) = [line for line in lines if line.startswith("Modules/getpath.o ")]
    assert "-ffat-lto-objects" in getpath and "-include prefix_by_library.c" in getpath
    assert "Objects/a.o" in [line.strip() for line in lines], "flags of one object file went on to others"


def test_the_interpreter_is_of_fixed_addresses_though_its_objects_are_not(work):
    require_tool("gcc", "gcc")
    require_tool("nm", "binutils")
    write(work / "source" / "numbers.c", "int first = 1, second = 2;\n")
    table = "extern int first, second; static int *const table[] = {&first, &second};"
    write(work / "source" / "main.c", f"{table} int main(int count, char **words) {{ return *table[count & 1]; }}\n")
    compiled = "gcc -O3 -fPIC -flto -fno-fat-lto-objects -c main.c numbers.c"
    code = "set_make_variables optimized; cd source; " + compiled + '; for word in "${make_variables[@]}"; do '
    code += "case $word in INTERPRETER_FLAGS=*) gcc ${word#*=} -o program main.o numbers.o; nm program; esac; done"
    done = call(work, "compile.sh", code)
    (found,) = [line.split()[1] for line in done.stdout.splitlines() if line.endswith(" table")]
    assert found == "r", f"the table of addresses has to be written when the program is loaded: {done.stderr}"


def test_an_optimized_build_without_training_data_is_refused(work):
    write(work / "logs" / "source-date-epoch", "1700000000\n")
    write(work / "source" / "Makefile", "all:\n")
    done = run(work, "compile.sh", "optimized", as_build_user=True)
    assert done.returncode == 1
    assert "run compile.sh instrumented and train.sh first" in done.stderr


def test_a_failing_make_fails_the_step_and_is_in_the_log(work):
    require_tool("make", "make")
    write(work / "logs" / "source-date-epoch", "1700000000\n")
    write(work / "source" / "Makefile", "all:\n\t@echo making; false\n")
    done = run(work, "compile.sh", "quick", as_build_user=True)
    assert done.returncode != 0
    assert "making\n" in done.stdout and "making\n" in (work / "logs" / "make.log").read_text()
