#!/usr/bin/env bash
# Runs the instrumented interpreter on the tests CPython chose for profiling, which leaves the training data (*.gcda).
. "$(dirname "${BASH_SOURCE[0]}")/../lib/build-environment.sh"

# Exit status 2: some tests failed, but all ran. Upstream's own make ignores that too: what counts here is the data, and
# smoke-test.sh judges correctness. Every other failure (a crash, an interruption, no test at all) is ours.
bad_tests=2

main() {
    [ $# -eq 0 ] || usage "(no arguments)"
    refuse_root
    [ -x source/python ] || die "there is no $work/source/python: run compile.sh instrumented first"
    [ -f source/profile-gen-stamp ] || die "source/python is not instrumented: run compile.sh instrumented first"
    export_source_date_epoch
    local status=0
    run_cpython_tests --pgo -j"$jobs" --timeout=1200 2>&1 | tee logs/train.log || status=$?
    if [ "$status" -eq "$bad_tests" ]; then
        say "some tests failed during training; their data is used all the same, smoke-test.sh decides about correctness"
    elif [ "$status" -ne 0 ]; then
        die "the training run ended with status $status"
    fi
    [ -s source/Python/ceval.gcda ] || die "the training run left no data of the interpreter's main loop (source/Python/ceval.gcda)"
    say "training data of $(find source -name '*.gcda' | wc -l) object files"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
