#!/usr/bin/env bash
# Runs a command as the unprivileged build user, with the environment every build step has. Not root: as who we are.
. "$(dirname "${BASH_SOURCE[0]}")/lib/build-environment.sh"
. "$scripts/lib/user-functions.sh"
. "$scripts/lib/apart-functions.sh"

# On this machine all caches are the build user's: a build reaches none but its own, if it has one.
close_caches() {
    local folder
    [ ${#drop[@]} -gt 0 ] || return 0
    for folder in "$(dirname "$work")"/ccache-*; do
        [ ! -d "$folder" ] || { chown root -- "$folder" && chmod 700 -- "$folder"; }
    done
}

# ccache through its masquerade folder and never CC=ccache, so that sysconfig tells users plain gcc. PYTHON_BUILDS_CCACHE names
# whose compilations may be believed; what is published as optimized believes nobody's.
use_ccache() {
    local name=${PYTHON_BUILDS_CCACHE:-} folder masquerade=
    close_caches
    [ -n "$name" ] || return 0
    [[ $name =~ ^[a-z-]+$ ]] || die "PYTHON_BUILDS_CCACHE must be the name of a cache, in small letters, not '$name'"
    command -v ccache >/dev/null || return 0
    for folder in "${masquerade_folders[@]}"; do
        [ ! -d "$folder" ] || masquerade=$folder
    done
    [ -n "$masquerade" ] || return 0
    folder=${CCACHE_DIR:-}
    if [ -z "$folder" ]; then
        folder=$(dirname "$work")/ccache-$name
        mkdir -p -- "$folder" || return 0
        [ ${#drop[@]} -eq 0 ] || chown "${drop[2]}" -- "$folder"
    fi
    # A cache that the build user cannot write would fail every compile: then go without.
    if ! "${drop[@]}" test -w "$folder"; then
        echo "run-as-build-user.sh: the build user cannot write $folder: going without ccache" >&2
        return 0
    fi
    # What a build wrote into the cache is no configuration of the next one's.
    export CCACHE_DIR=$folder CCACHE_CONFIGPATH=/dev/null PATH=$masquerade:$PATH
}

main() {
    [ $# -gt 0 ] || usage "COMMAND [ARGUMENT...]"
    set_drop_to_build_user
    use_ccache
    # Python sets LC_CTYPE for the worker that it runs, and ccache would take that for another environment.
    unset LC_CTYPE
    export HOME=$work/home LC_ALL=C.UTF-8 TZ=UTC
    umask 022
    run_apart "$@"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
