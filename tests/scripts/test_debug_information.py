"""Debug information in a tree of its own: debug-functions.sh."""

import re
import subprocess

import pytest

from tests.script_runs import call, require_tool, write
from tests.scripts.trees import PREFIX


@pytest.fixture
def compiled(work):
    """Compile a program with debug information into the staged tree, with flags that a test adds."""

    def compile_program(*flags):
        write(work / "source" / "main.c", "int main(void) { return 0; }\n")
        program = work / "stage" / PREFIX[1:] / "bin" / "python3.99"
        program.parent.mkdir(parents=True, exist_ok=True)
        command = [require_tool("gcc", "gcc"), "-g", *flags, work / "source" / "main.c", "-o", program]
        subprocess.run(command, check=True)
        return program

    return compile_program


def sections(path):
    return subprocess.check_output(["readelf", "--sections", "--wide", path], text=True)


def test_debug_information_is_found_by_the_build_id_and_gone_from_the_program(work, compiled):
    program = compiled("-Wl,--build-id=sha1", f"-fdebug-prefix-map={work}/source=.")
    write(work / "source" / "Tools" / "gdb" / "libpython.py", "# for gdb\n")
    debug = f"stage-debug{PREFIX}/lib/debug"
    code = f"split_all_debug_information stage{PREFIX} {PREFIX}; refuse_build_folder; compress_debug_information"
    done = call(work, "install-to-stage.sh", code)
    assert done.returncode == 0, done.stderr
    build_id = re.search(r"Build ID: (\w+)", subprocess.check_output(["readelf", "--notes", program], text=True))[1]
    file = work / debug / ".build-id" / build_id[:2] / f"{build_id[2:]}.debug"
    assert re.search(r"\.debug_info .* C ", sections(file)), "compressed"
    assert ".debug_info" not in sections(program) and ".symtab" not in sections(program)
    assert (work / f"{debug}{PREFIX}/bin/python3.99-gdb.py").read_text() == "# for gdb\n"
    assert file.stat().st_mode & 0o777 == 0o644


def test_debug_information_that_names_the_build_folder_is_refused(work, compiled):
    compiled("-Wl,--build-id=sha1")
    done = call(work, "install-to-stage.sh", f"split_all_debug_information stage{PREFIX} {PREFIX}; refuse_build_folder")
    assert done.returncode == 1
    assert "these files name folders of the build, which users do not have" in done.stderr
    assert f".debug: {work}/source/main.c\n" in done.stderr


def test_a_binary_without_build_id_is_refused(work, compiled):
    compiled("-Wl,--build-id=none")
    done = call(work, "install-to-stage.sh", f"split_all_debug_information stage{PREFIX} {PREFIX}")
    assert done.returncode == 1
    assert "has no build ID" in done.stderr and "add -Wl,--build-id to LDFLAGS_NODIST" in done.stderr
