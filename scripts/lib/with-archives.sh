#!/usr/bin/env bash
# Runs a command in a base system, with those folders of this machine in which its apt finds the archive, and leaves nothing
# of them in there. Needs to be root in a mount namespace of its own.
. "$(dirname "${BASH_SOURCE[0]}")/build-environment.sh"
. "$scripts/lib/archive-mounts.sh"

main() {
    [ $# -gt 1 ] || usage "ROOT COMMAND [ARGUMENT...]"
    local root=$1 archives made status=0
    mapfile -t archives < <(archive_folders "$root")
    made=$(mount_archives "$root" "${archives[@]}")
    chroot "$@" || status=$?
    unmount_archives "$root" "${archives[@]}"
    [ -z "$made" ] || xargs -d '\n' rmdir -- <<<"$made"
    return "$status"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
