#!/usr/bin/env bash
# Runs a command as the unprivileged build user, with the environment every build step has. Not root: as who we are.
. "$(dirname "${BASH_SOURCE[0]}")/build-environment.sh"
. "$scripts/user-functions.sh"

# ccache through its masquerade folder and never CC=ccache, so that sysconfig tells users plain gcc.
use_ccache() {
    local folder masquerade=
    command -v ccache >/dev/null || return 0
    for folder in /usr/lib/ccache /usr/lib64/ccache; do
        [ ! -d "$folder" ] || masquerade=$folder
    done
    [ -n "$masquerade" ] || return 0
    folder=${CCACHE_DIR:-$(dirname "$work")/ccache}
    if [ ! -d "$folder" ]; then
        mkdir -p -- "$folder" || return 0
        [ ${#drop[@]} -eq 0 ] || chown "$(id -u "${PYTHON_BUILDS_BUILD_USER:-nobody}")" -- "$folder"
    fi
    # A cache that the build user cannot write would fail every compile: then go without.
    if ! "${drop[@]}" test -w "$folder"; then
        echo "as-builder.sh: the build user cannot write $folder: going without ccache" >&2
        return 0
    fi
    export CCACHE_DIR=$folder PATH=$masquerade:$PATH
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
