# shellcheck shell=bash
# What a tree must not contain: names of the build's folders and, where it will lie elsewhere, of its prefix. Sourced after
# build-environment.sh.
: "${work:?}" "${masquerade_folders:?}"

# A folder as a basic regular expression.
# shellcheck disable=SC2001 # by ${//} each of the characters would take one more
as_expression() { sed 's/[][\.*^$|]/\\&/g' <<<"$1"; }

# Files for users that name a folder of the build alone, each with the first text in it that does.
files_naming_build_folder() {
    local folder file
    for folder in "$work" "${masquerade_folders[@]}"; do
        { grep -r -l -a -Z -F -- "$folder/" stage stage-test stage-debug || [ $? -eq 1 ]; } |
            while IFS= read -r -d '' file; do
                printf '%s: %s\n' "$file" "$(LC_ALL=C grep -a -o -e "$(as_expression "$folder")/[A-Za-z0-9_./+-]*" -- "$file" | sed -n 1p)"
            done
    done
}

refuse_build_folder() {
    local files
    files=$(files_naming_build_folder)
    [ -z "$files" ] || die "these files name folders of the build, which users do not have:
$files"
}

# What may name the prefix though the tree lies elsewhere: files that find out, when they are used, where they are. Of what
# is no text, programs take the prefix for their last resort, and bytecode gets other names at import.
finding_out=('bin/python3*-config' 'lib/python3*/config-*/Makefile')

# Fails where any other text names the prefix: whoever reads it would be sent to where nothing is. More files that find out
# may be named.
refuse_prefix() {
    local tree=$1 prefix=$2 pattern excluded=() lines
    shift 2
    for pattern in "${finding_out[@]}" "$@"; do excluded+=("!" -path "$tree/$pattern"); done
    lines=$(find "$tree" -type f "${excluded[@]}" -exec env LC_ALL=C grep -I -H -n -m 1 -F -- "$prefix" {} + || [ $? -eq 1 ])
    [ -z "$lines" ] || die "these files name $prefix, and would where the tree lies elsewhere, too; relocatable-functions.sh and
tarball-functions.sh make such files name where they are:
${lines//"$tree/"/}"
}
