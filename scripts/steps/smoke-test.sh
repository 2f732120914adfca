#!/usr/bin/env bash
# Runs the part of CPython's own test suite whose failure means a bad build, from the build tree.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/build-environment.sh"

# The language, the codecs and every module that links a library of the platform. Left out, and why:
#   test_ssl                       38 s by itself; test_hashlib and check-package.sh use OpenSSL
#   test_socket test_asyncio test_ftplib test_imaplib test_urllib2net   need a network
#   test_curses test_tk test_ttk_guionly    need a terminal or a display
#   test_gdb test_faulthandler     fail in containers
#   test_multiprocessing_*         fail where /dev/shm is small
#   test_os test_site              differ by who runs them and where HOME is
#   test_venv test_ensurepip       check-package.sh makes a virtual environment from the installed package
smoke_tests=(
    test_builtin test_dict test_float test_math test_cmath test_struct test_re test_json test_decimal test_datetime
    test_zoneinfo test_unicode test_codecs test_time test_pickle test_importlib test_sysconfig test_generators
    test_capi test_zlib test_bz2 test_lzma test_zstd test_hashlib test_hmac test_sqlite test_sqlite3
    test_ctypes test_readline test_dbm test_dbm_gnu test_dbm_ndbm test_uuid test_tcl test_pyexpat test_xml_etree_c
    test_crypt test_mmap test_select test_posix test_pwd test_grp test_syslog test_resource
)

# Those that this version has: versions rename, merge and drop tests.
available_tests() {
    local name
    for name in "${smoke_tests[@]}"; do
        if [ -f "source/Lib/test/$name.py" ] || [ -d "source/Lib/test/$name" ]; then printf '%s\n' "$name"; fi
    done
}

# By qemu-user, the kernel runs an interpreter for each program: /proc names that one, and tells only another process.
emulated() { [[ $(readlink "/proc/$$/exe") == */qemu-* ]]; }

# Seconds that a test may take, several times as many where all is emulated; and what fails only there: test_fexecve runs a
# program by a descriptor that is closed as it starts, which the kernel refuses to whatever needs an interpreter.
test_options() {
    if emulated; then printf '%s\n' --timeout=3000 --ignore=test_fexecve; else printf '%s\n' --timeout=300; fi
}

# The number in "All 43 tests OK.", "43 tests OK." or "1 test OK."; 0 if there is no such line.
passed_tests() {
    sed -n -E 's/^(All )?([0-9]+) tests? OK\.$/\2/p' "$1" | tail -n 1 | grep . || echo 0
}

main() {
    [ $# -eq 0 ] || usage "(no arguments)"
    refuse_root
    [ -x source/python ] || die "there is no $work/source/python: run compile.sh first"
    export_source_date_epoch
    local names options passed status=0
    mapfile -t names < <(available_tests)
    mapfile -t options < <(test_options)
    [ ${#names[@]} -gt 0 ] || die "none of the chosen tests is in $work/source/Lib/test"
    run_cpython_tests -j"$jobs" "${options[@]}" -u none -W "${names[@]}" 2>&1 | tee logs/smoke-test.log || status=$?
    [ "$status" -eq 0 ] || die "CPython's own tests failed with status $status: see above, or logs/smoke-test.log"
    passed=$(passed_tests logs/smoke-test.log)
    # The runner ends with 0 too when every test skipped itself.
    [ "$passed" -gt 0 ] || die "no test ran: nothing is known about this build"
    say "$passed of ${#names[@]} tests OK"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
