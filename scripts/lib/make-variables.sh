# shellcheck shell=bash
# What every `make` of one build stage gets: compile.sh and install-to-stage.sh must agree, or `make install` would link
# again with other flags. Sourced after build-environment.sh.
: "${scripts:?}" "${jobs:?}"

# Sets the array make_variables for quick, instrumented or optimized.
set_make_variables() {
    make_variables=()
    case "$1" in
    quick) ;;
    instrumented)
        # gcc instruments before it streams LTO, so a profile taken without LTO fits a build with it. -g0, since nobody
        # looks into it.
        make_variables+=("CFLAGS_NODIST=-fno-lto -g0" "LDFLAGS_NODIST=-fno-lto -g0")
        ;;
    optimized)
        # Partitions are the same however many compilers work on them, so the number of cores changes nothing.
        make_variables+=(
            FAT_OBJECTS=-ffat-lto-objects
            # A program of fixed addresses, as Debian's own. -no-pie tells the linker; those that compile the partitions
            # go by the objects, which are -fPIC for libpython, unless they are told as well.
            "INTERPRETER_FLAGS=-O3 -flto=$jobs -no-pie -fno-pic"
            "CORE_FLAGS=\$(filter-out -flto-partition=none,\$(PY_CORE_CFLAGS)) \$(CCSHARED) -flto=$jobs $(machine_code_flag)"
        )
        ;;
    *) die "no such build stage: $1" ;;
    esac
}

# Up to gcc 8, -r makes machine code of what was compiled for LTO; later ones want to be told.
machine_code_flag() {
    local flag=-flinker-output=nolto-rel
    if echo 'int x;' | "${CC:-gcc}" -r -nostdlib -flto "$flag" -x c -o /dev/null - 2>/dev/null; then printf '%s' "$flag"; fi
}

# Files of ours that the build takes, where they have the same names in every folder.
lay_out_core_object() {
    cp "$scripts/overlay/core-object.mk" source/GNUmakefile
    cp "$scripts/overlay/"*.c source/
}
