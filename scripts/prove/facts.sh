#!/usr/bin/env bash
# What a base image says of itself: its os-release, a line of dashes, and its C library.
set -euo pipefail

main() {
    [ $# -eq 0 ] || { echo "usage: facts.sh (no arguments)" >&2 && exit 2; }
    cat /etc/os-release
    echo ---
    getconf GNU_LIBC_VERSION
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
