#!/usr/bin/env bash
# Prints what training data is good for besides the source and the architecture, as lines "NAME VALUE": the compiler, its
# target, the flags of the optimized stage, and the digest of what configure found (pyconfig.h), on which the code of
# many functions depends.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/build-environment.sh"
. "$scripts/lib/make-variables.sh"

# As make will use them; in another folder they are the same. With the objects of built-in modules: their data have names
# of their own.
optimized_flags() {
    set_make_variables optimized
    lay_out_core_object
    # shellcheck disable=SC2016 # make expands it
    make -C source -s --no-print-directory "${make_variables[@]}" \
        --eval='print-flags: ; @echo $(CC) $(PY_CORE_CFLAGS) $(CCSHARED) $(PGO_PROF_USE_FLAG) $(MODOBJS)' print-flags |
        sed "s|$work/source|.|g" | tr -s ' '
}

main() {
    [ $# -eq 0 ] || usage "(no arguments)"
    refuse_root
    [ -f source/Makefile ] || die "there is no $work/source/Makefile: run configure.sh first"
    export_source_date_epoch
    local flags configuration
    flags=$(optimized_flags)
    [[ $flags == *-fprofile-use* ]] || die "make names no flag for training data; it says: $flags"
    configuration=$(sha256sum <source/pyconfig.h)
    printf '%s %s\n' compiler "$("${CC:-gcc}" --version | sed -n 1p)" target "$("${CC:-gcc}" -dumpmachine)" \
        flags "$flags" configuration "${configuration%% *}"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
