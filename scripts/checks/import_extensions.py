"""Import every extension module of lib-dynload: one that does not import is a broken build or a missing dependency.

Run by the interpreter that is being looked at; Python 3.9 and newer.
"""

import importlib
import pathlib
import sys


def extension_folder():
    folders = [pathlib.Path(entry) for entry in sys.path if pathlib.PurePath(entry).name == "lib-dynload"]
    if len(folders) != 1 or not folders[0].is_dir():
        sys.exit(f"{sys.executable} has no lib-dynload folder on its path: {sys.path}")
    return folders[0]


def import_all(allowed=()):
    """Return the names that were imported, and a sentence for each one that failed and is not allowed to."""
    imported, problems = [], []
    for file in sorted(extension_folder().glob("*.so")):
        name = file.name.split(".")[0]
        try:
            module = importlib.import_module(name)
        except Exception as error:  # any: a module that raises something odd is just as broken
            if name not in allowed:
                problems.append(f"{file.name} cannot be imported: {error!r}")
            continue
        if not pathlib.Path(module.__file__).samefile(file):
            problems.append(f"import {name} found {module.__file__}, not {file}")
        imported.append(name)
    if not imported:
        problems.append(f"{extension_folder()} has no extension module that can be imported")
    return imported, problems


if __name__ == "__main__":
    imported, problems = import_all(sys.argv[1:])
    print(f"{len(imported)} extension modules imported by {sys.executable}")
    if problems:
        sys.exit("\n".join(problems))
