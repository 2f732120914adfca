"""Check that users can build with an installed CPython: check_development.py PREFIX [BUILT_FOR].

Run by the interpreter itself. Compiles an extension module with the flags sysconfig tells, and programs that embed the
interpreter with those of python3-config and pkg-config: what setuptools, meson and everybody's build systems use.
BUILT_FOR is the prefix that a tree was built for which now lies elsewhere. Python 3.9 and newer; needs a C compiler. Its last line has the answer to PYTHON_BUILDS_CHALLENGE (challenge.py).
"""

import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile

import challenge

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

FOLDERS = ("BINDIR", "INCLUDEPY", "LIBDEST", "LIBDIR", "LIBPC", "LIBPL", "exec_prefix", "prefix")
"""The variables of sysconfig that build systems read folders from."""


USERS_FLAGS = (
    "CC",
    "CXX",
    "CPPFLAGS",
    "CFLAGS",
    "CCSHARED",
    "LDFLAGS",
    "LDSHARED",
    "LDCXXSHARED",
    "LINKFORSHARED",
    "LIBS",
)
"""Those that they read flags from, for what users build."""

PROGRAMS = ("AR", "CC", "CXX", "LDCXXSHARED", "LDSHARED", "LINKCC")
"""Those that begin with a program to call."""


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def flags(*names):
    return [flag for name in names for flag in shlex.split(sysconfig.get_config_var(name) or "")]


def check_build_variables(folder, prefix, built_for):
    variables = sysconfig.get_config_vars()
    for name in FOLDERS:
        path = os.path.realpath(variables[name])
        assert os.path.commonpath([path, os.path.realpath(prefix)]) == os.path.realpath(prefix), f"{name} is {path}"
    # A path would be of the machine that built it.
    paths = {name: variables[name] for name in PROGRAMS if "/" in (variables.get(name) or "").partition(" ")[0]}
    assert not paths, f"these build variables name programs by their paths: {paths}"
    if built_for:
        stale = {name: value for name, value in variables.items() if built_for in str(value)}
        assert not stale, f"these build variables name {built_for}: {stale}"


def check_build_variables_as_json(folder, prefix, built_for):
    """Of 3.14 and newer: paths are absolute or, in a tree that may lie anywhere, start from the file's folder."""
    for file in stdlib().glob("_sysconfig_vars*.json"):
        variables = json.loads(file.read_text())
        for name in FOLDERS:
            path = pathlib.Path(file.parent, variables[name])
            assert path.samefile(sysconfig.get_config_var(name)), f"{file.name}: {name} is {path}"
        assert not built_for or built_for not in file.read_text(), f"{file} names {built_for}"


def check_build_details(folder, prefix, built_for):
    """Of 3.14 and newer, by PEP 739: base_prefix may start from the file's folder, other paths from base_prefix."""
    for file in stdlib().glob("build-details.json"):
        details = json.loads(file.read_text())
        base = pathlib.Path(file.parent, details["base_prefix"])
        assert base.samefile(prefix), f"{file.name}: base_prefix is {details['base_prefix']}"
        paths = [details["base_interpreter"], details["libpython"]["dynamic"], *details["c_api"].values()]
        assert all(pathlib.Path(base, path).exists() for path in paths), f"{file.name}: of {paths} some are not there"
        assert pathlib.Path(base, details["base_interpreter"]).samefile(sys.executable)


def stdlib():
    return pathlib.Path(sysconfig.get_path("stdlib"))


def check_flags_of_our_own_build(folder, prefix, built_for):
    """What shapes CPython as it is shipped is no business of what users build; some flags CPython gives to both itself."""
    own = {*flags("CONFIGURE_CFLAGS_NODIST", "CONFIGURE_LDFLAGS_NODIST")} - {*flags("OPT", "BASECFLAGS")}
    assert own, "the build variables do not say which flags our own build was given: CONFIGURE_CFLAGS_NODIST"
    config = run(prefix / "bin" / "python3-config", "--embed", "--cflags", "--ldflags")
    given = {name: flags(name) for name in USERS_FLAGS} | {"python3-config": shlex.split(config)}
    leaked = {name: sorted(own.intersection(words)) for name, words in given.items() if own.intersection(words)}
    assert not leaked, f"flags of our own build are given to users: {leaked}"


def check_extension_module(folder, prefix, built_for):
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


def embed(folder, prefix, words):
    """Compile a program that embeds the interpreter, and see which library it finds, with and without a PATH to it."""
    source, program = folder / "embed.c", folder / "embed"
    source.write_text(EMBEDDING)
    run(*flags("CC"), source, "-o", program, *words, f"-Wl,-rpath,{prefix}/lib")
    needed = run("ldd", program)
    assert f"{prefix}/lib/libpython" in needed, f"the program does not use our libpython:\n{needed}"
    # An embedded CPython looks for a python3 on the PATH to find its library by, and takes the system's of the same series;
    # without one it takes a lib/python3.X of the current folder, which in / is the system's, too.
    for path in (f"{prefix}/bin:{os.environ['PATH']}", "/nonexistent"):
        found, answer = json.loads(run(program, env={**os.environ, "PATH": path}, cwd=folder))
        assert os.path.samefile(found, prefix), f"with PATH={path} its prefix is {found}"
        assert answer == 42


def check_embedding_with_python3_config(folder, prefix, built_for):
    link = folder / "linked-config"  # as in /usr/local/bin
    link.symlink_to(prefix / "bin" / "python3-config")
    for config in (prefix / "bin" / "python3-config", link):
        embed(folder, prefix, shlex.split(run(config, "--embed", "--cflags", "--ldflags")))


def check_embedding_with_pkg_config(folder, prefix, built_for):
    environment = {**os.environ, "PKG_CONFIG_PATH": f"{prefix}/lib/pkgconfig"}
    embed(folder, prefix, shlex.split(run("pkg-config", "--cflags", "--libs", "python3-embed", env=environment)))


def chosen_checks():
    checks = [check_build_variables, check_build_variables_as_json, check_build_details]
    checks += [check_flags_of_our_own_build, check_extension_module]
    checks += [check_embedding_with_python3_config]
    return checks + [check_embedding_with_pkg_config] * bool(shutil.which("pkg-config"))


def main():
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: check_development.py PREFIX [BUILT_FOR]")
    prefix, built_for = pathlib.Path(sys.argv[1]), sys.argv[2] if len(sys.argv) == 3 else None
    for check in chosen_checks():
        with tempfile.TemporaryDirectory() as name:
            check(pathlib.Path(name), prefix, built_for)
        print(f"  ok      {check.__name__}", flush=True)
    print(f"check_development.py: all {len(chosen_checks())} checks passed, {challenge.response()}")


if __name__ == "__main__":
    main()
