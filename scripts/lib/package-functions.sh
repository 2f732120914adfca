# shellcheck shell=bash
# What packages of both formats are made with. Sourced after build-environment.sh.
: "${scripts:?}"

# shellcheck disable=SC2034 # for those who source this
maintainer=${PYTHON_BUILDS_MAINTAINER:-python-builds <python-builds@localhost>}

# Lays each distribution that ensurepip has put into the tree apart, into lib/ensurepip/NAME; scripts/maintainer/version.sh.in
# says why, and links it to where it works.
lay_ensurepip_apart() {
    local tree=$1 metadata name kept path link
    [ ! -e "$tree/lib/ensurepip" ] || die "the tree has a lib/ensurepip already"
    for metadata in "$tree"/lib/python*/site-packages/*-*.dist-info; do
        [ -f "$metadata/RECORD" ] || continue
        name=${metadata##*/}
        kept=$tree/lib/ensurepip/${name%%-*}
        while IFS= read -r path; do
            move_below "$tree" "$path" "$kept"
        done < <(top_levels "$metadata" "$tree")
        for link in "$tree"/bin/*; do
            [[ ! -L $link || ! -e $kept/bin/$(readlink "$link") ]] || move_below "$tree" "bin/${link##*/}" "$kept"
        done
    done
}

# What RECORD names, as paths in the tree: the programs one by one, of everything else the folder or file below
# site-packages.
top_levels() {
    local site=${1%/*}
    sed -E -n -e 's#^(\.\./)+(bin/[^/,]+),.*#\2#p' -e "s#^([A-Za-z0-9_][^/,]*).*#${site#"$2/"}/\1#p" "$1/RECORD" | sort -u
}

move_below() {
    local tree=$1 path=$2 to=$3
    [[ -e $tree/$path || -L $tree/$path ]] || return 0
    mkdir -p "$to/$(dirname "$path")"
    mv -- "$tree/$path" "$to/$path"
}

# Prints what root runs at a moment of a package's life.
maintainer_script() {
    local kind=$1 package=$2 moment=$3
    sed -e "s/@PACKAGE@/$package/" -e "s/@MOMENT@/$moment/" "$scripts/maintainer/$kind.sh.in"
}

# What dpkg and rpm show, in lines that they do not break.
# shellcheck disable=SC2034 # for those who source this
description="The Python interpreter, its standard library, pip and the files to embed
and extend it, beside every other version."
# shellcheck disable=SC2034 # for those who source this
metapackage_description="Depends on the newest patch that there is, which is in /opt/python and on
the PATH under the name of its series, too."

check_metapackage() {
    [[ $1 =~ ^python-[0-9]+\.[0-9]+t?$ ]] || die "METAPACKAGE must be the package of a minor, such as python-3.13, not '$1'"
    [[ $2 =~ ^[0-9]+\.[0-9]+\.[0-9]+-[1-9][0-9]*$ ]] || die "VERSION-REVISION must be as in 3.13.5-1, not '$2'"
    [[ $3 =~ ^[a-z0-9_]+$ ]] || die "ARCHITECTURE must be one of the distribution's, such as amd64, not '$3'"
    [[ $4 =~ ^/opt/python/[0-9]+\.[0-9]+\.[0-9]+t?$ ]] || die "PREFIX must be that of a final release, such as /opt/python/3.13.5, not '$4'"
}
