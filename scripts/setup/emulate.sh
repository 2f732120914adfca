#!/usr/bin/env bash
# Has this machine's kernel run programs of ARCHITECTURE (Debian's name of it) by qemu-user, in containers too. As root.
set -euo pipefail

usage() {
    echo "usage: emulate.sh arm64|amd64" >&2
    exit 2
}

main() {
    [ $# -eq 1 ] || usage
    local machine folder=/proc/sys/fs/binfmt_misc
    case $1 in arm64) machine=aarch64 ;; amd64) machine=x86_64 ;; *) usage ;; esac
    # By the flag F the kernel keeps the emulator open, so that a root which has none of it needs none.
    if grep -qs '^flags:.*F' "$folder/qemu-$machine"; then return; fi
    "${BASH_SOURCE[0]%/*}/install-packages.sh" qemu-user-static binfmt-support
    [ -e "$folder/register" ] || mount -t binfmt_misc binfmt_misc "$folder"
    update-binfmts --enable "qemu-$machine"
    grep -q '^flags:.*F' "$folder/qemu-$machine" || {
        echo "emulate.sh: the kernel does not run programs of $machine in containers: see $folder/qemu-$machine" >&2
        exit 1
    }
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
