"""Building with a finished tree: check_development.py."""

import subprocess
import sys

from tests.script_runs import SCRIPTS


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
