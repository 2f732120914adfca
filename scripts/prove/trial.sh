#!/usr/bin/env bash
# What a user does with what was published, on a system that has nothing of it: trial.sh MANAGER TRIAL, as root in a container.
# Its last line is WORKS, or REFUSED where another system may refuse. Of the environment it takes
#   CDN            where the store is served; REPOSITORY is the platform's folder in it, SUITE apt's name of the release
#   NAMES          the packages; NAME is the one that most trials take, VERSION its version, PREFIX its folder
#   FIRST          address of its first revision's package file
set -euo pipefail
here=$(unset CDPATH && cd "$(dirname "$0")" && pwd)
: "${CDN:=}" "${REPOSITORY:=}" "${NAMES:=}" "${NAME:=}" "${VERSION:=}" "${PREFIX:=}" "${FIRST:=}"
. "$here/installed-functions.sh"

# Each by its name from the signed repository, one after the other, and all beside each other.
try_repository() {
    local name
    add_repository
    # shellcheck disable=SC2086 # the list is words
    install_package $NAMES
    for name in $NAMES; do check_interpreter "/opt/python/${name#python-}"; done
    # shellcheck disable=SC2086
    remove_package $NAMES
    nothing_left
}

try_installer() {
    curl -fsSL "$CDN/python/install.sh" | sh -s -- --yes --symlink "$VERSION"
    check_interpreter "$PREFIX"
    curl -fsSL "$CDN/python/install.sh" | sh -s -- --yes --uninstall "$VERSION"
    nothing_left
}

try_upgrade() {
    install_from_address "$FIRST"
    [ "$(installed_version "$NAME")" = 1 ]
    add_repository
    upgrade_all
    [ "$(installed_version "$NAME")" = 2 ]
    check_interpreter "$PREFIX"
    remove_package "$NAME"
    nothing_left
}

# In a worker image, which has the libraries that a package would bring, and a compiler.
try_uv() {
    local found
    mkdir -p /tmp/work && cd /tmp/work
    export UV_PYTHON_INSTALL_DIR=/srv/pythons UV_CACHE_DIR=/tmp/cache UV_PYTHON_BIN_DIR=/tmp/bin
    export UV_PYTHON_DOWNLOADS_JSON_URL=$REPOSITORY/uv.json
    uv python install --no-config "$VERSION"
    uv venv --no-config --managed-python --python "$VERSION" venv
    found=$(venv/bin/python -c 'import sys; print(sys.base_prefix)')
    case $found in /srv/pythons/*) ;; *) echo "uv took $found" >&2 && exit 1 ;; esac
    chown -R 65534:65534 /srv/pythons
    as_nobody "$found/bin/python3" "$here/../checks/check_development.py" "$found"
}

try_elsewhere() {
    local said
    add_repository
    if said=$(install_package "$NAME" 2>&1); then
        check_interpreter "$PREFIX"
        remove_package "$NAME"
        nothing_left
    else # for want of its libraries, and not of the network
        echo "$said"
        [ -z "$(installed_version "$NAME")" ]
        grep -Eq 'unmet dependencies|nothing provides' <<<"$said"
        echo REFUSED && exit
    fi
}

main() {
    [ $# -eq 2 ] || { echo "usage: trial.sh apt|dnf|zypper repository|installer|upgrade|uv|elsewhere" >&2 && exit 2; }
    # shellcheck source=client-apt.sh
    . "$here/client-$1.sh"
    [ "$2" = uv ] || prepare
    "try_$2"
    echo WORKS
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
