#!/usr/bin/env bash
# Makes the tarball dist/NAME of the staged tree, or of the tree of its tests or its debug information, which can be
# unpacked over it; the same tree gives the same bytes, whoever makes it and when.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/build-environment.sh"
. "$scripts/lib/refuse-paths.sh"
. "$scripts/lib/tarball-functions.sh"

main() {
    [[ $# -eq 2 || $# -eq 3 ]] || usage "NAME PREFIX [stage|stage-test|stage-debug]"
    local name=$1 prefix=$2 part=${3:-stage} tree
    [[ $part =~ ^stage(-test|-debug)?$ ]] || usage "NAME PREFIX [stage|stage-test|stage-debug]"
    [[ $name == *.tar.gz && $name != */* ]] || die "NAME must be a file name that ends in .tar.gz, not '$name'"
    tree=$(staged_prefix "$prefix" "$part")
    require_folder "$tree" "run install-to-stage.sh first"
    folder=$(mktemp -d "$work/dist/.tarball.XXXXXX") # not local: the trap needs it
    trap 'rm -rf -- "$folder"' EXIT
    copy_tree "$tree" "$folder/${prefix##*/}"
    tree=$folder/${prefix##*/}
    lay_out_json "$tree" "$prefix"
    [ "$part" != stage ] || refuse_prefix "$tree" "$prefix" 'lib/python3*/_sysconfigdata_*.py'
    make_tarball "$name" "$tree"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
