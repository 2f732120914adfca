"""Compiles a library to bytecode, each file in a process of its own: compile_bytecode.py JOBS STAGE FOLDER.

The marshal format marks what an interpreter holds more than one reference to, and that depends on all that it has done
before, above all without the global interpreter lock: compileall, which compiles many files in one process, makes other
bytes of the same source from one time to the next. A fork of one that has compiled nothing makes the same, if that one
holds no names by chance: pathlib interns those of folders, and the types' cache keeps whatever was looked up last in each of
its places, which go by addresses, and these by the size of the environment.

One level, since -O is rare. unchecked-hash: no time stamps, and no reading of sources at import either. STAGE is taken
from the names in the bytecode.
"""

import os
import sys
from compileall import compile_file
from py_compile import PycInvalidationMode

NONE_BEFORE = "PYTHON_BUILDS_NONE_BEFORE"


def sources_in(folder):
    """List the sources below a folder."""
    found = [os.path.join(at, name) for at, _, names in os.walk(folder) for name in names]
    return sorted(path for path in found if path.endswith(".py"))


def start_again_until_none_is_the_same():
    """Become a new process until the address of None, which is its hash up to 3.11, is as good as any other's.

    Up to 3.10 marshal writes a set in the order of its hashes; those of its elements that meet in a place go on by more of
    their bits. The lowest eight are the same in every process, and these six decide next. A program of fixed addresses stays.
    """
    found = str(hash(None))
    if sys.version_info < (3, 11) and (hash(None) >> 8) & 63 and os.environ.get(NONE_BEFORE) != found:
        os.environ[NONE_BEFORE] = found
        os.execv(sys.executable, [sys.executable, "-B", *sys.argv])  # noqa: S606 - itself


def forget_names():
    """Empty the types' cache."""
    clear = getattr(sys, "_clear_internal_caches", None) or sys._clear_type_cache  # noqa: SLF001 - up to 3.12
    clear()


def compile_all(files, jobs, stage):
    """Compile files, as many at once as there are jobs; say whether all could be."""
    waiting, statuses = list(files)[::-1], []
    running = 0
    while waiting or running:
        if waiting and running < jobs:
            start(waiting.pop(), stage)
            running += 1
        else:
            statuses.append(os.wait()[1])
            running -= 1
    return not any(statuses)


def start(path, stage):
    """Compile a file in a fork."""
    if os.fork():
        return
    status = 1
    try:
        how = {"force": True, "quiet": 1, "optimize": 0, "invalidation_mode": PycInvalidationMode.UNCHECKED_HASH}
        status = 0 if compile_file(path, stripdir=stage, prependdir="/", **how) else 1
        sys.stdout.flush()
    finally:
        os._exit(status)


if __name__ == "__main__":
    start_again_until_none_is_the_same()
    jobs, stage, folder = sys.argv[1:]
    files = sources_in(folder)
    if not files:
        sys.exit(f"compile_bytecode.py: there is no *.py in {folder}")
    forget_names()
    sys.exit(0 if compile_all(files, int(jobs), stage) else 1)
