#!/usr/bin/env bash
# Installs all updates of its distribution in TARGET, which prepare-base-system.sh made.
# Exit status: 0, 2 wrong arguments, 3 it could not be done here.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/build-environment.sh"
. "$scripts/published/base-system.sh"

main() {
    [ $# -eq 1 ] || usage TARGET
    local name
    root=$work/$1
    [ -x "$root/bin/sh" ] || not_checked "there is no base system in $root: prepare-base-system.sh makes one"
    reach_archives "$root" "$@"
    trap not_checked_on_failure EXIT
    mount_them
    name=$(manager)
    source_manager "$name"
    upgrade "$name" || not_checked "the distribution's updates cannot be installed, see above"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
