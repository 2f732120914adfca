#!/usr/bin/env bash
# Furnishes the namespaces that apart-functions.sh made, and runs a command in them: as their first process it waits for
# orphans, and when it ends the kernel ends all others. Needs to be root in there.
. "$(dirname "${BASH_SOURCE[0]}")/build-environment.sh"

# What is written to the machine's folders for everybody would meet the next build. The work folder and its neighbours, such
# as ccache, may lie below one of them: they are mounted again where they were.
hide_folders() {
    local around folder
    around=$(dirname "$work")
    mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs /dev/shm
    cd "$around"
    # What has been hidden is reached from the current folder, if its name is not looked up (-c).
    for folder in /tmp /var/tmp; do mount -c --bind "./${work##*/}/tmp" "$folder"; done
    hide_installed
    mkdir -p "$around"
    mount -c --bind . "$around"
    cd "$work"
}

# An interpreter looks into its prefix for packages before it lies there: pip of the same version, installed on this machine,
# would count as installed by the build.
hide_installed() { [ ! -d /opt/python ] || mount -t tmpfs -o mode=755,nosuid,nodev tmpfs /opt/python; }

# CPython's tests talk to themselves by it. Not by `ip`, which is not everywhere.
start_loopback() {
    perl -e 'socket(my $any, 2, 2, 0) or die $!; my $up = pack("a16s", "lo", 0x41); ioctl($any, 0x8914, $up) or die $!'
}

main() {
    [[ $# -gt 1 && $1 =~ ^(no-)?mounts$ ]] || usage "mounts|no-mounts COMMAND [ARGUMENT...]"
    if [ "$1" = mounts ]; then
        mount -t proc proc /proc
        require_folder tmp "run prepare-folders.sh first"
        hide_folders
    fi
    start_loopback
    "${@:2}"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
