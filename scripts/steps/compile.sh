#!/usr/bin/env bash
# Compiles CPython: quick in one go; the optimized profile is instrumented, then train.sh, then optimized.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/build-environment.sh"
. "$scripts/lib/make-variables.sh"

# Everything that was compiled for training goes, the profile it left stays, and make is told that training is done.
use_training_data() {
    [ -n "$(find source -name '*.gcda' -print -quit)" ] ||
        die "there is no training data in $work/source: run compile.sh instrumented and train.sh first"
    make -C source clean-retain-profile
    touch source/profile-run-stamp
}

# The linker's compiler writes the folder that it runs in into debug information, and knows no -ffile-prefix-map; it takes
# the folder's name from PWD where that is true. An instrumented program would take it for where data are to be written.
run_make() {
    local stage=$1
    shift
    if [ "$stage" = instrumented ]; then make -C source "$@"; else env PWD=/proc/self/cwd make -C source "$@"; fi
}

# The compiler compares the data with each function's shape; what does not fit is an error and never a slower build.
explain_failure() {
    if grep -q -F 'coverage-mismatch' logs/make.log; then
        die "the training data do not fit the source, see above. Ask for the build again with RETRAIN=1, or the form's box \"Train anew\", to make new ones"
    fi
    die "make failed, see above"
}

# A version whose rule for the interpreter takes its flags from elsewhere builds as well, and is slower without a word.
tell_of_lost_flags() {
    [[ " ${make_variables[*]} " == *" INTERPRETER_FLAGS="* ]] || return 0
    [[ $(LC_ALL=C readelf --file-header source/python) == *EXEC* ]] ||
        say "notice: core-object.mk's INTERPRETER_FLAGS did not reach the link of the interpreter, whose rule reads other variables in this version"
}

use_own_gcc() {
    export SOURCE_FOLDER=$work/source WRAPPER_FOLDER=$work/home/gcc
    mkdir -p "$WRAPPER_FOLDER"
    cp "$scripts/overlay/gcc-for-build.sh" "$WRAPPER_FOLDER/gcc"
    PATH=$WRAPPER_FOLDER:$PATH
}

main() {
    [ $# -eq 1 ] || usage "quick|instrumented|optimized"
    local stage=$1 goal
    [[ $stage =~ ^(quick|instrumented|optimized)$ ]] || usage "quick|instrumented|optimized"
    refuse_root
    [ -f source/Makefile ] || die "there is no $work/source/Makefile: run configure.sh first"
    export_source_date_epoch
    set_make_variables "$stage"
    lay_out_core_object
    use_own_gcc
    case "$stage" in
    quick) goal=all ;;
    instrumented) goal=profile-gen-stamp ;;
    optimized)
        goal=all
        use_training_data
        ;;
    esac
    say "make $goal ${make_variables[*]}"
    printf '%s\n' "${make_variables[@]:-}" >logs/make-variables
    # The log is read by check-stdlib.sh: it holds the last stage, which is the one that is installed.
    run_make "$stage" -j"$jobs" "$goal" "${make_variables[@]}" 2>&1 | tee logs/make.log || explain_failure
    tell_of_lost_flags
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
