"""The tarball for uv, and JSON of trees that lie anywhere: package-uv.sh, package-tarball.sh."""

import json
import tarfile

import pytest

from tests.script_runs import run, write
from tests.scripts.trees import PREFIX, VARIABLES, library_in, moved


def test_the_tarball_for_uv_has_the_build_variables_as_literals_that_uv_rewrites(work, staged_tree):
    file = library_in(work) / "_sysconfigdata__linux_.py"
    write(file, VARIABLES)
    write(file.parent / "__pycache__" / "_sysconfigdata__linux_.cpython-399.pyc", "")
    moved(work, "move_build_variables", "$library", PREFIX)
    done = run(work, "package-uv.sh", "x-uv.tar.gz", PREFIX, as_build_user=True)
    assert done.returncode == 0, done.stderr
    with tarfile.open(work / "dist" / "x-uv.tar.gz") as tarball:
        text = tarball.extractfile("python/lib/python3.99/_sysconfigdata__linux_.py").read().decode()
        assert not [name for name in tarball.getnames() if name.endswith(".pyc")]
    assert text.rstrip() == VARIABLES.replace(PREFIX, "/install").rstrip()
    assert file.read_text() != text, "the staged tree stays as it was"


def test_json_of_a_tree_that_lies_anywhere_names_paths_from_its_own_folder(work, staged_tree):
    file = library_in(work) / "_sysconfig_vars__linux_.json"
    write(file, json.dumps({"LIBDIR": f"{PREFIX}/lib", "CONFIG_ARGS": f"'--prefix={PREFIX}'"}))
    details = {
        "base_prefix": PREFIX,
        "base_interpreter": f"{PREFIX}/bin/python3.99",
        "c_api": {"headers": f"{PREFIX}/include"},
    }
    write(file.with_name("build-details.json"), json.dumps(details, indent=2))
    before = file.read_text(), file.with_name("build-details.json").read_text()
    assert run(work, "package-tarball.sh", "x.tar.gz", PREFIX, as_build_user=True).returncode == 0
    with tarfile.open(work / "dist" / "x.tar.gz") as tarball:
        folder = f"{PREFIX[12:]}/lib/python3.99"
        found = json.load(tarball.extractfile(f"{folder}/{file.name}"))
        by_pep_739 = json.load(tarball.extractfile(f"{folder}/build-details.json"))
    assert by_pep_739 == {
        "base_prefix": "../..",
        "base_interpreter": "bin/python3.99",
        "c_api": {"headers": "include"},
    }
    assert found == {"LIBDIR": "../../lib", "CONFIG_ARGS": "'--prefix=../..'"}
    after = file.read_text(), file.with_name("build-details.json").read_text()
    assert after == before, "the package's tree lies where it was built for"


@pytest.mark.parametrize("script, name", [("package-tarball.sh", "x.tar.gz"), ("package-uv.sh", "x-uv.tar.gz")])
def test_any_other_text_that_names_the_prefix_is_refused_with_its_line(script, name, work, staged_tree):
    file = library_in(work) / "_sysconfigdata__linux_.py"
    write(file, VARIABLES)
    moved(work, "move_build_variables", "$library", PREFIX)
    write(library_in(work) / "a_new_kind.toml", f"[paths]\nlib = '{PREFIX}/lib'\n")
    done = run(work, script, name, PREFIX, as_build_user=True)
    assert done.returncode == 1
    assert f"lib/python3.99/a_new_kind.toml:2:lib = '{PREFIX}/lib'" in done.stderr
    assert not (work / "dist" / name).exists()
