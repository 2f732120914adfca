"""An interpreter under trial: check_interpreter.py."""

import os
import subprocess
import sys

from tests.script_runs import SCRIPTS


def test_one_failed_check_of_the_interpreter_does_not_hide_the_others(tmp_path):
    code = """
import sys
sys.argv = ["check_interpreter.py", "/nonexistent"]
import check_interpreter
for name in [name for name in vars(check_interpreter) if name.startswith("check_")]:
    if name not in ("check_version_and_prefix", "check_ctypes"):
        delattr(check_interpreter, name)
check_interpreter.main()
"""
    done = subprocess.run(
        [sys.executable, "-B", "-c", code],
        env={**os.environ, "PYTHONPATH": str(SCRIPTS / "checks")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "ok      check_ctypes" in done.stdout and "FAILED  check_version_and_prefix" in done.stdout
    assert "checks passed" not in done.stdout
