"""The build scripts, without building CPython: each in a work folder of its own, as root and as anybody else alike."""

import hashlib
import importlib
import json
import os
import pathlib
import pwd
import re
import runpy
import shutil
import subprocess
import sys
import sysconfig
import tarfile

import pytest

from tests.script_runs import FOLDERS, SCRIPTS, call, pretend, require_tool, run, write

SHELL_SCRIPTS = sorted(script for script in SCRIPTS.rglob("*.sh") if script.parent.name != "setup")
COMMANDS = [script for script in SHELL_SCRIPTS if script.read_text().startswith("#!")]  # the others are sourced
TAKE_NO_ARGUMENTS = {
    "seal-stage.sh",
    "check-network.sh",
    "prepare-folders.sh",
    "train.sh",
    "smoke-test.sh",
    "check-stdlib.sh",
    "check-configuration.sh",
    "identify-training-data.sh",
    "pack-training-data.sh",
    "build-libraries.sh",
}
PREFIX = "/opt/python/3.99.1"
PYTHONS = (sys.executable, "/usr/bin/python3")


# All scripts


def test_shellcheck_has_nothing_to_say():
    done = subprocess.run(
        [
            require_tool("shellcheck", "shellcheck"),
            "-x",
            "--source-path=SCRIPTDIR",
            *(script.relative_to(SCRIPTS) for script in SHELL_SCRIPTS),
        ],
        cwd=SCRIPTS,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("script", COMMANDS, ids=lambda script: script.name)
def test_wrong_arguments_get_the_usage(script, work):
    arguments = ["--unexpected"] if script.name in TAKE_NO_ARGUMENTS else []
    done = run(work, script.name, *arguments)
    assert done.returncode == 2
    assert done.stderr.startswith(f"usage: {script.name} ")


@pytest.mark.parametrize("script", SHELL_SCRIPTS, ids=lambda script: script.name)
def test_scripts_are_short_guarded_and_strict(script):
    text = script.read_text()
    assert text.count("\n") <= 80, f"{script.name} is longer than 80 lines: move functions into a file of their own"
    assert bool(script.stat().st_mode & 0o100) == (script in COMMANDS), f"{script.name}: executable and #! go together"
    if script in COMMANDS:
        assert text.endswith('if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi\n')
        assert "set -euo pipefail" in text or "build-environment.sh" in text


@pytest.mark.parametrize("script", sorted(SCRIPTS.rglob("*.[sp][hy]")), ids=lambda script: script.name)
def test_scripts_name_no_archive_and_no_folder_of_one_machine(script):
    asked = ["apt-get", "indextargets", "--format", "$(SITE)"]
    sites = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()
    folders = ["/root/", "/var/tmp/", f"{SCRIPTS.parent}/"]
    found = [name for name in (*sites, *folders) if name.rpartition("//")[2] in script.read_text()]
    assert not found


@pytest.mark.parametrize(
    "script, arguments",
    [
        ("build-libraries.sh", []),
        ("configure.sh", [PREFIX, "quick"]),
        ("compile.sh", ["quick"]),
        ("train.sh", []),
        ("identify-training-data.sh", []),
        ("pack-training-data.sh", []),
        ("use-training-data.sh", ["x", "0" * 64]),
        ("smoke-test.sh", []),
        ("install-to-stage.sh", [PREFIX, "quick"]),
        ("check-stdlib.sh", []),
    ],
)
def test_what_comes_from_the_tarball_never_runs_as_root(script, arguments, work):
    done = run(work, script, *arguments, PATH=pretend(work, "id", 0))
    assert done.returncode == 1
    assert f"start it with run-as-build-user.sh {script}" in done.stderr


# prepare-folders.sh, run-as-build-user.sh


def test_folders_of_an_earlier_build_are_emptied(work):
    write(work / "source" / "deep" / "old", "old")
    (work / "check-root.killed").mkdir()
    run(work, "prepare-folders.sh").check_returncode()
    assert sorted(path.name for path in work.iterdir()) == sorted([*FOLDERS, "scripts"])
    assert not any((work / "source").iterdir())
    owner = "nobody" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
    assert {(work / name).owner() for name in FOLDERS} == {owner}


@pytest.mark.parametrize("script, arguments", [("prepare-folders.sh", []), ("run-as-build-user.sh", ["true"])])
def test_a_missing_build_user_is_refused_with_a_sentence(script, arguments, work):
    stub = 'case "$*" in -u) echo 0;; *) exit 1;; esac'
    write(work / "pretended" / "id", f"#!/bin/sh\n{stub}\n", executable=True)
    path = f"{work / 'pretended'}:{os.environ['PATH']}"
    done = run(work, script, *arguments, PATH=path, PYTHON_BUILDS_BUILD_USER="nosuchuser")
    assert done.returncode == 1
    assert "there is no user 'nosuchuser' on this machine: set PYTHON_BUILDS_BUILD_USER" in done.stderr


def test_a_work_folder_with_white_space_is_refused(work):
    folder = work / "with space"
    shutil.copytree(work / "scripts", folder / "scripts")
    done = run(folder, "prepare-folders.sh")
    assert done.returncode == 1
    assert "white space" in done.stderr


def test_the_build_user_is_never_root_and_gains_no_privileges(work):
    write(work / "scripts" / "show.sh", "#!/bin/sh\nid -u\ngrep NoNewPrivs /proc/self/status\nid -G\n", executable=True)
    done = run(work, "show.sh", as_build_user=True)
    uid, privileges, *groups = done.stdout.split("\n")[:3]
    assert int(uid) != 0
    if os.getuid() == 0:
        assert privileges.split() == ["NoNewPrivs:", "1"]
        assert groups[0].split() == [subprocess.check_output(["id", "-g", "nobody"], text=True).strip()]
    else:
        assert int(uid) == os.getuid()


def test_the_build_environment_is_the_same_everywhere_and_keeps_other_variables(work):
    write(work / "scripts" / "show.sh", "#!/bin/sh\numask\nenv\n", executable=True)
    done = run(work, "show.sh", as_build_user=True, OTHER="kept", LC_ALL="C", HOME="/nonexistent", PYTHONHOME="/wrong")
    lines = done.stdout.splitlines()
    assert lines[0] == "0022"
    assert {f"HOME={work}/home", "LC_ALL=C.UTF-8", "TZ=UTC", "OTHER=kept"} <= set(lines)
    assert not [line for line in lines if line.startswith("PYTHONHOME=")]


def test_the_exit_status_of_the_command_is_kept(work):
    write(work / "scripts" / "fail.sh", "#!/bin/sh\nexit 77\n", executable=True)
    assert run(work, "fail.sh", as_build_user=True).returncode == 77


# unpack-source.sh


def make_tarball(path, *members):
    with tarfile.open(path, "w:gz") as tarball:
        for name, mtime in members:
            member = tarfile.TarInfo(name)
            member.mtime = mtime
            tarball.addfile(member)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_the_newest_file_of_the_source_is_the_date_of_the_build(work):
    digest = make_tarball(
        work / "x.tgz", ("Python-3.99.1/configure", 1700000000), ("Python-3.99.1/.hidden/x", 1700000001)
    )
    run(work, "unpack-source.sh", "x.tgz", digest, as_build_user=True).check_returncode()
    assert (work / "logs" / "source-date-epoch").read_text() == "1700000001\n"
    assert sorted(path.name for path in (work / "source").iterdir()) == [".hidden", "configure"]


def test_a_wrong_digest_is_told_with_both_digests(work):
    digest = make_tarball(work / "x.tgz", ("Python-3.99.1/configure", 1))
    done = run(work, "unpack-source.sh", "x.tgz", "0" * 64, as_build_user=True)
    assert done.returncode == 1
    assert f"x.tgz has sha256 {digest}, but {'0' * 64} was asked for" in done.stderr
    assert not any((work / "source").iterdir())


def test_a_tarball_with_two_top_folders_is_refused(work):
    digest = make_tarball(work / "x.tgz", ("one/configure", 1), ("two/configure", 1))
    done = run(work, "unpack-source.sh", "x.tgz", digest, as_build_user=True)
    assert done.returncode == 1
    assert "must have exactly one top folder, but has: one two" in done.stderr


# configure.sh, compile.sh, train.sh, smoke-test.sh


def configured_with(work, profile, help_text, *variant):
    """Return what a configure that knows only help_text was called with."""
    write(work / "logs" / "source-date-epoch", "1700000000\n")
    script = f"""#!/bin/sh
if [ "$1" = --help ]; then echo '{help_text}'; exit; fi
printf '%s\\n' "$@" "CFLAGS_NODIST=$CFLAGS_NODIST" "LDFLAGS_NODIST=$LDFLAGS_NODIST" "CXX=$CXX" "SOURCE_DATE_EPOCH=$SOURCE_DATE_EPOCH"
"""
    write(work / "source" / "configure", script, executable=True)
    require_tool("gcc", "gcc")
    done = run(work, "configure.sh", PREFIX, profile, *variant, as_build_user=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_free_threaded_build_is_asked_for_where_cpython_knows_it_and_refused_elsewhere(work):
    assert "--disable-gil" not in configured_with(work, "quick", "--disable-gil do", "")
    assert "--disable-gil" in configured_with(work, "quick", "--disable-gil do", "t")
    write(work / "source" / "configure", "#!/bin/sh\n", executable=True)
    done = run(work, "configure.sh", PREFIX, "quick", "t", as_build_user=True)
    assert done.returncode == 1
    assert "its configure knows no --disable-gil, which came with 3.13" in done.stderr


def test_the_cxx_compiler_is_named_and_not_looked_for(work):
    assert "CXX=g++" in configured_with(work, "quick", "")


def test_a_prefix_that_is_there_already_is_refused(work):
    done = run(work, "configure.sh", str(work / "home"), "quick", as_build_user=True)
    assert done.returncode == 1
    assert f"{work}/home is on this machine, and the build would take what is installed there" in done.stderr


def test_a_library_that_cpython_brings_is_taken_and_never_the_image_s(work):
    known = "--with-system-libmpdec use an installed one"
    assert "--without-system-libmpdec" not in configured_with(work, "quick", known)
    write(work / "source" / "Modules" / "_decimal" / "libmpdec" / "mpdecimal.h", "")
    assert "--without-system-libmpdec" in configured_with(work, "quick", known)


LIBRARY_CONFIGURE = """#!/bin/sh
for option in "$@"; do case $option in --prefix=*) prefix=${option#--prefix=} ;; esac; done
printf 'all:\\n\\tgcc %s -c mpd.c\\n\\tar rc libmpdec.a mpd.o\\n' "$CFLAGS" >Makefile
printf 'install:\\n\\tmkdir -p %s/lib\\n\\tcp libmpdec.a %s/lib\\n' "$prefix" "$prefix" >>Makefile
"""


def library_tarball(work):
    """Make the source tarball of a library of mpdecimal's shape; return what build-libraries.sh wants to know of it."""
    write(work / "mpdecimal-1" / "configure", LIBRARY_CONFIGURE, executable=True)
    write(work / "mpdecimal-1" / "mpd.c", "int mpd_version(void) { return 1; }\n")
    with tarfile.open(work / "mpdecimal-1.tar.gz", "w:gz") as tarball:
        tarball.add(work / "mpdecimal-1", "mpdecimal-1")
    digest = hashlib.sha256((work / "mpdecimal-1.tar.gz").read_bytes()).hexdigest()
    return "mpdecimal", "mpdecimal-1.tar.gz", digest


def test_a_library_that_cpython_does_not_bring_is_built_beside_it_and_configure_is_told(work):
    write(work / "logs" / "source-date-epoch", "1700000000\n")
    done = run(work, "build-libraries.sh", *library_tarball(work), as_build_user=True)
    assert done.returncode == 0, done.stderr
    library = work / "source" / "static-libraries" / "lib" / "libmpdec.a"
    assert str(work).encode() not in library.read_bytes()
    assert "gcc -g -O2 -fstack-protector-strong -U_FORTIFY_SOURCE" in done.stdout
    lines = configured_with(work, "quick", "")
    told = "configure.sh: LIBMPDEC_CFLAGS='-I./static-libraries/include' LIBMPDEC_LIBS='-L./static-libraries/lib -lmpdec -lm'"
    assert told in lines


def test_a_library_that_cpython_brings_is_not_built(work):
    write(work / "logs" / "source-date-epoch", "1700000000\n")
    write(work / "source" / "Modules" / "_decimal" / "libmpdec" / "mpdecimal.h", "")
    done = run(work, "build-libraries.sh", *library_tarball(work), as_build_user=True)
    assert "this CPython brings mpdecimal itself" in done.stdout
    assert not (work / "source" / "static-libraries").exists()


def test_a_library_with_another_digest_is_refused(work):
    write(work / "logs" / "source-date-epoch", "1700000000\n")
    name, tarball, digest = library_tarball(work)
    done = run(work, "build-libraries.sh", name, tarball, "0" * 64, as_build_user=True)
    assert done.returncode == 1
    assert f"{tarball} has sha256 {digest}, but {'0' * 64} was asked for" in done.stderr


def test_configure_gets_only_the_options_it_knows(work):
    lines = configured_with(work, "quick", "nothing special")
    assert f"--prefix={PREFIX}" in lines and "--enable-shared" in lines and "SOURCE_DATE_EPOCH=1700000000" in lines
    assert "--without-static-libpython" not in lines and "--with-lto" not in lines
    lines = configured_with(
        work, "quick", "--without-static-libpython do not --enable-static-libpython-for-interpreter do"
    )
    assert {"--without-static-libpython", "--enable-static-libpython-for-interpreter"} <= set(lines)


SETUP = """\
# Modules that should always be present
#math mathmodule.c _math.c -DPy_BUILD_CORE_MODULE # -lm
#_pickle _pickle.c	# pickle accelerator
#_pickle_test other.c
#zlib zlibmodule.c -lz
"""


def test_modules_of_inner_loops_are_built_in_as_cpython_itself_says_how(work):
    write(work / "source" / "Modules" / "Setup", SETUP)
    (work / "source" / "Modules").chmod(0o777)
    lines = configured_with(work, "quick", "")
    assert (work / "source" / "Modules" / "Setup.local").read_text().splitlines() == [
        "*static*",
        "_pickle _pickle.c\t# pickle accelerator",
        "math mathmodule.c _math.c -DPy_BUILD_CORE_MODULE # -lm",
    ]
    assert "configure.sh: built into the interpreter: _pickle math" in lines


def test_the_flags_of_our_own_build_hide_the_build_folder_and_find_libpython_beside_the_interpreter(work):
    lines = configured_with(work, "quick", "")
    (compile_flags,) = [line for line in lines if line.startswith("CFLAGS_NODIST=")]
    assert f"-prefix-map={work}/source=." in compile_flags
    (link_flags,) = [line for line in lines if line.startswith("LDFLAGS_NODIST=")]
    assert link_flags.startswith(r"LDFLAGS_NODIST=-Wl,-rpath=\$$ORIGIN/../lib -Wl,--disable-new-dtags")
    assert "-fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=" in compile_flags
    assert "-Wl,-z,relro,-z,now,-z,noexecstack" in link_flags


def test_a_flag_that_the_linker_or_the_c_library_does_not_know_is_left_out(work):
    require_tool("gcc", "gcc")
    assert call(work, "configure.sh", "runs_with_linker_flag -Wl,-z,now").returncode == 0
    assert call(work, "configure.sh", "runs_with_linker_flag -Wl,-z,nonsense").returncode == 1
    crashes = 'gcc_that_crashes() { gcc "$@" -nostartfiles; }; export CC=gcc_that_crashes'
    assert call(work, "configure.sh", f"{crashes}; runs_with_linker_flag -Wl,-z,now").returncode != 0


def test_what_a_compiler_is_hardened_with_is_what_it_knows(work):
    require_tool("gcc", "gcc")
    # gcc 7, and a C library that takes 3 for 2, as its warning says; and one whose own files are marked.
    older = 'gcc_7() { case "$*" in *=3*|*clash*) false ;; *) gcc "$@" ;; esac }; export CC=gcc_7;'
    marking = 'gcc_marking() { gcc "$@" -Wl,-z,ibt,-z,shstk; }; export CC=gcc_marking;'

    def flags(compiler):
        return call(work, "configure.sh", f'{compiler} set_hardening_flags; echo "$hardening_cflags"').stdout.split()

    assert {"-fstack-protector-strong", "-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=2"} <= {*flags(older)}
    assert "-fstack-clash-protection" not in flags(older) and "-fstack-clash-protection" in flags("")
    assert "-fcf-protection" in flags(marking)


def test_optimized_asks_for_pgo_and_lto_and_for_what_older_versions_do_not_add_themselves(work):
    lines = configured_with(work, "optimized", "")
    assert {"--enable-optimizations", "--with-lto"} <= set(lines)
    assert any(line.startswith("CFLAGS_NODIST=") and line.endswith("-fno-semantic-interposition") for line in lines)


CORE_MAKEFILE = """
LIBRARY_OBJS_OMIT_FROZEN = Objects/a.o Python/b.o
LIBRARY_OBJS = $(LIBRARY_OBJS_OMIT_FROZEN) Modules/getpath.o Python/frozen.o
CC = echo
LDVERSION = 3.99
BUILDPYTHON = python
{how} = @what CPython sets@
all: python libpython3.99.so
python: Programs/python.o libpython3.99.so
	@echo python from Programs/python.o $({how})
libpython3.99.so: $(LIBRARY_OBJS)
	@echo library from $(LIBRARY_OBJS)
%.o:
	@echo $@ $(CFLAGS_NODIST) $(PY_CORE_CFLAGS)
"""


@pytest.mark.parametrize("how", ["BLDLIBRARY", "LINK_PYTHON_OBJS"], ids=["3.9", "3.10 and later"])
def test_the_core_is_linked_once_into_the_interpreter_and_into_libpython(how, work):
    require_tool("make", "make")
    write(work / "source" / "Makefile", CORE_MAKEFILE.replace("{how}", how))
    code = 'set_make_variables optimized; lay_out_core_object; make -s -C source "${make_variables[@]}"'
    done = call(work, "compile.sh", code)
    lines = done.stdout.splitlines()

    assert "python from Programs/python.o Objects/a.o Python/b.o Modules/getpath.o Python/frozen.o" in lines, (
        done.stderr
    )
    assert "library from core.o Modules/getpath.o Python/frozen.o" in lines
    quick = call(work, "compile.sh", code.replace("optimized", "quick")).stdout.splitlines()
    assert "python from Programs/python.o core.o Modules/getpath.o Python/frozen.o" in quick
    (core,) = [line for line in lines if "-o core.o" in line]
    assert core.startswith("-r ") and core.endswith("-o core.o Objects/a.o Python/b.o") and "-flto=" in core
    (getpath,) = [line for line in lines if line.startswith("Modules/getpath.o ")]
    assert "-ffat-lto-objects" in getpath and "-include prefix_by_library.c" in getpath
    assert "Objects/a.o" in [line.strip() for line in lines], "flags of one object file went on to others"


def test_the_interpreter_is_of_fixed_addresses_though_its_objects_are_not(work):
    require_tool("gcc", "gcc")
    require_tool("nm", "binutils")
    write(work / "source" / "numbers.c", "int first = 1, second = 2;\n")
    table = "extern int first, second; static int *const table[] = {&first, &second};"
    write(work / "source" / "main.c", f"{table} int main(int count, char **words) {{ return *table[count & 1]; }}\n")
    compiled = "gcc -O3 -fPIC -flto -fno-fat-lto-objects -c main.c numbers.c"
    code = "set_make_variables optimized; cd source; " + compiled + '; for word in "${make_variables[@]}"; do '
    code += "case $word in INTERPRETER_FLAGS=*) gcc ${word#*=} -o program main.o numbers.o; nm program; esac; done"
    done = call(work, "compile.sh", code)
    (found,) = [line.split()[1] for line in done.stdout.splitlines() if line.endswith(" table")]
    assert found == "r", f"the table of addresses has to be written when the program is loaded: {done.stderr}"


def test_an_optimized_build_without_training_data_is_refused(work):
    write(work / "logs" / "source-date-epoch", "1700000000\n")
    write(work / "source" / "Makefile", "all:\n")
    done = run(work, "compile.sh", "optimized", as_build_user=True)
    assert done.returncode == 1
    assert "run compile.sh instrumented and train.sh first" in done.stderr


def test_a_failing_make_fails_the_step_and_is_in_the_log(work):
    require_tool("make", "make")
    write(work / "logs" / "source-date-epoch", "1700000000\n")
    write(work / "source" / "Makefile", "all:\n\t@echo making; false\n")
    done = run(work, "compile.sh", "quick", as_build_user=True)
    assert done.returncode != 0
    assert "making\n" in done.stdout and "making\n" in (work / "logs" / "make.log").read_text()


def test_selected_tests_are_those_the_version_has(work):
    write(work / "source" / "Lib" / "test" / "test_sqlite3" / "__init__.py", "")
    write(work / "source" / "Lib" / "test" / "test_zlib.py", "")
    write(work / "source" / "Lib" / "test" / "test_socket.py", "")
    assert call(work, "smoke-test.sh", "available_tests").stdout.split() == ["test_zlib", "test_sqlite3"]


def test_run(work, script, output, status):
    """Run a script on an interpreter whose test runner says output and ends with status."""
    write(work / "logs" / "source-date-epoch", "1700000000\n")
    write(work / "source" / "profile-gen-stamp", "")
    write(work / "source" / "Python" / "ceval.gcda", "data")
    write(work / "source" / "Lib" / "test" / "test_zlib.py", "")
    write(work / "source" / "python", f"#!/bin/sh\necho '{output}'\nexit {status}\n", executable=True)
    return run(work, script, as_build_user=True)


test_run.__test__ = False


def test_a_smoke_test_that_ran_no_test_fails(work):
    done = test_run(work, "smoke-test.sh", "1 test skipped:\n    test_zlib\nTests result: SUCCESS", 0)
    assert done.returncode == 1
    assert "no test ran" in done.stderr


def test_a_failed_smoke_test_fails_whatever_passed(work):
    done = test_run(work, "smoke-test.sh", "42 tests OK.", 2)
    assert done.returncode == 1
    assert "failed with status 2" in done.stderr


def test_a_smoke_test_tells_how_many_passed(work):
    for line in ("All 42 tests OK.", "42 tests OK."):
        done = test_run(work, "smoke-test.sh", line, 0)
        assert done.returncode == 0, done.stderr
        assert done.stdout.splitlines() == [line, "smoke-test.sh: 42 of 1 tests OK"]


def test_training_forgives_failed_tests_but_neither_crashes_nor_missing_data(work):
    assert test_run(work, "train.sh", "1 test failed", 2).returncode == 0
    assert "ended with status 139" in test_run(work, "train.sh", "", 139).stderr
    write(work / "source" / "Python" / "ceval.gcda", "")
    write(work / "source" / "python", "#!/bin/sh\n", executable=True)
    assert "left no data" in run(work, "train.sh", as_build_user=True).stderr


# compile.sh


def flags_of_gcc(work, *arguments):
    """Let the program that stands before gcc give its arguments to one that prints them."""
    write(work / "gcc" / "gcc", "#!/bin/sh\nprintf '%s\\n' CCACHE_DEPEND=$CCACHE_DEPEND \"$@\"\n", executable=True)
    wrapper, path = f"{work}/home/gcc", f"{work}/gcc:{os.environ['PATH']}"
    done = subprocess.run(
        [work / "scripts" / "overlay" / "gcc-for-build.sh", *arguments],
        cwd=work / "source",
        env={"PATH": f"{wrapper}:{path}", "WRAPPER_FOLDER": wrapper, "SOURCE_FOLDER": f"{work}/source"},
        capture_output=True,
        text=True,
        check=True,
    )
    depend, *flags = done.stdout.splitlines()
    assert depend == "CCACHE_DEPEND=1"  # else it runs the preprocessor, too
    return flags


@pytest.mark.parametrize("macro", ["-DPy_BUILD_CORE", "-DPy_BUILD_CORE_BUILTIN"])
def test_the_core_is_compiled_for_linking_with_lto(work, macro):
    flags = ["-flto", macro, "-c", "a.c", "-o", "a.o"]
    assert flags_of_gcc(work, *flags) == [*flags, "-MD"]


@pytest.mark.parametrize("macro", ["-DPy_BUILD_CORE_MODULE", "-DPy_BUILD_CORE_MODULE=1", "-DNDEBUG"])
def test_extension_modules_are_compiled_once_and_not_again_by_the_linker(work, macro):
    flags = ["-flto", macro, "-c", "a.c", "-o", "a.o"]
    assert flags_of_gcc(work, *flags) == [*flags, "-MD", "-fno-lto"]


def test_links_get_the_flags_that_make_has_for_them(work):
    flags = ["-shared", "-flto", "a.o", "-o", "a.so"]
    assert flags_of_gcc(work, *flags) == flags


def test_gcc_never_sees_the_folder_of_the_source(work):
    source = f"{work}/source"
    given = ["-flto", f"-I{source}", f"-I{source}/Include", "-c", f"{source}/M/a.c", "-o", f"build/temp{source}/M/a.o"]
    flags = flags_of_gcc(work, *given)
    assert flags == ["-flto", "-I.", "-IInclude", "-c", "M/a.c", "-o", "build/temp/M/a.o", "-MD", "-fno-lto"]
    assert (work / "source" / "build" / "temp" / "M").is_dir()


# install-to-stage.sh


def test_make_install_compiles_no_bytecode_but_everything_else_runs(work):
    assert run(work, "python-for-install.sh", "echo", "-Wi", "stage/lib/compileall.py").stdout == ""
    assert run(work, "python-for-install.sh", "echo", "-m", "ensurepip").stdout == "-m ensurepip\n"


def test_bytecode_is_the_same_whatever_was_compiled_before_or_beside_it(work):
    library = work / "stage" / PREFIX[1:] / "lib" / "python3.99"
    sources = {
        name: pathlib.Path(sysconfig.get_path("stdlib"), name).read_text()
        for name in ("weakref.py", "http/client.py", "csv.py")
    }

    def compiled(jobs, *names):
        shutil.rmtree(library, ignore_errors=True)
        for name in names:
            write(library / name, sources[name])
        done = call(
            work, "install-to-stage.sh", f"jobs={jobs}; compile_bytecode '{sys.executable}' {library.relative_to(work)}"
        )
        assert done.returncode == 0, done.stderr
        return {path.name: path.read_bytes() for path in library.rglob("*.pyc")}

    beside = compiled(2, *sources)
    assert beside == compiled(1, *sources) == {k: v for name in sources for k, v in compiled(1, name).items()}
    assert all(bytecode[4:8] == b"\1\0\0\0" for bytecode in beside.values()), "they hold no time"
    assert all(f"{PREFIX}/lib/python3.99/".encode() in bytecode for bytecode in beside.values())
    assert not any(str(work).encode() in bytecode for bytecode in beside.values())


def test_bytecode_does_not_depend_on_the_names_of_the_folders_where_it_is_made(tmp_path):
    """Up to 3.10, a name that was interned before is marked in the bytecode; of 3.11 no bytecode tells."""
    write(tmp_path / "a_folder" / "module.py", "")
    code = f"""
import compile_bytecode, sys
files = compile_bytecode.sources_in({str(tmp_path / "a_folder")!r})
assert files
made_now = "".join(["a_", "folder"])
print(sys.intern(made_now) is made_now)
"""
    for python in PYTHONS:
        done = subprocess.run(
            [python, "-B", "-c", code], capture_output=True, text=True, cwd=SCRIPTS / "lib", check=True
        )
        assert done.stdout == "True\n", "nothing has interned the folder's name"


def test_bytecode_does_not_depend_on_what_the_interpreter_has_looked_up(tmp_path):
    """Which names the types' cache keeps goes by addresses, and so by the size of the environment."""
    code = """
import compile_bytecode, sys
name = sys.intern("".join(["an_attribute_", "that_nobody_has"]))
before = sys.getrefcount(name)
hasattr(sys, name)
kept = sys.getrefcount(name)
compile_bytecode.forget_names()
print(before < kept, before == sys.getrefcount(name))
"""
    for python in PYTHONS:
        done = subprocess.run(
            [python, "-B", "-c", code], capture_output=True, text=True, cwd=SCRIPTS / "lib", check=True
        )
        assert done.stdout == "True True\n"


def test_a_file_that_cannot_be_compiled_is_named(work):
    library = work / "stage" / "lib"
    write(library / "good.py", "")
    write(library / "wrong.py", "def\n")
    done = call(work, "install-to-stage.sh", f"compile_bytecode '{sys.executable}' stage/lib")
    assert done.returncode == 1
    assert "wrong.py" in done.stdout and "SyntaxError" in done.stdout
    nothing = call(work, "install-to-stage.sh", f"compile_bytecode '{sys.executable}' stage/lip")
    assert nothing.returncode == 1 and f"there is no *.py in {work}/stage/lip" in nothing.stderr
    assert (library / "__pycache__" / f"good.{sys.implementation.cache_tag}.pyc").is_file()


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


def library_in(work, stage="stage"):
    return work / stage / PREFIX[1:] / "lib" / "python3.99"


def moved(work, function, *arguments):
    """Call a function of relocatable-functions.sh on the staged tree."""
    values = " ".join(arguments)
    done = call(work, "install-to-stage.sh", f"tree=stage{PREFIX}; library=$tree/lib/python3.99; {function} {values}")
    assert done.returncode == 0, done.stderr


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


VARIABLES = f"""# system configuration generated and used by the sysconfig module
build_time_vars = {{'CC': 'gcc',
 'DESTDIRS': '{PREFIX} {PREFIX}/lib '
             '{PREFIX}/lib/python3.99',
 'LIBDIR': '{PREFIX}/lib',
 'SIZE': 8}}
"""


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


def test_python3_config_is_not_misled_by_links_and_white_space(work, tmp_path):
    script = work / "stage" / PREFIX[1:] / "bin" / "python3.99-config"
    write(script, '#!/bin/sh\nprefix_real=$(installed_prefix "$0")\necho "$prefix_real"\n', executable=True)
    moved(work, "move_configuration_scripts", "$tree")
    here = tmp_path / "white space" / "3.99.1"
    shutil.copytree(script.parent, here / "bin")
    (tmp_path / "python3-config").symlink_to(here / "bin" / script.name)
    assert subprocess.check_output([tmp_path / "python3-config"], text=True) == f"{here}\n"


PREFIX_BY_LIBRARY = SCRIPTS / "overlay" / "prefix_by_library.c"
GETPATH = """
const char *prefix(void) { return PREFIX; }
const char *exec_prefix(void) { return EXEC_PREFIX; }
"""
EMBEDDING = """
#include <stdio.h>
const char *prefix(void), *exec_prefix(void);
int main(void) { return printf("%s\\n%s\\n", prefix(), exec_prefix()) < 0; }
"""


@pytest.fixture
def embedding(tmp_path):
    """Link a program with our change to getpath.c in a library, and one without a library; the tree with it was moved."""
    for name, text in (("getpath.c", GETPATH), ("main.c", EMBEDDING), ("pyconfig.h", "#define _GNU_SOURCE 1\n")):
        write(tmp_path / name, text)
    library = tmp_path / "built" / "lib" / "libpython3.99.so"
    write(library.parent / "python3.99" / "os.py", "")
    gcc = [require_tool("gcc", "gcc"), "-Wall", "-Werror"]
    flags = ['-DVERSION="3.99"', '-DPREFIX="/compiled/in"', '-DEXEC_PREFIX="/compiled/in"']
    run_in = {"cwd": tmp_path, "check": True}
    subprocess.run([*gcc, "-I.", *flags, "-include", PREFIX_BY_LIBRARY, "-fPIC", "-c", "getpath.c"], **run_in)
    subprocess.run([*gcc, "-shared", "-Wl,-soname,libpython3.99.so", "getpath.o", "-o", library, "-ldl"], **run_in)
    subprocess.run([*gcc, "main.c", "-o", "dynamic", library], **run_in)
    subprocess.run([*gcc, "main.c", "getpath.o", "-o", "static", "-ldl"], **run_in)
    (tmp_path / "white space").mkdir()
    return (tmp_path / "built").rename(tmp_path / "white space" / "moved")


def test_an_embedded_interpreter_finds_the_library_beside_libpython_wherever_it_is(embedding, tmp_path):
    """Of getpath.c only what our file changes; check_development.py tries the real one."""

    def prefixes(program, library_path):
        environment = {**os.environ, "LD_LIBRARY_PATH": str(library_path)}
        return subprocess.check_output([tmp_path / program], text=True, cwd=tmp_path, env=environment).splitlines()

    shutil.copy(embedding / "lib" / "libpython3.99.so", tmp_path)
    assert prefixes("dynamic", embedding / "lib") == [str(embedding)] * 2
    assert prefixes("dynamic", "white space/moved/lib") == [str(embedding)] * 2
    assert prefixes("dynamic", tmp_path) == ["/compiled/in"] * 2, "no standard library lies beside that one"
    assert prefixes("static", "") == ["/compiled/in"] * 2


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


# check-stdlib.sh: what CPython prints, shortened; libraries were taken away for these samples

LOG_OF_3_9 = """
building '_dbm' extension
Python build finished successfully!
The necessary bits to build these optional modules were not found:
_bz2                  _dbm                  _tkinter          \x20
To find the necessary bits, look in setup.py in detect_modules() for the module's name.


The following modules found by detect_modules() in setup.py, have been
built by the Makefile instead, as configured by the Setup files:
_abc                  pwd                   time              \x20


Failed to build these modules:
nis                                                           \x20

running build_scripts
"""

LOG_OF_3_11 = """
The necessary bits to build these optional modules were not found:
_dbm                                                          \x20
gcc -pthread -shared -Wl,-rpath=x build/temp/_testbuffer.o -o build/lib/_testbuffer.so
To find the necessary bits, look in setup.py in detect_modules() for the module's name.


Following modules built successfully but were removed because they could not be imported:
_ssl                  _hashlib                                \x20


Could not build the ssl module!
Python requires a OpenSSL 1.1.1 or newer

running build_scripts
copying and adjusting Tools/scripts/pydoc3 -> build/scripts-3.11
"""

LOG_OF_3_13 = """
The following modules are *disabled* in configure script:
_sqlite3                                          \x20

The necessary bits to build these optional modules were not found:
_dbm                  _gdbm                 readline
To find the necessary bits, look in configure.ac and config.log.

Checked 112 modules (33 built-in, 75 shared, 1 n/a on linux-x86_64, 0 disabled, 3 missing, 0 failed on import)
"""

LOG_WITHOUT_COMPLAINTS = """
gcc -o python
running build_scripts
copying and adjusting Tools/scripts/pydoc3 -> build/scripts-3.11
"""


@pytest.mark.parametrize(
    "log, names",
    [
        (LOG_OF_3_9, ["_bz2", "_dbm", "_tkinter", "nis"]),
        (LOG_OF_3_11, ["_dbm", "_hashlib", "_ssl"]),
        (LOG_OF_3_13, ["_dbm", "_gdbm", "readline"]),
        (LOG_WITHOUT_COMPLAINTS, []),
    ],
    ids=["3.9", "3.11", "3.13", "nothing missing"],
)
def test_modules_that_were_not_built_are_read_from_the_log(log, names, work):
    write(work / "logs" / "make.log", log)
    assert call(work, "check-stdlib.sh", "modules_not_built logs/make.log").stdout.split() == names


@pytest.fixture
def staged_interpreter(work):
    write(work / "stage" / PREFIX[1:] / "bin" / "python3", "#!/bin/sh\necho imported\n", executable=True)


@pytest.mark.usefixtures("staged_interpreter")
def test_a_missing_module_fails_and_says_what_to_do(work):
    write(work / "logs" / "make.log", LOG_OF_3_13)
    done = run(work, "check-stdlib.sh", "_gdbm", as_build_user=True)
    assert done.returncode == 1
    assert "these modules of the standard library were not built: _dbm readline\n" in done.stderr
    assert "allowed_missing in the platform's row in platforms.py" in done.stderr


@pytest.mark.usefixtures("staged_interpreter")
def test_modules_allowed_by_name_may_be_missing(work):
    write(work / "logs" / "make.log", LOG_OF_3_13)
    done = run(work, "check-stdlib.sh", "_gdbm", "readline", "_dbm", as_build_user=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("imported\n")


@pytest.mark.usefixtures("staged_interpreter")
def test_the_log_of_a_build_that_did_not_finish_proves_nothing(work):
    write(work / "logs" / "make.log", "gcc -c x.c\n")
    done = run(work, "check-stdlib.sh", as_build_user=True)
    assert done.returncode == 1
    assert "the build did not finish" in done.stderr


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


# package-deb.sh, package-tarball.sh


@pytest.fixture
def staged_tree(work):
    write(work / "logs" / "source-date-epoch", "1700000000\n")
    tree = work / "stage" / PREFIX[1:]
    (tree / "bin").mkdir(parents=True)
    shutil.copy("/bin/sh", tree / "bin" / "python3.99")
    write(tree / "lib" / "python3.99" / "os.py", "x = 1\n" * 1000)
    (tree / "bin" / "python").symlink_to("python3.99")
    if os.getuid() == 0:  # as install-to-stage.sh leaves it: the build user's
        subprocess.run(["chown", "-R", "--reference", str(work / "stage"), str(work / "stage")], check=True)
    return tree


@pytest.mark.usefixtures("staged_tree")
def test_a_deb_has_computed_dependencies_and_is_owned_by_root(work):
    require_tool("dpkg-shlibdeps", "dpkg-dev")
    done = run(work, "package-deb.sh", "python-3.99.1", "2", "amd64", PREFIX, "gzip", as_build_user=True)
    assert done.returncode == 0, done.stderr
    deb = work / "dist" / "python-3.99.1_2_amd64.deb"
    control = subprocess.check_output(["dpkg-deb", "--field", deb], text=True)
    assert "Package: python-3.99.1\nVersion: 2\nArchitecture: amd64\n" in control
    assert re.search(r"^Depends: libc6 \(>= [0-9.]+\)$", control, re.MULTILINE)
    assert "\nMaintainer: python-builds <python-builds@localhost>\n" in control
    assert "\nRecommends: ca-certificates, tzdata\n" in control
    contents = subprocess.check_output(["dpkg-deb", "--contents", deb], text=True, env={**os.environ, "TZ": "UTC"})
    assert f" ./{PREFIX[1:]}/bin/python -> python3.99\n" in contents
    assert all(line.split()[1] == "root/root" and line.split()[3] in ("2023-11-14",) for line in contents.splitlines())
    assert sorted(path.name for path in (work / "dist").iterdir()) == [deb.name, f"{deb.name}.sha256"]
    subprocess.run(
        ["sha256sum", "--check", f"{deb.name}.sha256"], cwd=work / "dist", check=True, stdout=subprocess.DEVNULL
    )


@pytest.mark.usefixtures("staged_tree")
def test_md5sums_cover_every_file_and_nothing_else(work):
    require_tool("dpkg-shlibdeps", "dpkg-dev")
    run(work, "package-deb.sh", "python-3.99.1", "1", "amd64", PREFIX, "xz", as_build_user=True).check_returncode()
    deb = work / "dist" / "python-3.99.1_1_amd64.deb"
    sums = subprocess.check_output(["dpkg-deb", "--info", deb, "md5sums"], text=True)
    assert [line.split("  ")[1] for line in sums.splitlines()] == [
        f"{PREFIX[1:]}/bin/python3.99",
        f"{PREFIX[1:]}/lib/python3.99/os.py",
    ]


@pytest.mark.parametrize("name", ["Python-3.99.1", "../escape", ""])
def test_a_name_debian_would_not_take_is_refused(name, work):
    done = run(work, "package-deb.sh", name, "1", "amd64", PREFIX, "gzip", as_build_user=True)
    assert done.returncode == 1
    assert "PACKAGE must be a Debian package name" in done.stderr


@pytest.mark.parametrize(
    "arguments, complaint",
    [
        (["Python-3.99.1", "1", "x86_64", PREFIX, "gzip"], "PACKAGE must be"),
        (["python-3.99.1", "1-2", "x86_64", PREFIX, "gzip"], "REVISION must be"),
        (["python-3.99.1", "1", "%{nil}", PREFIX, "gzip"], "ARCHITECTURE must be"),
        (["python-3.99.1", "1", "x86_64", "/opt/%(id)/x", "gzip"], "PREFIX must be"),
        (["python-3.99.1", "1", "x86_64", PREFIX, "gzip"], "run install-to-stage.sh first"),
    ],
)
def test_what_a_spec_file_would_take_for_something_else_is_refused(arguments, complaint, work):
    done = run(work, "package-rpm.sh", *arguments, as_build_user=True)
    assert done.returncode == 1
    assert complaint in done.stderr


def test_the_same_tree_gives_the_same_artifacts_later_and_elsewhere(work, staged_tree):
    require_tool("dpkg-shlibdeps", "dpkg-dev")

    def package(folder):
        run(folder, "package-tarball.sh", "x.tar.gz", PREFIX, as_build_user=True).check_returncode()
        run(
            folder, "package-deb.sh", "python-3.99.1", "1", "amd64", PREFIX, "gzip", as_build_user=True
        ).check_returncode()
        return [(folder / "dist" / name).read_bytes() for name in ("x.tar.gz", "python-3.99.1_1_amd64.deb")]

    elsewhere = work.parent / "a" / "deeper" / "folder"
    subprocess.run(["mkdir", "-p", elsewhere.parent], check=True)
    subprocess.run(["cp", "-r", "--preserve=mode,ownership", work, elsewhere], check=True)
    for path in [staged_tree, *staged_tree.rglob("*")]:
        os.utime(path, (1800000000, 1800000000), follow_symlinks=False)
    assert package(work) == package(elsewhere)


@pytest.mark.usefixtures("staged_tree")
def test_a_tarball_has_one_top_folder_named_as_the_prefix_ends(work):
    run(work, "package-tarball.sh", "python-3.99.1-debian-12.tar.gz", PREFIX, as_build_user=True).check_returncode()
    with tarfile.open(work / "dist" / "python-3.99.1-debian-12.tar.gz") as tarball:
        members = tarball.getmembers()
    assert {member.name.split("/")[0] for member in members} == {"3.99.1"}
    assert {(member.uid, member.gid, member.mtime) for member in members} == {(0, 0, 1700000000)}


@pytest.mark.parametrize("stage", ["stage-test", "stage-debug"])
def test_tarballs_of_tests_and_debug_information_have_the_same_top_folder(stage, work, staged_tree):
    (work / stage / PREFIX[1:]).parent.mkdir(parents=True)
    shutil.copytree(staged_tree, work / stage / PREFIX[1:], symlinks=True)
    run(work, "package-tarball.sh", "x.tar.gz", PREFIX, stage, as_build_user=True).check_returncode()
    with tarfile.open(work / "dist" / "x.tar.gz") as tarball:
        assert {name.split("/")[0] for name in tarball.getnames()} == {"3.99.1"}
    assert run(work, "package-tarball.sh", "x.tar.gz", PREFIX, "source", as_build_user=True).returncode == 2


# make-base-root.sh, check-package.sh


def test_a_base_system_that_exists_is_not_made_again(work):
    (work / "base").mkdir()
    done = run(work, "make-base-root.sh", "bookworm", "base")
    assert (done.returncode, done.stdout) == (0, "make-base-root.sh: base exists\n")


def test_the_archive_of_the_base_system_is_the_one_apt_uses(work):
    lines = [
        "http://a/debian/ x main",
        "http://a/debian/ x contrib",
        "http://a/debian/ x main",
        "http://s/ x-security main",
        "http://b/ y main",
    ]
    text = "\\n".join(lines)
    write(work / "pretended" / "apt-get", f"#!/bin/sh\nprintf '{text}\\n'\n", executable=True)
    path = f"{work / 'pretended'}:{os.environ['PATH']}"
    done = call(work, "make-base-root.sh", "suites_of_this_machine x", PATH=path)
    assert done.stdout.splitlines() == ["http://a/debian/ x main contrib", "http://s/ x-security main"]


# debootstrap, chroot and who we are, pretended; everything else of make-base-root.sh is real.
PRETENDED_DEBOOTSTRAP = """
archive_keyring() { echo keyring; }
suites_of_this_machine() { echo "http://archive/ x main"; }
acquire_settings() { :; }
id() { echo 0; }
chroot() { echo "in the root: ${*:2}"; }
unshare() {
    echo one >>debootstrapped
    mkdir -p base.unfinished/{etc/{dpkg/dpkg.cfg.d,apt/apt.conf.d},usr/share/{doc,man,info,locale}}
    sleep 0.3
    %s
}
main x base
"""


def test_two_who_make_the_same_base_system_make_it_once(work):
    write(work / "pretended" / "debootstrap", "#!/bin/sh\n", executable=True)
    path = f"{work / 'pretended'}:{os.environ['PATH']}"
    command = ["bash", "-c", f". scripts/steps/make-base-root.sh; {PRETENDED_DEBOOTSTRAP % ':'}"]
    both = [
        subprocess.Popen(command, cwd=work, env={**os.environ, "PATH": path}, stdout=subprocess.DEVNULL)
        for _ in range(2)
    ]
    assert [process.wait() for process in both] == [0, 0]
    assert (work / "debootstrapped").read_text() == "one\n"
    assert (work / "base" / "etc" / "apt" / "sources.list").read_text() == "deb http://archive/ x main\n"


def test_a_base_system_of_another_release_comes_from_this_machine_s_archive(work):
    write(work / "pretended" / "debootstrap", "#!/bin/sh\n", executable=True)
    path = f"{work / 'pretended'}:{os.environ['PATH']}"
    own = """
own_suite() { echo own; }
suites_of_this_machine() { [ "$1" != own ] || printf 'http://a/ own main non-free-firmware\\nhttp://s/ own-security main\\n'; }
main x base"""
    done = call(work, "make-base-root.sh", (PRETENDED_DEBOOTSTRAP % ":").replace("main x base", own), PATH=path)
    assert done.returncode == 0, done.stderr
    assert (work / "base" / "etc" / "apt" / "sources.list").read_text() == (
        "deb http://a/ x main\ndeb http://s/ x-security main\n"
    )


def test_a_base_system_that_could_not_be_finished_leaves_nothing(work):
    write(work / "pretended" / "debootstrap", "#!/bin/sh\n", executable=True)
    path = f"{work / 'pretended'}:{os.environ['PATH']}"
    done = call(work, "make-base-root.sh", PRETENDED_DEBOOTSTRAP % "return 1", PATH=path)
    assert done.returncode == 1
    assert (work / "debootstrapped").exists() and not list(work.glob("base*/")), done.stderr


@pytest.fixture
def package(work):
    write(work / "dist" / "x.deb", "")
    return "dist/x.deb"


def test_a_package_that_cannot_be_checked_is_not_called_good(work, package):
    for user, base, reason in (
        (1000, ".", "this is not root"),
        (0, "", "there is no base system in ''"),
        (0, "none", "there is no base system in 'none'"),
    ):
        done = run(work, "check-package.sh", package, PREFIX, base, PATH=pretend(work, "id", user))
        assert done.returncode == 3, done.stderr
        assert done.stdout.startswith("check-package.sh: not checked: ") and reason in done.stdout


def test_a_base_system_that_is_none_or_was_touched_is_an_error(work, package):
    path = pretend(work, "id", 0)
    (work / "base").mkdir()
    assert "has no /bin/sh" in run(work, "check-package.sh", package, PREFIX, "base", PATH=path).stderr
    write(work / "base" / "bin" / "sh", "", executable=True)
    (work / "base" / PREFIX[1:]).mkdir(parents=True)
    done = run(work, "check-package.sh", package, PREFIX, "base", PATH=path)
    assert (done.returncode, "is not untouched" in done.stderr) == (1, True)


def test_an_interpreter_that_only_says_it_succeeded_does_not_pass(work):
    answer = 'python3 scripts/checks/challenge.py "$challenge"'
    for output, status in (
        ("true", 1),
        ("echo 'check_x.py: all 3 checks passed'", 1),
        ("echo 'check_x.py: all 3 checks passed, '", 1),
        ("echo 'check_x.py: all 3 checks passed,' $(python3 scripts/checks/challenge.py 1234)", 1),
        (f"echo 'check_x.py: all 0 checks passed,' $({answer})", 1),
        (f"echo 'check_x.py: all 3 checks passed,' $({answer})", 0),
    ):
        done = call(
            work,
            "check-package.sh",
            f"scratch=$PWD; in_root_as_user() {{ {output}; }}; check_as_user check_x.py python",
        )
        assert done.returncode == status, output
        assert status == 0 or "is not the answer to the challenge" in done.stderr


def test_a_challenge_has_the_same_answer_everywhere_and_another_for_another_nonce():
    answers = {
        n: subprocess.check_output([p, SCRIPTS / "checks" / "challenge.py", n]) for n in ("1", "2") for p in PYTHONS
    }

    assert len(set(answers.values())) == 2
    known = b"5a79342278953508342bbb6ce290950334c69d386751f8ce490bca978c5e0ac7\n"
    assert {subprocess.check_output([p, SCRIPTS / "checks" / "challenge.py", "deadbeef00112233"]) for p in PYTHONS} == {
        known
    }


def test_a_check_that_fails_fails_the_package(work):
    done = call(
        work,
        "check-package.sh",
        "scratch=$PWD; trusted_python() { echo true; }; in_root_as_user() { echo 'x: all 3 checks passed, '; return 1; }; check_as_user x python",
    )
    assert done.returncode == 1


def test_a_package_that_leaves_files_behind_is_refused(work):
    write(work / "root" / PREFIX[1:] / "lib" / "left.pyc", "")
    done = call(work, "check-package.sh", f"root=$PWD/root; report_leftovers {PREFIX}")
    assert done.returncode == 1
    assert "left.pyc" in done.stdout and f"left {PREFIX} behind" in done.stderr


def test_a_tarball_is_tried_in_one_folder_and_in_another(work):
    write(work / "3.99.1" / "bin" / "python", "")
    (work / "root").mkdir()
    subprocess.run(["tar", "-czf", work / "x.tar.gz", "-C", work, "3.99.1"], check=True)
    code = f"""root=$PWD/root
check_as_user() {{ [ -f "root$2" ] && printf '%s|' "$@" && echo; }}
try_tarball x.tar.gz {PREFIX}"""
    done = call(work, "check-package.sh", code)
    assert done.returncode == 0, done.stderr
    first, second = [line.split("|")[:-1] for line in done.stdout.splitlines() if "|" in line]
    assert first == ["check_interpreter.py", "/srv/any where/3.99.1/bin/python", "/srv/any where/3.99.1"]
    assert second[0] == "check_development.py" and second[2:] == ["/srv/moved/once/more/3.99.1", PREFIX]


@pytest.mark.parametrize("base, expected", [(["dnf"], "dnf"), (["zypper"], "zypper"), ([], "neither dnf nor zypper")])
def test_an_rpm_is_tried_with_the_manager_that_the_base_system_has(base, expected, work):
    for manager in base:
        write(work / "base" / "usr" / "bin" / manager, "", executable=True)
    code = "in_root() { echo $*; }; source_installer x.rpm $PWD/base; install_package /check/x.rpm"
    done = call(work, "check-package.sh", code)
    assert expected in (done.stdout + done.stderr).split("install")[0]
    assert done.returncode == (0 if base else 1)


@pytest.mark.parametrize("status, result", [(0, 0), (102, 0), (103, 0), (104, 104), (4, 4)])
def test_zypper_s_hints_at_restarts_are_no_failures(status, result, work):
    done = call(work, "installer-zypper.sh", f"in_root() {{ return {status}; }}; prepare_installer")
    assert done.returncode == result


def test_the_scratch_root_goes_whatever_happens(work):
    for begun, status in (("", 3), ("begun=yes; ", 1)):
        code = f"{begun}scratch=$PWD/check-root.x; mkdir -p $scratch/root; trap finish_check EXIT; (exit 3)"
        done = call(work, "check-package.sh", code)
        assert done.returncode == status, "once the package is in place, a check ends with 0 or 1"
        assert not (work / "check-root.x").exists()


def test_only_plain_files_are_collected_and_what_they_become_later_does_not_matter(work):
    dist = work / "dist"
    (dist / "good.deb").write_bytes(b"a package")
    (dist / "link.deb").symlink_to("/etc/hostname")
    os.mkfifo(dist / "pipe.deb")

    assert run(work, "collect-artifacts.sh", "dist/good.deb").returncode == 0
    (dist / "good.deb").unlink()
    assert (work / "out" / "good.deb").read_bytes() == b"a package"
    for name in (
        "dist/link.deb",
        "dist/pipe.deb",
        "sealed/dist/none.deb",
        "dist/../good.deb",
        "dist/.hidden",
        "good.deb",
    ):
        refused = run(work, "collect-artifacts.sh", name)
        assert refused.returncode == 1 and name in refused.stderr


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
