"""A tree that works wherever it lies: relocatable-functions.sh."""

import importlib
import runpy
import shutil
import subprocess
import sys
import sysconfig

from tests.script_runs import call, require_tool, write
from tests.scripts.trees import PREFIX, VARIABLES, library_in, moved


def test_scripts_start_the_interpreter_beside_them_wherever_they_are_and_through_links(work, tmp_path):
    tree = work / "stage" / PREFIX[1:]
    write(tree / "bin" / "python3.99", f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', executable=True)
    write(tree / "bin" / "pip3", f"#!{PREFIX}/bin/python3.99\nimport sys\nprint(sys.argv)\n", executable=True)
    config = tree / "lib" / "python3.99" / "config-3.99" / "python-config.py"
    write(config, f"#!{PREFIX}/bin/python3.99\nprint('config')\n", executable=True)
    write(tree / "bin" / "other", "#!/bin/sh\necho other\n", executable=True)
    moved(work, "move_scripts", "$tree", PREFIX)
    elsewhere = tmp_path / "white space" / "3.99.1"
    shutil.copytree(tree, elsewhere)
    (tmp_path / "pip").symlink_to(elsewhere / "bin" / "pip3")
    for script in (elsewhere / "bin" / "pip3", tmp_path / "pip"):
        assert subprocess.check_output([script, "a b"], text=True) == f"{[str(script), 'a b']}\n"
    assert subprocess.check_output([elsewhere / config.relative_to(tree)], text=True) == "config\n"
    assert (elsewhere / "bin" / "other").read_text() == "#!/bin/sh\necho other\n"


def test_a_script_for_an_interpreter_that_the_tree_does_not_have_is_refused(work):
    write(work / "stage" / PREFIX[1:] / "bin" / "odd", f"#!{PREFIX}/bin/perl\n", executable=True)
    done = call(work, "install-to-stage.sh", f"move_scripts stage{PREFIX} {PREFIX}")
    assert done.returncode == 1
    assert "is for 'perl', which is no interpreter of the tree" in done.stderr


def test_build_variables_name_where_the_tree_is(work, tmp_path):
    file = library_in(work) / "_sysconfigdata__linux_.py"
    write(file, VARIABLES)
    moved(work, "move_build_variables", "$library", PREFIX)
    assert file.read_text().startswith(VARIABLES), "uv reads the literals"
    here = tmp_path / "white space" / "3.99.1"
    shutil.copytree(library_in(work).parent, here / "lib")
    found = runpy.run_path(str(here / "lib" / "python3.99" / file.name))
    assert found["build_time_vars"] == {
        "CC": "gcc",
        "DESTDIRS": f"{here} {here}/lib {here}/lib/python3.99",
        "LIBDIR": f"{here}/lib",
        "SIZE": 8,
    }
    assert [name for name in found if not name.startswith("__")] == ["build_time_vars"]
    shutil.copy(file, tmp_path)
    copied = runpy.run_path(str(tmp_path / file.name))["build_time_vars"]
    assert copied["LIBDIR"] == f"{PREFIX}/lib", "where there is no tree around it, it is as it was"


def test_other_files_name_where_the_tree_is_too(work, tmp_path):
    library = library_in(work)
    write(library / "config-3.99" / "Makefile", f"prefix=\t\t{PREFIX}\nexec_prefix=\t${{prefix}}\nall:\n")
    write(library.parent / "pkgconfig" / "python-3.99.pc", f"prefix={PREFIX}\nexec_prefix=${{prefix}}\n")
    write(library / "os.py", "")
    moved(work, "move_other_files", "$tree", "$library", PREFIX)
    assert (library.parent / "pkgconfig" / "python-3.99.pc").read_text().startswith("prefix=${pcfiledir}/../..\n")
    here = tmp_path / "3.99.1"
    shutil.copytree(library.parent, here / "lib")
    for file, prefix in ((here / "lib" / "python3.99", here), (tmp_path, PREFIX)):
        shutil.copy(library / "config-3.99" / "Makefile", tmp_path)
        makefile = file / "config-3.99" / "Makefile" if prefix == here else tmp_path / "Makefile"
        write(tmp_path / "user.mk", f"include {makefile}\nshow:\n\t@echo $(exec_prefix)\n")
        command = [require_tool("make", "make"), "--no-print-directory", "-f", tmp_path / "user.mk", "show"]
        output = subprocess.check_output(command, text=True)
        assert output == f"{prefix}\n"
    parse = getattr(sysconfig, "_parse_makefile", None) or importlib.import_module("sysconfig.__main__")._parse_makefile
    assert parse(str(library / "config-3.99" / "Makefile")) == {"prefix": PREFIX, "exec_prefix": PREFIX}


def test_python3_config_is_not_misled_by_links_and_white_space(work, tmp_path):
    script = work / "stage" / PREFIX[1:] / "bin" / "python3.99-config"
    write(script, '#!/bin/sh\nprefix_real=$(installed_prefix "$0")\necho "$prefix_real"\n', executable=True)
    moved(work, "move_configuration_scripts", "$tree")
    here = tmp_path / "white space" / "3.99.1"
    shutil.copytree(script.parent, here / "bin")
    (tmp_path / "python3-config").symlink_to(here / "bin" / script.name)
    assert subprocess.check_output([tmp_path / "python3-config"], text=True) == f"{here}\n"
