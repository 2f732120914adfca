"""What is installed, and what goes to trees of its own: install-to-stage.sh."""

from tests.script_runs import write
from tests.scripts.trees import PREFIX, library_in, moved


def test_tests_go_to_a_tree_of_their_own_and_nothing_else_does(work):
    library = library_in(work)
    tests = ["test/test_x.py", "ctypes/test/a.py", "lib2to3/tests/data/b.py", "idlelib/idle_test/c.py"]
    modules = ["_testcapi.cpython-399.so", "_ctypes_test.so", "xxlimited_35.so", "_xxtestfuzz.so"]
    kept = ["idlelib/help.py", "unittest/case.py", "site-packages/pip/test/d.py", "lib-dynload/_ctypes.so"]
    for name in (*tests, *(f"lib-dynload/{module}" for module in modules), *kept):
        write(library / name, "")
    write(work / "source" / "Lib" / "test" / "test_capi" / "__init__.py", "")
    moved(work, "move_tests", "$library", "stage-test${library#stage}")

    def files(folder):
        return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())

    assert files(library) == sorted(kept)
    forgotten = "test/test_capi/__init__.py"
    assert files(library_in(work, "stage-test")) == sorted([*tests, forgotten, *(f"lib-dynload/{m}" for m in modules)])


def test_what_is_of_no_use_on_linux_is_removed_and_not_recorded(work):
    library = library_in(work)
    removed = [
        "config-3.99/libpython3.99.a",
        "config-3.99/python.o",
        "site-packages/pip/_vendor/distlib/t64.exe",
        "__pycache__/os.pyc",
    ]
    kept = ["os.py", "distutils/command/wininst-14.0.exe", "site-packages/pip/main.py"]
    for name in (*removed, *kept):
        write(library / name, "")
    record = library / "site-packages/pip-1.dist-info/RECORD"
    write(record, "pip/_vendor/distlib/t64.exe,sha256=x,1\npip/main.py,sha256=y,2\n")
    moved(work, "remove_what_users_do_not_need", f"stage{PREFIX}")
    assert {name for name in (*removed, *kept) if (library / name).exists()} == set(kept)
    assert record.read_text() == "pip/main.py,sha256=y,2\n"
