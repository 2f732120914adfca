#!/usr/bin/env bash
# Makes the tarball dist/NAME of the staged tree; the same tree gives the same bytes, whoever makes it and when.
. "$(dirname "${BASH_SOURCE[0]}")/build-environment.sh"
. "$scripts/tarball-functions.sh"

main() {
    [ $# -eq 2 ] || usage "NAME PREFIX"
    local name=$1 prefix=$2 tree
    [[ $name == *.tar.gz && $name != */* ]] || die "NAME must be a file name that ends in .tar.gz, not '$name'"
    tree=$(staged_prefix "$prefix")
    require_folder "$tree" "run install-to-stage.sh first"
    make_tarball "$name" "$tree"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
