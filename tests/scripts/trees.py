"""The work folder of a CPython 3.99, for tests of the scripts: what configure is, the tree that is staged."""

import sys

from tests.script_runs import call, require_tool, run, write

PREFIX = "/opt/python/3.99.1"
PYTHONS = (sys.executable, "/usr/bin/python3")


def configured_with(work, profile, help_text, *variant):
    """Return what a configure that knows only help_text was called with."""
    write(work / "logs" / "source-date-epoch", "1700000000\n")
    script = f"""#!/bin/sh
if [ "$1" = --help ]; then echo '{help_text}'; exit; fi
printf '%s\\n' "$@" "CFLAGS_NODIST=$CFLAGS_NODIST" "LDFLAGS_NODIST=$LDFLAGS_NODIST" "CXX=$CXX" "SOURCE_DATE_EPOCH=$SOURCE_DATE_EPOCH"
"""
    write(work / "source" / "configure", script, executable=True)
    require_tool("gcc", "gcc")
    done = run(work, "configure.sh", PREFIX, profile, *variant, as_build_user=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def library_in(work, stage="stage"):
    return work / stage / PREFIX[1:] / "lib" / "python3.99"


def moved(work, function, *arguments):
    """Call a function of relocatable-functions.sh on the staged tree."""
    values = " ".join(arguments)
    done = call(work, "install-to-stage.sh", f"tree=stage{PREFIX}; library=$tree/lib/python3.99; {function} {values}")
    assert done.returncode == 0, done.stderr


VARIABLES = f"""# system configuration generated and used by the sysconfig module
build_time_vars = {{'CC': 'gcc',
 'DESTDIRS': '{PREFIX} {PREFIX}/lib '
             '{PREFIX}/lib/python3.99',
 'LIBDIR': '{PREFIX}/lib',
 'SIZE': 8}}
"""
