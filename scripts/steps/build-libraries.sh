#!/usr/bin/env bash
# Builds libraries that this CPython does not bundle any more, from their own upstream's source, for configure.sh to take.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/build-environment.sh"
. "$scripts/lib/hardening-flags.sh"
. "$scripts/lib/static-libraries.sh"

arguments="[NAME TARBALL SHA256]..."

unpack_library() {
    local tarball=$1 sha256=$2 folder=$3 found
    [ -f "$tarball" ] || die "there is no $tarball in $work"
    found=$(sha256sum <"$tarball")
    [ "${found%% *}" = "$sha256" ] || die "$tarball has sha256 ${found%% *}, but $sha256 was asked for"
    mkdir -p "$folder"
    tar -xf "$tarball" --no-same-owner --no-same-permissions --strip-components=1 -C "$folder"
}

# As position-independent as an extension module, whose own its symbols are; from the folder of CPython's source, whose name
# appears nowhere.
build_library() {
    local folder=$1
    (
        cd "$folder"
        CFLAGS="-g -O2 $hardening_cflags -fPIC -fvisibility=hidden -ffile-prefix-map=$PWD=./${folder#source/}" \
            ./configure --prefix="$work/source/$libraries" --disable-shared --disable-cxx --disable-doc --disable-pc
        make -j"$jobs"
        make install
    )
}

main() {
    [[ $(($# % 3)) -eq 0 ]] || usage "$arguments"
    refuse_root
    require_folder source "run unpack-source.sh first"
    export_source_date_epoch
    set_hardening_flags
    local name tarball sha256
    while [ $# -gt 0 ]; do
        name=$1 tarball=$2 sha256=$3
        shift 3
        [[ $name =~ ^[a-z0-9]+$ && $sha256 =~ ^[0-9a-f]{64}$ ]] || usage "$arguments"
        if bundles "$name"; then
            say "this CPython brings $name itself"
            continue
        fi
        unpack_library "$tarball" "$sha256" "source/$libraries/$name"
        build_library "source/$libraries/$name"
        say "built $name of $tarball"
    done
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
