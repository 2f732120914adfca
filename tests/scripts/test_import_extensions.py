"""Extension modules that import: import_extensions.py."""

import subprocess
import sys

from tests.script_runs import SCRIPTS, write


def import_extensions(folder, *allowed):
    code = "import runpy, sys; sys.path.insert(0, sys.argv.pop(1)); sys.argv[0] = 'x'; runpy.run_path(sys.argv.pop(1), run_name='__main__')"
    command = [
        sys.executable,
        "-S",
        "-c",
        f"import sys; sys.path = [p for p in sys.path if 'dynload' not in p]; {code}",
    ]
    return subprocess.run(
        [*command, str(folder), str(SCRIPTS / "checks" / "import_extensions.py"), *allowed],
        capture_output=True,
        text=True,
    )


def test_an_extension_module_that_does_not_import_is_named(tmp_path):
    folder = tmp_path / "lib-dynload"
    write(folder / "_broken.cpython-399.so", "not a library")
    done = import_extensions(folder)
    assert done.returncode == 1
    assert "_broken.cpython-399.so cannot be imported" in done.stderr


def test_no_extension_module_at_all_is_not_a_success(tmp_path):
    (tmp_path / "lib-dynload").mkdir()
    done = import_extensions(tmp_path / "lib-dynload")
    assert done.returncode == 1
    assert "has no extension module that can be imported" in done.stderr
