#!/usr/bin/env bash
# Makes dist/NAME of the staged tree for uv, which unpacks it anywhere: https://github.com/astral-sh/uv, crates/uv-python,
# rewrites what begins with /install in the build variables and in pkg-config's files, and nothing else.
. "$(dirname "${BASH_SOURCE[0]}")/build-environment.sh"
. "$scripts/tarball-functions.sh"

# Starts the interpreter beside the script, wherever both are; to Python these lines are a string.
launcher() {
    cat <<LAUNCHER
#!/bin/sh
'''exec' "\$(dirname -- "\$(realpath -- "\$0")")/$1" "\$0" "\$@"
'''
LAUNCHER
}

move_scripts() {
    local tree=$1 prefix=$2 file first interpreter
    for file in "$tree"/bin/*; do
        [[ -f $file && ! -L $file ]] || continue
        first=
        IFS= LC_ALL=C read -r -n 512 first 2>/dev/null <"$file" || true
        [[ $first == "#!$prefix/bin/"* ]] || continue
        interpreter=${first##*/}
        [[ $interpreter =~ ^python[0-9.]*t?$ ]] || die "$file is for '$interpreter', which is no interpreter of the tree"
        { launcher "$interpreter" && tail -n +2 "$file"; } >"$file.new"
        chmod --reference="$file" "$file.new"
        mv -- "$file.new" "$file"
    done
}

move_variables() {
    local tree=$1 prefix=$2 file found=
    while IFS= read -r -d '' file; do
        sed -i "s|$prefix|/install|g" "$file"
        if [[ $file == */_sysconfigdata_* ]]; then
            found=$file
            # uv changes the file once more, and such bytecode is never compared with it.
            rm -f -- "$(dirname "$file")/__pycache__/$(basename "$file" .py)".*.pyc
        fi
    done < <(find "$tree/lib" \( -name '_sysconfigdata_*.py' -o -path '*/pkgconfig/*.pc' \) -type f -print0)
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
    cp -a --reflink=auto "$tree" "$folder/python"
    move_scripts "$folder/python" "$prefix"
    move_variables "$folder/python" "$prefix"
    make_tarball "$name" "$folder/python"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
