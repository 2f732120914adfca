#!/usr/bin/env bash
# Runs a script in sealed/, as the user who makes packages of what seal-stage.sh copied there: neither root nor the build
# user, since what it works with was made by a stranger. Not root: as who we are.
. "$(dirname "${BASH_SOURCE[0]}")/lib/build-environment.sh"
. "$scripts/lib/user-functions.sh"
. "$scripts/lib/apart-functions.sh"

main() {
    [ $# -gt 0 ] || usage "SCRIPT [ARGUMENT...]"
    [ -x "$work/$1" ] || die "there is no script $work/$1"
    require_folder sealed "run seal-stage.sh first"
    set_drop_to_packager
    cd sealed
    unset LC_CTYPE
    export HOME=$work/sealed/home LC_ALL=C.UTF-8 TZ=UTC
    umask 022
    run_apart "$work/$1" "${@:2}"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
