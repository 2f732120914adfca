"""Makes environments with an interpreter by every name that leads to it: links.py VERSION BOUND, in a container as root.

The tree lies in /opt/python/VERSION and is mounted at BOUND too; uv installs another, of the farm's uv.json. Beside them
stands a Python of the same minor in /usr, whose library no environment may take for its own. Into environments of each
kind goes a wheel, and by pipx one into an environment of its own. Prints a line for what does not work, and the count.
"""

import concurrent.futures
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import zipfile

VERSION, BOUND = sys.argv[1:]
MINOR = ".".join(VERSION.rstrip("t").split(".")[:2]) + ("t" if VERSION.endswith("t") else "")
NAME = f"python{MINOR}"
TREE = pathlib.Path("/opt/python", VERSION)
MOVED = pathlib.Path("/srv/moved/once")
UVS, UVS_LINKS = pathlib.Path("/srv/pythons"), pathlib.Path("/root/.local/bin")
WHEEL = "hello-1-py3-none-any.whl"
VIRTUALENV = ["/tmp/tools/bin/virtualenv", "--quiet", "--no-download", "--python"]
UV = ["uv", "venv", "--quiet", "--offline", "--no-config", "--python"]
UV_PIP = ["uv", "pip", "install", "--quiet", "--offline", "--no-config", "--python"]

BESIDE_SYSTEM = "a relative link beside the system's own"

CHECK = """
import ctypes, os, sqlite3, ssl, subprocess, sys, sysconfig
prefix, tree = sys.argv[1:]
assert sys.prefix == prefix != sys.base_prefix, (sys.prefix, sys.base_prefix)
assert os.path.realpath(sys.base_prefix) == tree, (sys.base_prefix, tree)
config = sysconfig.get_config_var
library, header = config("LIBDIR") + "/" + config("LDLIBRARY"), sysconfig.get_path("include") + "/Python.h"
for file in (library, header, *(module.__file__ for module in (os, ssl, sqlite3))):
    assert os.path.exists(file) and os.path.realpath(file).startswith(tree + "/"), (file, tree)
child = subprocess.run([sys.executable, "-c", "import sys; print(sys.prefix)"], capture_output=True, text=True)
assert child.stdout.strip() == sys.prefix, child
"""


def link(path, to):
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(to)
    return path


def uv_tree():
    """Have uv install the tree that is for it."""
    folders = {"UV_PYTHON_INSTALL_DIR": str(UVS), "UV_PYTHON_BIN_DIR": str(UVS_LINKS)}
    command = ["uv", "python", "install", "--no-config", VERSION]
    subprocess.run(command, env={**os.environ, **folders}, check=True)
    (tree,) = (path for path in UVS.glob(f"cpython-{VERSION}-*") if not path.is_symlink())
    return tree


def places():
    """Give every name for an interpreter, each with the tree that it stands for."""
    link(f"/opt/python/{MINOR}", VERSION)
    shutil.copytree(TREE, MOVED, symlinks=True)
    uvs = uv_tree()
    snake = link("/usr/local/bin/snake", TREE / "bin/python3")
    return {
        "in place": (TREE / "bin" / NAME, TREE),
        "in place, by its short name": (TREE / "bin/python", TREE),
        "moved": (MOVED / "bin" / NAME, MOVED),
        "uv's folder": (uvs / "bin" / NAME, uvs),
        "uv's link": (UVS_LINKS / NAME, uvs),
        "a user's link": (snake, TREE),
        "a user's link to what was moved": (link("/usr/local/bin/moved-snake", MOVED / "bin/python3"), MOVED),
        BESIDE_SYSTEM: (link("/usr/bin/a-snake", f"../../opt/python/{VERSION}/bin/python3"), TREE),
        "a link to a link": (link("/home/somebody/bin/py", snake), TREE),
        "the minor's folder": (pathlib.Path(f"/opt/python/{MINOR}/bin", NAME), TREE),
        "the minor's program": (link(f"/usr/local/bin/{NAME}", f"/opt/python/{MINOR}/bin/{NAME}"), TREE),
        "a bind mount": (pathlib.Path(BOUND, "bin", NAME), pathlib.Path(BOUND)),
    }


def makers(interpreter):
    """Give the commands that make an environment, by what people call them."""
    return {
        "venv": [interpreter, "-m", "venv"],
        "venv --symlinks": [interpreter, "-m", "venv", "--without-pip", "--symlinks"],
        "venv --copies": [interpreter, "-m", "venv", "--without-pip", "--copies"],
        "virtualenv": [*VIRTUALENV, interpreter],
        "virtualenv --copies": [*VIRTUALENV, interpreter, "--copies"],
        "uv venv": [*UV, interpreter],
        "uv venv --relocatable": [*UV, interpreter, "--relocatable"],
    }


def installers(environment):
    """Give the commands that install a wheel into an environment, by how that was made."""
    pip = [environment / "bin/pip", "install", "--quiet", "--no-index"]
    return {"venv": pip, "virtualenv": pip, "uv venv": [*UV_PIP, environment / "bin/python"]}


def make_wheel(folder):
    """Make a wheel with a command, which says where its interpreter's library is."""
    wheel = pathlib.Path(folder, WHEEL)
    texts = {
        "hello.py": "import os\n\ndef main():\n    print(os.path.realpath(os.__file__))\n",
        "hello-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: hello\nVersion: 1\n",
        "hello-1.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        "hello-1.dist-info/entry_points.txt": "[console_scripts]\nhello = hello:main\n",
        "hello-1.dist-info/RECORD": "",
    }
    with zipfile.ZipFile(wheel, "w") as file:
        for name, text in texts.items():
            file.writestr(name, text)
    return wheel


def run(*words, **variables):
    words = [str(word) for word in words]
    return subprocess.run(words, capture_output=True, text=True, env={**os.environ, **variables})


def first_problem(*steps):
    """Run one after the other; give what the first says that fails."""
    for step in steps:
        done = run(*step)
        if done.returncode:
            return done.stdout + done.stderr
    return ""


def problem_of(command, how, tree, wheel):
    """Make an environment and use it."""
    with tempfile.TemporaryDirectory() as folder:
        made = pathlib.Path(folder, "env")
        steps = [[*command, made], [made / "bin/python", "-c", CHECK, made, tree]]
        installer = installers(made).get(how)
        if installer is None:
            return first_problem(*steps)
        return first_problem(*steps, [*installer, wheel]) or stray(made / "bin/hello", tree)


def stray(program, tree):
    """Say where a program has its library from, if that is not the tree."""
    done = run(program)
    return "" if done.stdout.startswith(f"{tree}/lib/{NAME}/") else f"{program}: {done.stdout}{done.stderr}"


def problem_of_pipx(interpreter, tree, wheel):
    """Have pipx install the wheel's command with an interpreter."""
    with tempfile.TemporaryDirectory() as folder:
        own = {"PIPX_HOME": f"{folder}/home", "PIPX_BIN_DIR": f"{folder}/bin", "PIP_NO_INDEX": "1"}
        own |= {"PIPX_SHARED_LIBS": "/tmp/pipx-shared", "PIP_FIND_LINKS": "/wheels"}
        done = run("/tmp/tools/bin/pipx", "install", "--python", interpreter, wheel, **own)
        return done.stdout + done.stderr if done.returncode else stray(f"{folder}/bin/hello", tree)


def problems_by(where, interpreter, tree, wheel):
    """Give what does not work in environments that were made by one name, by how they were made."""
    found = {}
    for how, command in makers(interpreter).items():
        if "virtualenv" in how and where == BESIDE_SYSTEM:
            continue  # it searches by itself, and takes /usr for the tree that the link lies in
        found[f"{how} by {where}"] = problem_of(command, how, tree, wheel)
    return found


def problems_by_pipx(names, wheel):
    """Give the same of pipx, which makes what its environments share at its first."""
    return {
        f"pipx by {where}": problem_of_pipx(interpreter, tree, wheel) for where, (interpreter, tree) in names.items()
    }


def problems(wheel):
    """Give what does not work for each environment, by how and by which name it was made."""
    names = places()
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [pool.submit(problems_by_pipx, names, wheel)]
        jobs += [pool.submit(problems_by, where, python, tree, wheel) for where, (python, tree) in names.items()]
    return {what: problem for job in jobs for what, problem in job.result().items()}


def main():
    system = pathlib.Path("/usr/lib", NAME, "os.py")
    if not system.exists():
        system.parent.mkdir(parents=True, exist_ok=True)
        system.write_text("raise SystemExit('this is the library of the system')\n")
    with tempfile.TemporaryDirectory() as folder:
        found = problems(make_wheel(folder))
    bad = [f"{what}: {problem.strip()[-500:]}" for what, problem in found.items() if problem]
    print(*bad, f"{len(found)} environments of {VERSION}, {len(bad)} do not work", sep="\n")


if __name__ == "__main__":
    os.chdir("/")
    main()
