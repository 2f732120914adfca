#!/usr/bin/env bash
# Runs CPython's configure for a prefix and a profile. What a version knows is found by looking, not by its number.
. "$(dirname "${BASH_SOURCE[0]}")/build-environment.sh"
. "$scripts/builtin-modules.sh"

# Flags in *_NODIST shape what we build and stay out of what users' extension modules are built with.
set_nodist_flags() {
    local profile=$1 flag
    CFLAGS_NODIST=
    # gcc 7 knows only the older of the two; the staged tree is searched for the path whichever it was.
    for flag in -ffile-prefix-map -fdebug-prefix-map; do
        if accepts_flag "$flag=$work/source=."; then
            CFLAGS_NODIST+=" $flag=$work/source=."
            break
        fi
    done
    # DT_RPATH and not DT_RUNPATH, of the interpreter only in effect: an extension module that was linked against
    # libpython by mistake then finds ours, wherever the tree lies, and never the distribution's of the same name.
    # shellcheck disable=SC2016 # make and the linker expand it, not the shell
    LDFLAGS_NODIST='-Wl,-rpath=\$$ORIGIN/../lib -Wl,--disable-new-dtags'
    # 0.9 MB of libpython, otherwise.
    flag=-Wl,-z,pack-relative-relocs
    if runs_with_linker_flag "$flag"; then LDFLAGS_NODIST+=" $flag"; fi
    # Newer versions add this themselves when shared and optimized.
    if [ "$profile" = optimized ] && ! grep -q -- -fno-semantic-interposition source/configure; then
        CFLAGS_NODIST+=" -fno-semantic-interposition"
        LDFLAGS_NODIST+=" -fno-semantic-interposition"
    fi
    CFLAGS_NODIST=${CFLAGS_NODIST# }
    export CFLAGS_NODIST LDFLAGS_NODIST
}

accepts_flag() {
    echo 'int x;' | "${CC:-gcc}" "$1" -x c -c -o /dev/null - 2>/dev/null
}

# By running a program: the C library has to understand what the linker makes. The linker only warns of a flag that it
# does not know, and takes --fatal-warnings for what follows.
runs_with_linker_flag() {
    local program=home/linker-probe
    echo 'int number; int *volatile address = &number; int main(void) { return *address; }' |
        "${CC:-gcc}" -fPIE -pie -Wl,--fatal-warnings "$1" -x c -o "$program" - 2>/dev/null && "$program"
}

# Fills the array options.
set_options() {
    local prefix=$1 profile=$2 help=$3 option
    options=("--prefix=$prefix" --enable-shared --enable-loadable-sqlite-extensions --with-ensurepip
        # ndbm through gdbm everywhere: Berkeley DB is gone from newer distributions.
        --with-dbmliborder=gdbm:ndbm)
    for option in --without-static-libpython --enable-static-libpython-for-interpreter; do
        # The help text names the opposite of a default: --without-static-libpython, --enable-...
        if grep -qF -- "$option" <<<"$help"; then options+=("$option"); fi
    done
    if [ "$profile" = optimized ]; then options+=(--enable-optimizations --with-lto); fi
}

main() {
    [ $# -eq 2 ] || usage "PREFIX quick|optimized"
    local prefix=$1 profile=$2
    [[ $profile == quick || $profile == optimized ]] || usage "PREFIX quick|optimized"
    refuse_root
    staged_prefix "$prefix" >/dev/null
    require_folder source "run unpack-source.sh first"
    export_source_date_epoch
    set_nodist_flags "$profile"
    build_modules_in
    cd source
    set_options "$prefix" "$profile" "$(./configure --help)"
    # Hundreds of tiny programs: to ask ccache about each takes longer than to compile it.
    export CCACHE_DISABLE=1
    say "./configure ${options[*]}"
    say "CFLAGS_NODIST='$CFLAGS_NODIST' LDFLAGS_NODIST='$LDFLAGS_NODIST'"
    printf '%s\n' "${options[@]}" "CFLAGS_NODIST=$CFLAGS_NODIST" "LDFLAGS_NODIST=$LDFLAGS_NODIST" >../logs/configure-arguments
    # The log is read by check-configuration.sh.
    ./configure "${options[@]}" 2>&1 | tee ../logs/configure.log
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
