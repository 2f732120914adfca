#!/usr/bin/env bash
# Makes dist/NAME of the staged tree for uv, which unpacks it anywhere: https://github.com/astral-sh/uv, crates/uv-python,
# rewrites what begins with /install in the build variables. Everything else in the tree works from any folder already.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/build-environment.sh"
. "$scripts/lib/refuse-paths.sh"
. "$scripts/lib/tarball-functions.sh"
. "$scripts/lib/relocatable-functions.sh"

# As literals, without the code that computes them elsewhere: uv writes what it has read.
move_variables() {
    local tree=$1 prefix=$2 file found=
    for file in "$tree"/lib/python3*/_sysconfigdata_*.py; do
        [ -f "$file" ] || continue
        found=$file
        sed -i -e "/^# python-builds$variables_move\$/,\$d" -e "s|$prefix|/install|g" "$file"
        # uv changes the file once more, and such bytecode is never compared with it.
        rm -f -- "$(dirname "$file")/__pycache__/$(basename "$file" .py)".*.pyc
    done
    [ -n "$found" ] || die "there is no _sysconfigdata_*.py in $tree/lib, which uv wants"
}

main() {
    [ $# -eq 2 ] || usage "NAME PREFIX"
    local name=$1 prefix=$2 tree
    [[ $name == *-uv.tar.gz && $name != */* ]] || die "NAME must be a file name that ends in -uv.tar.gz, not '$name'"
    tree=$(staged_prefix "$prefix")
    require_folder "$tree" "run install-to-stage.sh first"
    folder=$(mktemp -d "$work/dist/.uv.XXXXXX") # not local: the trap needs it
    trap 'rm -rf -- "$folder"' EXIT
    copy_tree "$tree" "$folder/python"
    move_variables "$folder/python" "$prefix"
    lay_out_json "$folder/python" "$prefix"
    refuse_prefix "$folder/python" "$prefix"
    make_tarball "$name" "$folder/python"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
