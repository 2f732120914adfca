# shellcheck shell=bash
# The variables that every `make` of one build stage gets: compile.sh and install-to-stage.sh must agree on them, or
# `make install` would link again with other flags. Sourced after build-environment.sh.
: "${jobs:?}"

# Sets the array make_variables for quick, instrumented or optimized.
set_make_variables() {
    make_variables=()
    case "$1" in
    quick) ;;
    instrumented)
        # gcc instruments before it streams LTO, so a profile taken without LTO fits a build with it.
        make_variables+=("CFLAGS_NODIST=-fno-lto -g0" "LDFLAGS_NODIST=-fno-lto -g0")
        ;;
    optimized)
        make_variables+=(
            "CFLAGS_NODIST=-fno-fat-lto-objects"
            LDFLAGS_NODIST=
            FAT_OBJECTS=-ffat-lto-objects
            "CORE_FLAGS=\$(PY_CORE_CFLAGS) \$(CCSHARED) -flto=$jobs -flto-partition=balanced -flinker-output=nolto-rel"
        )
        ;;
    *) die "no such build stage: $1" ;;
    esac
}
