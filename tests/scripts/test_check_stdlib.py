"""A standard library that is complete: check-stdlib.sh. What CPython prints is shortened; libraries were taken away for it."""

import pytest

from tests.script_runs import call, run, write
from tests.scripts.trees import PREFIX

LOG_OF_3_9 = """
building '_dbm' extension
Python build finished successfully!
The necessary bits to build these optional modules were not found:
_bz2                  _dbm                  _tkinter          \x20
To find the necessary bits, look in setup.py in detect_modules() for the module's name.


The following modules found by detect_modules() in setup.py, have been
built by the Makefile instead, as configured by the Setup files:
_abc                  pwd                   time              \x20


Failed to build these modules:
nis                                                           \x20

running build_scripts
"""
LOG_OF_3_11 = """
The necessary bits to build these optional modules were not found:
_dbm                                                          \x20
gcc -pthread -shared -Wl,-rpath=x build/temp/_testbuffer.o -o build/lib/_testbuffer.so
To find the necessary bits, look in setup.py in detect_modules() for the module's name.


Following modules built successfully but were removed because they could not be imported:
_ssl                  _hashlib                                \x20


Could not build the ssl module!
Python requires a OpenSSL 1.1.1 or newer

running build_scripts
copying and adjusting Tools/scripts/pydoc3 -> build/scripts-3.11
"""
LOG_OF_3_13 = """
The following modules are *disabled* in configure script:
_sqlite3                                          \x20

The necessary bits to build these optional modules were not found:
_dbm                  _gdbm                 readline
To find the necessary bits, look in configure.ac and config.log.

Checked 112 modules (33 built-in, 75 shared, 1 n/a on linux-x86_64, 0 disabled, 3 missing, 0 failed on import)
"""
LOG_WITHOUT_COMPLAINTS = """
gcc -o python
running build_scripts
copying and adjusting Tools/scripts/pydoc3 -> build/scripts-3.11
"""


@pytest.mark.parametrize(
    "log, names",
    [
        (LOG_OF_3_9, ["_bz2", "_dbm", "_tkinter", "nis"]),
        (LOG_OF_3_11, ["_dbm", "_hashlib", "_ssl"]),
        (LOG_OF_3_13, ["_dbm", "_gdbm", "readline"]),
        (LOG_WITHOUT_COMPLAINTS, []),
    ],
    ids=["3.9", "3.11", "3.13", "nothing missing"],
)
def test_modules_that_were_not_built_are_read_from_the_log(log, names, work):
    write(work / "logs" / "make.log", log)
    assert call(work, "check-stdlib.sh", "modules_not_built logs/make.log").stdout.split() == names


@pytest.fixture
def staged_interpreter(work):
    write(work / "stage" / PREFIX[1:] / "bin" / "python3", "#!/bin/sh\necho imported\n", executable=True)


@pytest.mark.usefixtures("staged_interpreter")
def test_a_missing_module_fails_and_says_what_to_do(work):
    write(work / "logs" / "make.log", LOG_OF_3_13)
    done = run(work, "check-stdlib.sh", "_gdbm", as_build_user=True)
    assert done.returncode == 1
    assert "these modules of the standard library were not built: _dbm readline\n" in done.stderr
    assert "allowed_missing in the platform's row in platforms.py" in done.stderr


@pytest.mark.usefixtures("staged_interpreter")
def test_modules_allowed_by_name_may_be_missing(work):
    write(work / "logs" / "make.log", LOG_OF_3_13)
    done = run(work, "check-stdlib.sh", "_gdbm", "readline", "_dbm", as_build_user=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("imported\n")


@pytest.mark.usefixtures("staged_interpreter")
def test_the_log_of_a_build_that_did_not_finish_proves_nothing(work):
    write(work / "logs" / "make.log", "gcc -c x.c\n")
    done = run(work, "check-stdlib.sh", as_build_user=True)
    assert done.returncode == 1
    assert "the build did not finish" in done.stderr
