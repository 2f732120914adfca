"""Makes environments with an interpreter by every name that leads to it: links.py VERSION BOUND, in a container as root.

The tree lies in /opt/python/VERSION and is mounted at BOUND too. Beside it stands a Python of the same minor in /usr,
whose library no environment may take for its own. Prints a line for each environment that does not work, and the count.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

VERSION, BOUND = sys.argv[1:]
MINOR = ".".join(VERSION.rstrip("t").split(".")[:2]) + ("t" if VERSION.endswith("t") else "")
NAME = f"python{MINOR}"
TREE = pathlib.Path("/opt/python", VERSION)
MOVED = pathlib.Path("/srv/moved/once")
VIRTUALENV = ["/tmp/tools/bin/virtualenv", "--quiet", "--no-download", "--python"]
UV = ["uv", "venv", "--quiet", "--offline", "--no-config", "--python"]

BESIDE_SYSTEM = "a relative link beside the system's own"

CHECK = """
import ctypes, os, sqlite3, ssl, subprocess, sys, sysconfig
assert sys.prefix == sys.argv[1] != sys.base_prefix, (sys.prefix, sys.base_prefix)
assert os.path.isfile(sysconfig.get_path("include") + "/Python.h"), sysconfig.get_path("include")
assert os.path.exists(sysconfig.get_config_var("LIBDIR") + "/" + sysconfig.get_config_var("LDLIBRARY"))
for module in (os, ssl, sqlite3):
    assert os.path.realpath(module.__file__).startswith(({!r}, {!r}, {!r})), module.__file__
child = subprocess.run([sys.executable, "-c", "import sys; print(sys.prefix)"], capture_output=True, text=True)
assert child.stdout.strip() == sys.prefix, child
""".format(f"{TREE}/", f"{MOVED}/", f"{BOUND}/")


def link(path, to):
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(to)
    return path


def places():
    """Give every name for the interpreter."""
    link(f"/opt/python/{MINOR}", VERSION)
    shutil.copytree(TREE, MOVED, symlinks=True)
    return {
        "in place": TREE / "bin" / NAME,
        "in place, by its short name": TREE / "bin/python",
        "moved": MOVED / "bin" / NAME,
        "uv's link": link(f"/root/.local/bin/{NAME}", MOVED / "bin" / NAME),
        "a user's link": link("/usr/local/bin/snake", TREE / "bin/python3"),
        "a user's link to what was moved": link("/usr/local/bin/moved-snake", MOVED / "bin/python3"),
        BESIDE_SYSTEM: link("/usr/bin/a-snake", f"../../opt/python/{VERSION}/bin/python3"),
        "a link to a link": link("/home/somebody/bin/py", "/usr/local/bin/snake"),
        "the minor's folder": pathlib.Path(f"/opt/python/{MINOR}/bin", NAME),
        "the minor's program": link(f"/usr/local/bin/{NAME}", f"/opt/python/{MINOR}/bin/{NAME}"),
        "a bind mount": pathlib.Path(BOUND, "bin", NAME),
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


def run(*words):
    return subprocess.run([str(word) for word in words], capture_output=True, text=True)


def problem_of(command, folder, how):
    made = run(*command, folder)
    if made.returncode:
        return made.stdout + made.stderr
    done = run(folder / "bin/python", "-c", CHECK, folder)
    if done.returncode == 0 and how == "venv":
        done = run(folder / "bin/pip", "--version")
    return done.stdout + done.stderr if done.returncode else ""


def main():
    system = pathlib.Path("/usr/lib", NAME, "os.py")
    if not system.exists():
        system.parent.mkdir(parents=True, exist_ok=True)
        system.write_text("raise SystemExit('this is the library of the system')\n")
    problems, count = [], 0
    for where, interpreter in places().items():
        for how, command in makers(interpreter).items():
            if "virtualenv" in how and where == BESIDE_SYSTEM:
                continue  # it searches by itself, and takes /usr for the tree that the link lies in
            with tempfile.TemporaryDirectory() as folder:
                problem = problem_of(command, pathlib.Path(folder, "env"), how)
            count += 1
            if problem:
                problems.append(f"{how} by {where}: {problem.strip()[-500:]}")
    print(*problems, f"{count} environments of {VERSION}, {len(problems)} do not work", sep="\n")


if __name__ == "__main__":
    os.chdir("/")
    main()
