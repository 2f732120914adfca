"""Bytecode, the same wherever it is made: python-for-install.sh, compile_bytecode.py."""

import pathlib
import shutil
import subprocess
import sys
import sysconfig

from tests.script_runs import SCRIPTS, call, run, write
from tests.scripts.trees import PREFIX, PYTHONS


def test_make_install_compiles_no_bytecode_but_everything_else_runs(work):
    assert run(work, "python-for-install.sh", "echo", "-Wi", "stage/lib/compileall.py").stdout == ""
    assert run(work, "python-for-install.sh", "echo", "-m", "ensurepip").stdout == "-m ensurepip\n"


def test_bytecode_is_the_same_whatever_was_compiled_before_or_beside_it(work):
    library = work / "stage" / PREFIX[1:] / "lib" / "python3.99"
    sources = {
        name: pathlib.Path(sysconfig.get_path("stdlib"), name).read_text()
        for name in ("weakref.py", "http/client.py", "csv.py")
    }

    def compiled(jobs, *names):
        shutil.rmtree(library, ignore_errors=True)
        for name in names:
            write(library / name, sources[name])
        done = call(
            work, "install-to-stage.sh", f"jobs={jobs}; compile_bytecode '{sys.executable}' {library.relative_to(work)}"
        )
        assert done.returncode == 0, done.stderr
        return {path.name: path.read_bytes() for path in library.rglob("*.pyc")}

    beside = compiled(2, *sources)
    assert beside == compiled(1, *sources) == {k: v for name in sources for k, v in compiled(1, name).items()}
    assert all(bytecode[4:8] == b"\1\0\0\0" for bytecode in beside.values()), "they hold no time"
    assert all(f"{PREFIX}/lib/python3.99/".encode() in bytecode for bytecode in beside.values())
    assert not any(str(work).encode() in bytecode for bytecode in beside.values())


def test_bytecode_does_not_depend_on_the_names_of_the_folders_where_it_is_made(tmp_path):
    """Up to 3.10, a name that was interned before is marked in the bytecode; of 3.11 no bytecode tells."""
    write(tmp_path / "a_folder" / "module.py", "")
    code = f"""
import compile_bytecode, sys
files = compile_bytecode.sources_in({str(tmp_path / "a_folder")!r})
assert files
made_now = "".join(["a_", "folder"])
print(sys.intern(made_now) is made_now)
"""
    for python in PYTHONS:
        done = subprocess.run(
            [python, "-B", "-c", code], capture_output=True, text=True, cwd=SCRIPTS / "lib", check=True
        )
        assert done.stdout == "True\n", "nothing has interned the folder's name"


def test_bytecode_does_not_depend_on_what_the_interpreter_has_looked_up(tmp_path):
    """Which names the types' cache keeps goes by addresses, and so by the size of the environment."""
    code = """
import compile_bytecode, sys
name = sys.intern("".join(["an_attribute_", "that_nobody_has"]))
before = sys.getrefcount(name)
hasattr(sys, name)
kept = sys.getrefcount(name)
compile_bytecode.forget_names()
print(before < kept, before == sys.getrefcount(name))
"""
    for python in PYTHONS:
        done = subprocess.run(
            [python, "-B", "-c", code], capture_output=True, text=True, cwd=SCRIPTS / "lib", check=True
        )
        assert done.stdout == "True True\n"


def test_a_file_that_cannot_be_compiled_is_named(work):
    library = work / "stage" / "lib"
    write(library / "good.py", "")
    write(library / "wrong.py", "def\n")
    done = call(work, "install-to-stage.sh", f"compile_bytecode '{sys.executable}' stage/lib")
    assert done.returncode == 1
    assert "wrong.py" in done.stdout and "SyntaxError" in done.stdout
    nothing = call(work, "install-to-stage.sh", f"compile_bytecode '{sys.executable}' stage/lip")
    assert nothing.returncode == 1 and f"there is no *.py in {work}/stage/lip" in nothing.stderr
    assert (library / "__pycache__" / f"good.{sys.implementation.cache_tag}.pyc").is_file()
