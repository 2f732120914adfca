#!/usr/bin/env bash
# Which names of a platform's row its system does not know: known-names.sh MANAGER PACKAGE..., as root in a base image.
# A line for each, as "package libnsl2-devel" or "repository crb"; REPOSITORIES has those that are to be there, with commas.
set -euo pipefail
here=$(unset CDPATH && cd "$(dirname "$0")" && pwd)
: "${REPOSITORIES:=}"

main() {
    [ $# -ge 2 ] || { echo "usage: known-names.sh apt|dnf|zypper PACKAGE..." >&2 && exit 2; }
    local manager=$1 name
    shift
    # shellcheck source=client-apt.sh
    . "$here/client-$manager.sh"
    for name in ${REPOSITORIES//,/ }; do
        knows_repository "$name" || {
            echo "repository $name"
            REPOSITORIES=
        }
    done
    refresh
    for name in "$@"; do
        knows_package "$name" || echo "package $name"
    done
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
