#!/usr/bin/env bash
# Installs those of the named Debian packages that are missing; as root, else it says what to type.
set -euo pipefail

usage() {
    echo "usage: install-packages.sh PACKAGE..." >&2
    exit 2
}

missing_of() {
    local package
    for package in "$@"; do
        [ "$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || echo "$package"
    done
}

main() {
    [ $# -gt 0 ] || usage
    local missing log
    mapfile -t missing < <(missing_of "$@")
    [ ${#missing[@]} -gt 0 ] || exit 0
    if [ "$(id -u)" != 0 ]; then
        echo "install-packages.sh: packages are missing; install them first:" >&2
        echo "  sudo apt-get update && sudo apt-get install --no-install-recommends ${missing[*]}" >&2
        exit 1
    fi
    echo "installing ${missing[*]}"
    log=$(mktemp)
    export DEBIAN_FRONTEND=noninteractive
    if ! { apt-get --quiet update && apt-get --quiet --yes -o DPkg::Lock::Timeout=600 install --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
        tail -n 20 "$log" >&2
        rm -f "$log"
        echo "install-packages.sh: apt-get could not install ${missing[*]}" >&2
        exit 1
    fi
    rm -f "$log"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    main "$@"
fi
