#!/usr/bin/env bash
# Puts the interpreters that are compared where they belong in a container, as root; the current folder has ours.tar and
# predecessor.tar. Fails unless each is of the version and linked as it is to be.
set -euo pipefail
unset CDPATH # with it, cd may go elsewhere, and prints where
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
unprivileged=(setpriv --reuid=nobody --regid=nogroup --clear-groups --no-new-privs)

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

unpack() {
    mkdir -p "$2"
    tar -C "$2" -xf "$1"
    chown -R nobody:nogroup "$2"
}

install_distributions_package() {
    command -v "python$1" >/dev/null && return
    apt-get -q update
    DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install "python$1"
}

# In the bin folder of the tree, where it finds the standard library as every interpreter does.
link_through_libpython() {
    local prefix=$1 words flags
    words=$("${unprivileged[@]}" "$prefix/bin/python3-config" --embed --cflags --ldflags)
    read -r -a flags <<<"${words//$'\n'/ }"
    "${unprivileged[@]}" gcc "$here/through_libpython.c" -o "$prefix/bin/python-through-libpython" \
        "${flags[@]}" "-Wl,-rpath,$prefix/lib"
}

uses_libpython() { [[ $(ldd "$1") == *libpython* ]]; }

main() {
    [ $# -eq 1 ] || die "usage: VERSION"
    local version=$1 minor=${1%.*} ours=/opt/python/$1 predecessor=/opt/predecessor/$1 interpreter
    unpack ours.tar /opt/python
    unpack predecessor.tar /opt/predecessor
    install_distributions_package "$minor"
    link_through_libpython "$ours"
    for interpreter in "$ours"/bin/python{"$minor",-through-libpython} "$predecessor/bin/python$minor" "/usr/bin/python$minor"; do
        [ "$("${unprivileged[@]}" "$interpreter" --version)" = "Python $version" ] || die "$interpreter is not Python $version"
    done
    for interpreter in "$ours/bin/python-through-libpython" "$predecessor/bin/python$minor"; do
        uses_libpython "$interpreter" || die "$interpreter is not linked with libpython"
    done
    ! uses_libpython "$ours/bin/python$minor" || die "our interpreter is linked with libpython"
    chown -R nobody:nogroup .
}

main "$@"
