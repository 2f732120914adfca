#!/usr/bin/env bash
# Runs CPython's configure for a prefix and a profile. What a version knows is found by looking, not by its number.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/build-environment.sh"
. "$scripts/lib/builtin-modules.sh"
. "$scripts/lib/nodist-flags.sh"
. "$scripts/lib/static-libraries.sh"

# Fills the array options.
set_options() {
    local prefix=$1 profile=$2 variant=$3 help=$4 option
    options=("--prefix=$prefix" --enable-shared --enable-loadable-sqlite-extensions --with-ensurepip
        # ndbm through gdbm everywhere: Berkeley DB is gone from newer distributions.
        --with-dbmliborder=gdbm:ndbm)
    for option in --without-static-libpython --enable-static-libpython-for-interpreter; do
        # The help text names the opposite of a default: --without-static-libpython, --enable-...
        if grep -qF -- "$option" <<<"$help"; then options+=("$option"); fi
    done
    # As long as CPython brings its own, that, whatever the image has: no tree depends on a library that was there by chance.
    # Not --with-...=no: up to 3.10 setup.py searches the arguments for --with-system-libmpdec, whatever stands behind it.
    if bundles mpdecimal && grep -qF -- --with-system-libmpdec <<<"$help"; then options+=(--without-system-libmpdec); fi
    if [ "$variant" = t ]; then
        grep -qF -- --disable-gil <<<"$help" ||
            die "this CPython cannot be built free-threaded: its configure knows no --disable-gil, which came with 3.13"
        options+=(--disable-gil)
    fi
    if [ "$profile" = optimized ]; then options+=(--enable-optimizations --with-lto); fi
}

main() {
    [[ $# -eq 2 || $# -eq 3 ]] || usage "PREFIX quick|optimized [t]"
    local prefix=$1 profile=$2 variant=${3:-}
    [[ $profile == quick || $profile == optimized ]] || usage "PREFIX quick|optimized [t]"
    [[ $variant =~ ^t?$ ]] || usage "PREFIX quick|optimized [t]"
    refuse_root
    staged_prefix "$prefix" >/dev/null
    # Where in-namespaces.sh may mount, it has hidden it.
    [ ! -e "$prefix" ] || die "$prefix is on this machine, and the build would take what is installed there for its own:
remove it, as in apt-get purge python-${prefix##*/}, or build in a container"
    require_folder source "run unpack-source.sh first"
    export_source_date_epoch
    set_nodist_flags "$profile"
    build_modules_in
    cd source
    set_options "$prefix" "$profile" "$variant" "$(./configure --help)"
    # Hundreds of tiny programs: to ask ccache about each takes longer than to compile it.
    export CCACHE_DISABLE=1
    # sysconfig tells users by name which compilers to call. For C++ 3.14's configure would look for a path on this machine, and
    # find ccache's folder.
    export CXX=g++
    use_static_libraries
    say "./configure ${options[*]}"
    say "CFLAGS_NODIST='$CFLAGS_NODIST' LDFLAGS_NODIST='$LDFLAGS_NODIST'"
    printf '%s\n' "${options[@]}" "CFLAGS_NODIST=$CFLAGS_NODIST" "LDFLAGS_NODIST=$LDFLAGS_NODIST" >../logs/configure-arguments
    # The log is read by check-configuration.sh.
    ./configure "${options[@]}" 2>&1 | tee ../logs/configure.log
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
