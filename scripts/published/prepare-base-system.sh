#!/usr/bin/env bash
# Copies a base system to TARGET, fetches its archive's indexes there, and prints which version that has of each PACKAGE,
# a line each. All else that is said goes to stderr.
# Exit status: 0, 2 wrong arguments, 3 it could not be done here.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/build-environment.sh"
. "$scripts/published/base-system.sh"

# Amazon Linux is locked to the release of its image, and would have no updates, unless it is told to follow the newest.
follow_newest_release() {
    grep -qsx 'ID="amzn"' "$root/etc/os-release" || return 0
    mkdir -p "$root/etc/dnf/vars" && echo latest >"$root/etc/dnf/vars/releasever"
}

main() {
    [ $# -ge 2 ] || usage "BASE_ROOT TARGET [PACKAGE...]"
    local base=$1 target=$2 name
    [ "$(id -u)" -eq 0 ] || not_checked "updates are installed by root, and this is not root"
    [[ -n $base && -x $base/bin/sh ]] || not_checked "there is no base system in '$base': make-base-root.sh makes one"
    reach_archives "$base" "$@"
    trap not_checked_on_failure EXIT
    rm -rf --one-file-system -- "$target" # of a build that was killed
    # Not in memory: the copies that the packages are installed in need that.
    PYTHON_BUILDS_SCRATCH='' make_scratch_root "$base"
    mv -- "$root" "$target" && rmdir -- "$scratch"
    root=$work/$target
    mount_them
    follow_newest_release
    name=$(manager)
    source_manager "$name"
    refresh "$name" >&2 || not_checked "the distribution's archive cannot be reached, see above"
    [ $# -eq 2 ] || candidates "$name" "${@:3}"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
