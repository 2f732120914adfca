# shellcheck shell=bash
# How tarballs are made, of a tree that will lie anywhere. Sourced after build-environment.sh.

# The staged tree stays as it is: a tree that lies anywhere is a copy of it.
copy_tree() { cp -a --reflink=auto -- "$1" "$2"; }

# JSON cannot find out where it lies: in a tree that will lie anywhere, paths start from the folder of the file that names
# them. In build-details.json (PEP 739) that holds for base_prefix, from which all others start.
lay_out_json() {
    local tree=$1 prefix=$2 file
    find "$tree/lib" -name build-details.json -exec sed -i -e "s|\"$prefix\"|\"../..\"|" -e "s|\"$prefix/|\"|" {} +
    while IFS= read -r -d '' file; do
        sed -i "s|$prefix|$(realpath --relative-to="$(dirname "$file")" "$tree")|g" "$file"
    done < <(grep -r -l -Z -F --include='*.json' -- "$prefix" "$tree")
}

# Makes dist/NAME of a folder, with its last part as the one at the top; the same files give the same bytes, whoever makes
# it and when. LC_ALL=C: the order of names must not depend on the locale.
make_tarball() {
    local name=$1 tree=$2
    export_source_date_epoch
    LC_ALL=C tar -C "$(dirname "$tree")" --create --sort=name --owner=0 --group=0 --numeric-owner \
        --mtime="@$SOURCE_DATE_EPOCH" --format=posix \
        --pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime \
        "$(basename "$tree")" | gzip -n >"dist/$name"
    write_sha256 "dist/$name"
    say "$(stat -c %s "dist/$name") bytes in dist/$name"
}
