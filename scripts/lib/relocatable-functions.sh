# shellcheck shell=bash
# What install-to-stage.sh does so that the tree works from any folder; refuse-paths.sh has what such a tree must not
# contain. Sourced after build-environment.sh.

# Starts the interpreter at a place seen from the script, wherever both are; to Python these lines are a string.
launcher() {
    cat <<LAUNCHER
#!/bin/sh
'''exec' "\$(dirname -- "\$(realpath -- "\$0")")/$1" "\$0" "\$@"
'''
LAUNCHER
}

move_scripts() {
    local tree=$1 prefix=$2 file first interpreter
    for file in "$tree"/bin/* "$tree"/lib/python3*/config-*/*.py; do
        [[ -f $file && ! -L $file ]] || continue
        first=
        IFS= LC_ALL=C read -r -n 512 first 2>/dev/null <"$file" || true
        [[ $first == "#!$prefix/bin/"* ]] || continue
        interpreter=${first##*/}
        [[ $interpreter =~ ^python[0-9.]*t?$ ]] || die "$file is for '$interpreter', which is no interpreter of the tree"
        interpreter=$(realpath --relative-to="$(dirname "$file")" "$tree/bin")/$interpreter
        { launcher "${interpreter#./}" && tail -n +2 "$file"; } >"$file.new"
        chmod --reference="$file" "$file.new"
        mv -- "$file.new" "$file"
    done
}

# CPython's own python3-config looks at $0 already, but is misled by symbolic links and white space.
move_configuration_scripts() {
    local file
    for file in "$1"/bin/python3*-config; do
        [[ -f $file && ! -L $file ]] || continue
        # shellcheck disable=SC2016 # the script expands it
        sed -i 's|^prefix_real=.*|prefix_real=$(dirname -- "$(dirname -- "$(realpath -- "$0")")")|' "$file"
    done
}

# What package-uv.sh takes away again begins with this line.
variables_move=": a tree that lies elsewhere than it was built for names where it is."

# Text is only replaced where the file lies in a tree: tools for cross compilation copy it to elsewhere.
move_build_variables() {
    local library=$1 prefix=$2 file
    for file in "$library"/_sysconfigdata_*.py; do
        [ -f "$file" ] || die "there is no _sysconfigdata_*.py in $library"
        cat >>"$file" <<MOVE

# python-builds$variables_move
def _name_where_it_is(built_for, tail):
    import os

    library = os.path.dirname(os.path.abspath(__file__))
    prefix = library[: -len(tail)]
    if prefix != built_for and prefix + tail == library:
        for name, value in build_time_vars.items():
            if isinstance(value, str):
                build_time_vars[name] = value.replace(built_for, prefix)


_name_where_it_is("$prefix", "/lib/${library##*/}")
del _name_where_it_is
MOVE
    done
}

# The Makefile is read by make, which evaluates the line that is added, and by Python's parsers of it, which take no notice
# of it.
move_other_files() {
    local tree=$1 library=$2 prefix=$3
    find "$tree/lib/pkgconfig" -name '*.pc' -type f -exec sed -i "s|^prefix=$prefix\$|prefix=\${pcfiledir}/../..|" {} +
    find "$library" -path '*/config-*/Makefile' -exec sed -i "/^prefix=[[:space:]]*${prefix//\//\\/}\$/a\\
\$(foreach tree,\$(abspath \$(dir \$(lastword \$(MAKEFILE_LIST)))../../..),\$(if \$(wildcard \$(tree)/lib/${library##*/}/os.py),\$(eval prefix := \$(tree))))" {} +
}
