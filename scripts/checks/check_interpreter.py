"""Check an installed CPython as a user would meet it: check_interpreter.py PREFIX, run by the interpreter itself.

Python 3.9 and newer. Its last line has the answer to PYTHON_BUILDS_CHALLENGE (challenge.py). Modules named in PYTHON_BUILDS_ALLOWED_MISSING (separated by white space) may be missing.
"""

import os
import pathlib
import platform
import subprocess
import sys
import sysconfig
import tempfile

import challenge
import import_extensions

ALLOWED_MISSING = frozenset(os.environ.get("PYTHON_BUILDS_ALLOWED_MISSING", "").split())
PREFIX = pathlib.Path(sys.argv[1] if len(sys.argv) == 2 else sys.exit("usage: check_interpreter.py PREFIX"))


def run(*command):
    """Return what a command writes; a failure shows it."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout


def check_version_and_prefix():
    free_threaded = "t" if sysconfig.get_config_var("Py_GIL_DISABLED") else ""
    found = platform.python_version() + free_threaded
    named = PREFIX.resolve().name  # it may be a link, as from a minor to its newest patch
    assert found == named, f"this is CPython {found}, and the prefix says {named}"
    assert sys.prefix == str(PREFIX), f"sys.prefix is {sys.prefix}"


def check_extension_modules():
    imported, problems = import_extensions.import_all(ALLOWED_MISSING)
    assert not problems, "\n".join(problems)


def check_shared_libraries_are_found():
    binaries = [path for path in PREFIX.rglob("*") if path.is_file() and not path.is_symlink() and is_elf(path)]
    assert binaries, f"there is no binary below {PREFIX}"
    for path in binaries:
        done = subprocess.run(["ldd", str(path)], capture_output=True, text=True)
        output = done.stdout + done.stderr
        # ldd ends with 1 for the few modules that need no library at all.
        assert done.returncode == 0 or "statically linked" in output or "not a dynamic" in output, f"{path}: {output}"
        assert "not found" not in output, f"{path}: {output}"


def is_elf(path):
    with open(path, "rb") as file:
        return file.read(4) == b"\x7fELF"


def check_bytecode_is_complete():
    """Else root's first import would leave files that no package owns, and everybody else would compile every time."""
    library = pathlib.Path(os.__file__).parent
    cache_tag = sys.implementation.cache_tag
    for source in library.rglob("*.py"):
        bytecode = source.parent / "__pycache__" / f"{source.stem}.{cache_tag}.pyc"
        assert bytecode.is_file(), f"{source} has no bytecode"
        flags = int.from_bytes(bytecode.read_bytes()[4:8], "little")
        assert flags == 1, f"{bytecode} has flags {flags}: it must be an unchecked hash (1)"


def check_scripts():
    """Each starts the interpreter beside it, through a link in /usr/local/bin too."""
    with tempfile.TemporaryDirectory() as folder:
        for name, argument in (("pip", "--version"), ("pip3", "--version"), ("pydoc3", "json")):
            link = pathlib.Path(folder, name)
            link.symlink_to(PREFIX / "bin" / name)
            for script in (PREFIX / "bin" / name, link):
                output = run(script, argument)
                assert str(PREFIX) in output or str(PREFIX.resolve()) in output, output


def check_virtual_environment():
    with tempfile.TemporaryDirectory() as folder:
        run(sys.executable, "-m", "venv", folder)
        output = run(pathlib.Path(folder, "bin", "python"), "-m", "pip", "--version")
        assert folder in output, output


def check_compression():
    import bz2
    import lzma
    import zlib

    data = bytes(range(256)) * 1000
    for module in (bz2, lzma, zlib):
        packed = module.compress(data)
        assert len(packed) < len(data) and module.decompress(packed) == data, module.__name__


def check_ctypes():
    import ctypes

    assert ctypes.CDLL(None).abs(-42) == 42


def check_sqlite():
    import sqlite3

    connection = sqlite3.connect(":memory:")
    assert connection.execute("select sqlite_version(), 6 * 7").fetchone()[1] == 42
    assert hasattr(connection, "enable_load_extension"), "built without --enable-loadable-sqlite-extensions"
    connection.close()


def check_ssl():
    import hashlib
    import ssl

    ssl.create_default_context()
    assert hashlib.new("sha512_256", b"").digest_size == 32  # OpenSSL's alone, not one of CPython's own


def check_tkinter():
    if "_tkinter" not in ALLOWED_MISSING:
        import tkinter

        assert tkinter.Tcl().eval("expr {6 * 7}") == "42"


def check_readline():
    if "readline" not in ALLOWED_MISSING:
        import readline

        readline.add_history("one")
        assert readline.get_history_item(1) == "one"


def check_locks_between_processes():
    import multiprocessing

    with multiprocessing.Lock():
        pass


def main():
    checks = [value for name, value in sorted(globals().items()) if name.startswith("check_")]
    failed = 0
    for check in checks:
        try:
            check()
            print(f"  ok      {check.__name__}", flush=True)
        except Exception as error:  # each check is told of, and one that fails must not hide the others
            failed += 1
            print(f"  FAILED  {check.__name__}: {type(error).__name__}: {error}", flush=True)
    if failed:
        sys.exit(f"check_interpreter.py: {failed} of {len(checks)} checks failed")
    print(f"check_interpreter.py: all {len(checks)} checks passed, {challenge.response()}")


if __name__ == "__main__":
    main()
