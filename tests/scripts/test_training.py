"""The scripts that make, keep and use training data, with a compiler and without building CPython."""

import hashlib
import re
import subprocess
import tarfile

import pytest

from python_builds.core.advice import RETRAIN_LABEL
from tests.script_runs import call, require_tool, run, write

PROFILED = """
int twice(int value) { return value % 3 ? 2 * value : value; }
int main(void) { int sum = 0; for (int i = 0; i < 1000; i++) sum += twice(i); return sum == 0; }
"""
OTHER = PROFILED.replace("value % 3 ?", "value % 3 && value != 7 || value == 14 ?")
MAKEFILE = """
CC = gcc
PGO_PROF_GEN_FLAG = -fprofile-generate
PGO_PROF_USE_FLAG = -fprofile-use -fprofile-correction
PY_CORE_CFLAGS = -O2 $(CFLAGS_NODIST)
profile-gen-stamp:
	$(CC) $(PY_CORE_CFLAGS) $(PGO_PROF_GEN_FLAG) -c -o ceval.o ceval.c
	$(CC) $(PGO_PROF_GEN_FLAG) -o python ceval.o
	touch $@
all:
	$(CC) $(PY_CORE_CFLAGS) $(PGO_PROF_USE_FLAG) -c -o ceval.o ceval.c
	$(CC) -o python ceval.o
clean-retain-profile:
	rm -f python ceval.o
"""


@pytest.fixture
def source(work):
    """Give a work folder with a program that a compiler can instrument, as configure.sh leaves it."""
    require_tool("make", "make")
    require_tool("gcc", "gcc")
    write(work / "logs" / "source-date-epoch", "1700000000\n")
    write(work / "source" / "ceval.c", PROFILED)
    write(work / "source" / "Makefile", MAKEFILE)
    write(work / "source" / "pyconfig.h", "#define HAVE_X 1\n")
    return work


def train(work):
    """Make training data of it where CPython has those of its main loop."""
    script = "cd source; make -s profile-gen-stamp; ./python; mkdir -p Python; cp ceval.gcda Python/ceval.gcda"
    done = subprocess.run(
        ["scripts/run-as-build-user.sh", "bash", "-c", f"set -e; {script}"], cwd=work, capture_output=True
    )
    assert done.returncode == 0, done.stderr
    done = run(work, "pack-training-data.sh", as_build_user=True)
    assert done.returncode == 0, done.stderr
    return work / "dist" / "training-data.tar.gz"


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def identity(work):
    done = run(work, "identify-training-data.sh", as_build_user=True)
    assert done.returncode == 0, done.stderr
    return dict(line.split(" ", 1) for line in done.stdout.splitlines())


def test_the_identity_names_what_the_data_depend_on_and_no_folder(source):
    told = identity(source)
    assert list(told) == ["compiler", "target", "flags", "configuration"]
    assert told["compiler"].startswith("gcc ")
    assert "-O2" in told["flags"] and "-fprofile-use" in told["flags"]
    assert str(source) not in "".join(told.values())
    write(source / "source" / "pyconfig.h", "#define HAVE_X 0\n")
    assert identity(source)["configuration"] != told["configuration"]
    write(source / "source" / "Makefile", f"MODOBJS = Modules/_pickle.o\n{MAKEFILE}")
    assert identity(source)["flags"] == f"{told['flags']} Modules/_pickle.o"


def test_flags_that_use_no_training_data_have_no_identity(source):
    write(source / "source" / "Makefile", MAKEFILE.replace("-fprofile-use", ""))
    done = run(source, "identify-training-data.sh", as_build_user=True)
    assert done.returncode == 1
    assert "no flag for training data" in done.stderr


def test_the_same_data_are_packed_to_the_same_bytes(source):
    first = digest(train(source))
    (source / "source" / "ceval.gcda").touch()
    assert run(source, "pack-training-data.sh", as_build_user=True).returncode == 0
    assert digest(source / "dist" / "training-data.tar.gz") == first


def test_packed_data_are_used_in_another_tree_of_the_same_source(source):
    tarball = train(source)
    packed = digest(tarball)
    tarball.rename(source / "training-data.tar.gz")
    for left in ("ceval.gcda", "Python/ceval.gcda", "profile-gen-stamp"):
        (source / "source" / left).unlink()
    done = run(source, "use-training-data.sh", "training-data.tar.gz", packed, as_build_user=True)
    assert done.returncode == 0, done.stderr
    assert "training data of 2 object files" in done.stdout
    done = run(source, "compile.sh", "optimized", as_build_user=True)
    assert done.returncode == 0, done.stdout
    assert "missing-profile" not in done.stdout


def test_data_of_another_code_fail_the_build_and_it_says_what_to_do(source):
    train(source)
    write(source / "source" / "ceval.c", OTHER)
    done = run(source, "compile.sh", "optimized", as_build_user=True)
    assert done.returncode != 0
    assert "coverage-mismatch" in done.stdout
    assert "do not fit" in done.stderr and "with RETRAIN=1" in done.stderr
    box = re.search('the form\'s box "(.+)"', done.stderr)
    assert box and RETRAIN_LABEL.startswith(box[1]), "compile.sh names a box of the form: core/advice.py has its label"


def test_other_bytes_than_those_asked_for_are_refused(source):
    train(source).rename(source / "training-data.tar.gz")
    done = run(source, "use-training-data.sh", "training-data.tar.gz", "0" * 64, as_build_user=True)
    assert done.returncode == 1
    assert f"has sha256 {digest(source / 'training-data.tar.gz')}, but {'0' * 64}" in done.stderr


@pytest.mark.parametrize(
    "name", ["./Python/ceval.c", "../ceval.gcda", "/ceval.gcda", "./Python/..gcda", "./a/../../b.gcda"]
)
def test_nothing_but_training_data_is_unpacked(source, name):
    path = source / "training-data.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        tar.add(source / "source" / "ceval.c", name)
    done = run(source, "use-training-data.sh", path.name, digest(path), as_build_user=True)
    assert done.returncode == 1
    assert "holds what is no training data" in done.stderr


def test_a_link_is_no_training_data(source):
    path = source / "training-data.tar.gz"
    (source / "link.gcda").symlink_to("/etc/passwd")
    with tarfile.open(path, "w:gz") as tar:
        tar.add(source / "link.gcda", "./link.gcda")
    done = run(source, "use-training-data.sh", path.name, digest(path), as_build_user=True)
    assert done.returncode == 1
    assert "holds what is no training data" in done.stderr


# check-configuration.sh

CONFIGURE_LOG = """
checking for stdlib extension module _ssl... yes
checking for stdlib extension module _dbm... missing
checking for stdlib extension module nis... missing
checking for stdlib extension module _scproxy... n/a
checking for stdlib extension module _testexternalinspection... disabled
"""


def test_what_configure_misses_fails_before_anything_is_compiled(work):
    write(work / "logs" / "configure.log", CONFIGURE_LOG)
    done = run(work, "check-configuration.sh", "nis")
    assert done.returncode == 1
    assert "would not be built: _dbm\n" in done.stderr
    assert "nis will not be built, which this platform allows" in done.stdout
    assert run(work, "check-configuration.sh", "nis", "_dbm").returncode == 0


def test_flags_for_training_are_read_from_a_makefile_alone(work):
    done = run(work, "identify-training-data.sh", as_build_user=True)
    assert done.returncode == 1
    assert "run configure.sh first" in done.stderr
    assert call(work, "identify-training-data.sh", "true").returncode == 0
