"""Building with a finished tree: check_development.py."""

import shlex
import subprocess
import sys

import pytest

from tests.script_runs import SCRIPTS, write


def test_build_variables_that_name_a_program_by_its_path_are_refused():
    code = """
import sys, sysconfig
import check_development as check
variables = sysconfig.get_config_vars()
variables.update({name: sys.prefix for name in check.FOLDERS} | {name: "gcc -shared" for name in check.PROGRAMS})
check.check_build_variables(None, sys.prefix, None)
variables["LDCXXSHARED"] = "/usr/lib/ccache/g++ -shared"
check.check_build_variables(None, sys.prefix, None)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=SCRIPTS / "checks", capture_output=True, text=True)
    assert done.returncode == 1
    assert "name programs by their paths: {'LDCXXSHARED': '/usr/lib/ccache/g++ -shared'}" in done.stderr


OWN = {
    "CONFIGURE_CFLAGS_NODIST": "-fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-clash-protection"
    " -ffile-prefix-map=/usr/src/python=. -fwrapv",
    "CONFIGURE_LDFLAGS_NODIST": r"-Wl,-rpath=\$ORIGIN/../lib -Wl,-z,relro,-z,now,-z,noexecstack",
}
USERS = {"CC": "gcc", "CFLAGS": "-fwrapv -O3", "LDFLAGS": "", "LDSHARED": "gcc -shared", "BASECFLAGS": "-fwrapv"}


def check_flags(folder, given, config=""):
    """Look at what sysconfig and python3-config give to users, beside what our own build was given."""
    write(folder / "bin" / "python3-config", f"#!/bin/sh\necho '-I/usr/include {config}'\n", executable=True)
    code = f"""
import pathlib, sysconfig
import check_development as check
variables = sysconfig.get_config_vars()
for name in check.USERS_FLAGS + ("OPT", "BASECFLAGS", "CONFIGURE_CFLAGS_NODIST", "CONFIGURE_LDFLAGS_NODIST"):
    variables[name] = ""
variables.update({given!r})
check.check_flags_of_our_own_build(None, pathlib.Path({str(folder)!r}), None)
"""
    return subprocess.run([sys.executable, "-c", code], cwd=SCRIPTS / "checks", capture_output=True, text=True)


def test_flags_that_cpython_gives_to_its_own_build_and_to_users_are_no_leak(tmp_path):
    done = check_flags(tmp_path, OWN | USERS, config="-fwrapv -lpython3.13")
    assert done.returncode == 0, done.stderr


LEAKS = [
    *((name, "-fstack-clash-protection") for name in ("CC", "CXX", "CPPFLAGS", "CFLAGS", "CCSHARED")),
    *((name, "-Wl,-z,relro,-z,now,-z,noexecstack") for name in ("LDFLAGS", "LDSHARED", "LDCXXSHARED", "LIBS")),
    ("LINKFORSHARED", r"-Wl,-rpath=\$ORIGIN/../lib"),
    ("CFLAGS", "-D_FORTIFY_SOURCE=3"),
    ("CFLAGS", "-ffile-prefix-map=/usr/src/python=."),
]


@pytest.mark.parametrize("name, flag", LEAKS)
def test_a_flag_of_our_own_build_that_users_are_given_is_named(tmp_path, name, flag):
    done = check_flags(tmp_path, OWN | USERS | {name: f"{USERS.get(name, '')} {flag}"})
    (shown,) = shlex.split(flag)
    assert done.returncode == 1
    assert f"flags of our own build are given to users: {{{name!r}: [{shown!r}]}}" in done.stderr


def test_a_flag_of_our_own_build_that_python3_config_gives_is_named(tmp_path):
    done = check_flags(tmp_path, OWN | USERS, config="-Wl,-z,relro,-z,now,-z,noexecstack")
    assert done.returncode == 1
    assert "given to users: {'python3-config': ['-Wl,-z,relro,-z,now,-z,noexecstack']}" in done.stderr


def test_build_variables_that_do_not_say_what_our_own_build_was_given_are_refused(tmp_path):
    done = check_flags(tmp_path, USERS)
    assert done.returncode == 1
    assert "do not say which flags our own build was given" in done.stderr
