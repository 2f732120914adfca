"""Nothing that users get names the folder of the build: stage-functions.sh."""

import shutil

import pytest

from tests.script_runs import call, write
from tests.scripts.trees import PREFIX


def test_a_binary_that_names_the_build_folder_is_refused_with_what_it_says(work):
    write(work / "stage" / "clean", "srcdir=/usr/src/python\n")
    (work / "stage" / "binary").write_bytes(b"\0\xff" + f"{work}/home/.local".encode() + b"\0")
    done = call(work, "install-to-stage.sh", "forget_build_folder; refuse_build_folder")
    assert done.returncode == 1
    assert f"stage/binary: {work}/home/.local\n" in done.stderr and "stage/clean" not in done.stderr


@pytest.mark.parametrize("folder", ["/usr/lib/ccache", "/usr/lib64/ccache"])
def test_text_that_names_the_compiler_s_stand_in_is_refused(work, folder):
    write(work / "stage" / "sysconfigdata.py", f"build_time_vars = {{'CXX': '{folder}/g++ -shared'}}\n")
    done = call(work, "install-to-stage.sh", "forget_build_folder; refuse_build_folder")
    assert done.returncode == 1
    assert (
        f"these files name folders of the build, which users do not have:\nstage/sysconfigdata.py: {folder}/g++\n"
        in done.stderr
    )


def test_text_that_names_the_build_folder_is_rewritten_by_one_rule_in_whatever_file(work):
    library = work / "stage" / PREFIX[1:] / "lib" / "python3.99"
    for name in ("_sysconfigdata__linux.py", "a_new_kind.toml", "config-3.99/Makefile", "../../bin/python3.99-config"):
        write(library / name, f"{work}/source/Lib {work}/stage{PREFIX} {work}/home/.local\n")
    (library / "in_latin_1").write_bytes(b"\xe4 " + f"{work}/source\n".encode())
    done = call(work, "install-to-stage.sh", "forget_build_folder; refuse_build_folder")
    assert done.returncode == 0, done.stderr
    for name in ("_sysconfigdata__linux.py", "a_new_kind.toml", "config-3.99/Makefile", "../../bin/python3.99-config"):
        assert (library / name).read_text() == f"/usr/src/python/Lib {PREFIX} /usr/src/home/.local\n"
    assert (library / "in_latin_1").read_bytes() == b"\xe4 /usr/src/python\n"


def test_binaries_are_told_by_their_first_bytes(work):
    shutil.copy("/bin/sh", work / "stage" / "program")
    write(work / "stage" / "script", "#!/bin/sh\n", executable=True)
    write(work / "stage" / "empty.so", "")
    assert call(work, "install-to-stage.sh", "elf_files stage").stdout == "stage/program\0"


def test_a_prefix_that_is_not_below_a_folder_is_refused(work):
    for prefix in ("opt/python", "/opt", "/opt/python/"):
        assert call(work, "install-to-stage.sh", f"staged_prefix {prefix}").returncode == 1
