"""Write how a build was made as JSON: describe_build.py PREFIX OUTPUT, run in the work folder by the staged interpreter.

What was configured and compiled comes from logs/ that the build scripts left; the rest is looked at. Python 3.9 and newer.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

LOGS = pathlib.Path("logs")
LINKED = re.compile(r"^\s*(\S+) => (/\S+) \(0x", re.MULTILINE)
PASSED = re.compile(r"^(?:All )?([0-9]+) tests? OK\.$", re.MULTILINE)
SKIPPED = re.compile(r"^[0-9]+ tests? skipped[^:\n]*:\n((?: +.*\n)+)", re.MULTILINE)


def first_line(*command):
    """Return the first line that a command writes."""
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.splitlines()[0].strip()


def log_lines(name):
    """Return the lines of a log that configure.sh or compile.sh wrote, without the folder of this build."""
    folder = os.getcwd()
    lines = (LOGS / name).read_text().splitlines()
    return [line.replace(f"{folder}/source", ".").replace(folder, "..") for line in lines if line]


def linked_libraries(tree):
    """Return the shared libraries of the system that the tree is linked to: names and paths."""
    found = {}
    for path in tree.rglob("*"):
        if path.is_symlink() or not path.is_file() or not is_elf(path):
            continue
        # What needs no library ends with 1.
        output = subprocess.run(["ldd", str(path)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
        found.update((name, library) for name, library in LINKED.findall(output) if not inside(library, tree))
    return found


def is_elf(path):
    with open(path, "rb") as file:
        return file.read(4) == b"\x7fELF"


def inside(library, tree):
    return tree.resolve() in pathlib.Path(os.path.realpath(library)).parents


def packages(libraries):
    """Return the name and version of the package that each library came with, or its path where none is known."""
    # /lib may be a link to /usr/lib, and the package may know the file by either name.
    spelled = {
        name: (path, os.path.realpath(path), f"/usr{path}", path.removeprefix("/usr"))
        for name, path in libraries.items()
    }
    every = sorted({path for paths in spelled.values() for path in paths})
    known = debian_packages(every) if shutil.which("dpkg-query") else rpm_packages(every)
    return {name: next((known[p] for p in paths if p in known), paths[0]) for name, paths in sorted(spelled.items())}


def debian_packages(paths):
    # It ends with 1 where it does not know all of them, and tells of the others; of diversions too, in words.
    found = output("dpkg-query", "--search", *paths)
    owned = [(owners.split(", ")[0], path) for owners, _, path in (line.partition(": ") for line in found)]
    names = {path: name for name, path in owned if path in paths and " " not in name}
    shown = output("dpkg-query", "--show", "--showformat=${binary:Package} ${Version}\n", *sorted(set(names.values())))
    versions = dict(line.split(" ", 1) for line in shown)
    return {path: f"{name.partition(':')[0]} {versions[name]}" for path, name in names.items()}


def rpm_packages(paths):
    found = {path: output("rpm", "--query", "--file", path) for path in paths}
    return {path: lines[0] for path, lines in found.items() if lines and " " not in lines[0]}


def output(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return done.stdout.splitlines()


def test_summary(log):
    """Return what CPython's test runner says at its end."""
    text = log.read_text(errors="replace")
    passed, skipped = PASSED.findall(text), SKIPPED.findall(text)
    return {"passed": int(passed[-1]) if passed else 0, "skipped": sorted(" ".join(skipped[-1:]).split())}


def describe(tree):
    compiler = os.environ.get("CC", "gcc")
    return {
        "compiler": first_line(compiler, "--version"),
        "target": first_line(compiler, "-dumpmachine"),
        "linker": first_line("ld", "--version"),
        "libc": os.confstr("CS_GNU_LIBC_VERSION"),
        "configure": log_lines("configure-arguments"),
        "make": log_lines("make-variables"),
        "libraries": packages(linked_libraries(tree)),
        "modules": sorted(file.name.split(".")[0] for file in tree.glob("lib/python3*/lib-dynload/*.so")),
        "builtin_modules": sorted(sys.builtin_module_names),
        "tests": test_summary(LOGS / "smoke-test.log"),
    }


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: describe_build.py PREFIX OUTPUT")
    found = describe(pathlib.Path(f"stage{sys.argv[1]}"))
    pathlib.Path(sys.argv[2]).write_text(json.dumps(found, indent=1) + "\n")
    print(f"{len(found['libraries'])} libraries, {len(found['modules'])} extension modules, {found['compiler']}")


if __name__ == "__main__":
    main()
