"""Flags of our own build that users' builds do not get: nodist-flags.sh, hardening-flags.sh."""

from tests.script_runs import call, require_tool
from tests.scripts.trees import configured_with


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
