"""CPython's own tests, run to be passed or to train: smoke-test.sh, train.sh."""

from tests.script_runs import call, run, write


def test_selected_tests_are_those_the_version_has(work):
    write(work / "source" / "Lib" / "test" / "test_sqlite3" / "__init__.py", "")
    write(work / "source" / "Lib" / "test" / "test_zlib.py", "")
    write(work / "source" / "Lib" / "test" / "test_socket.py", "")
    assert call(work, "smoke-test.sh", "available_tests").stdout.split() == ["test_zlib", "test_sqlite3"]


def test_a_test_has_more_time_where_all_is_emulated_and_what_fails_only_there_is_left_out(work):
    where_it_is = "emulated() { true; }; test_options"
    assert call(work, "smoke-test.sh", "test_options").stdout.split() == ["--timeout=300"]
    assert call(work, "smoke-test.sh", where_it_is).stdout.split() == ["--timeout=3000", "--ignore=test_fexecve"]


def run_with(work, script, output, status):
    """Run a script on an interpreter whose test runner says output and ends with status."""
    write(work / "logs" / "source-date-epoch", "1700000000\n")
    write(work / "source" / "profile-gen-stamp", "")
    write(work / "source" / "Python" / "ceval.gcda", "data")
    write(work / "source" / "Lib" / "test" / "test_zlib.py", "")
    write(work / "source" / "python", f"#!/bin/sh\necho '{output}'\nexit {status}\n", executable=True)
    return run(work, script, as_build_user=True)


def test_a_smoke_test_that_ran_no_test_fails(work):
    done = run_with(work, "smoke-test.sh", "1 test skipped:\n    test_zlib\nTests result: SUCCESS", 0)
    assert done.returncode == 1
    assert "no test ran" in done.stderr


def test_a_failed_smoke_test_fails_whatever_passed(work):
    done = run_with(work, "smoke-test.sh", "42 tests OK.", 2)
    assert done.returncode == 1
    assert "failed with status 2" in done.stderr


def test_a_smoke_test_tells_how_many_passed(work):
    for line in ("All 42 tests OK.", "42 tests OK."):
        done = run_with(work, "smoke-test.sh", line, 0)
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines() == [line, "smoke-test.sh: 42 of 1 tests OK"]


def test_training_forgives_failed_tests_but_neither_crashes_nor_missing_data(work):
    assert run_with(work, "train.sh", "1 test failed", 2).returncode == 0
    assert "ended with status 139" in run_with(work, "train.sh", "", 139).stderr
    write(work / "source" / "Python" / "ceval.gcda", "")
    write(work / "source" / "python", "#!/bin/sh\n", executable=True)
    assert "left no data" in run(work, "train.sh", as_build_user=True).stderr
