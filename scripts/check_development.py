"""Check that users can build with an installed CPython: check_development.py PREFIX, run by the interpreter itself.

Compiles an extension module with the flags sysconfig tells, and a program that embeds the interpreter with those of
python3-config: what setuptools and everybody's build systems use. Python 3.9 and newer; needs a C compiler.
"""

import os
import pathlib
import shlex
import subprocess
import sys
import sysconfig
import tempfile

EXTENSION = r"""
#include <Python.h>
static PyObject *answer(PyObject *self, PyObject *args) { return PyLong_FromLong(42); }
static PyMethodDef methods[] = {{"answer", answer, METH_NOARGS, NULL}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "trial", NULL, -1, methods};
PyMODINIT_FUNC PyInit_trial(void) { return PyModule_Create(&module); }
"""

EMBEDDING = r"""
#include <Python.h>
int main(void) {
    Py_Initialize();
    int failed = PyRun_SimpleString("import json, math, sys; print(json.dumps([sys.prefix, math.sqrt(1764)]))");
    return Py_FinalizeEx() || failed;
}
"""


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def flags(*names):
    return [flag for name in names for flag in shlex.split(sysconfig.get_config_var(name) or "")]


def build_extension(folder):
    source, compiled = folder / "trial.c", folder / "trial.o"
    module = folder / ("trial" + sysconfig.get_config_var("EXT_SUFFIX"))
    source.write_text(EXTENSION)
    include = "-I" + sysconfig.get_path("include")
    run(*flags("CC", "CFLAGS", "CCSHARED"), include, "-c", source, "-o", compiled)
    run(*flags("LDSHARED"), compiled, "-o", module)
    output = run(
        sys.executable, "-c", "import trial; print(trial.answer())", env={**os.environ, "PYTHONPATH": str(folder)}
    )
    assert output == "42\n", output


def embed(folder, prefix):
    source, program = folder / "embed.c", folder / "embed"
    source.write_text(EMBEDDING)
    config = prefix / "bin" / "python3-config"
    compile_flags = shlex.split(run(config, "--embed", "--cflags"))
    link_flags = shlex.split(run(config, "--embed", "--ldflags"))
    run(*flags("CC"), source, "-o", program, *compile_flags, *link_flags, f"-Wl,-rpath,{prefix}/lib")
    needed = run("ldd", program)
    assert f"{prefix}/lib/libpython" in needed, f"the program does not use our libpython:\n{needed}"
    # An embedded CPython looks for a python3 on the PATH to find its library by, and takes the system's of the same series.
    environment = {**os.environ, "PATH": f"{prefix}/bin:{os.environ['PATH']}"}
    assert run(program, env=environment) == f'["{prefix}", 42.0]\n'


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: check_development.py PREFIX")
    with tempfile.TemporaryDirectory() as name:
        build_extension(pathlib.Path(name))
        print("  ok      an extension module compiles and imports", flush=True)
        embed(pathlib.Path(name), pathlib.Path(sys.argv[1]))
        print("  ok      a program embeds the interpreter", flush=True)
    print("check_development.py: all 2 checks passed")


if __name__ == "__main__":
    main()
