#!/usr/bin/env bash
# Verifies the source tarball and unpacks it into source/, and notes the release's date for SOURCE_DATE_EPOCH.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/build-environment.sh"

verify_sha256() {
    local tarball=$1 expected=$2 found
    found=$(sha256sum <"$tarball")
    found=${found%% *}
    [ "$found" = "$expected" ] || die "$tarball has sha256 $found, but $expected was asked for"
}

# Into a folder of its own first: only then is it certain that there is one top folder, without reading the archive twice.
unpack() {
    local tarball=$1 entries
    mkdir source/.unpacked
    tar -xf "$tarball" --no-same-owner --no-same-permissions -C source/.unpacked
    shopt -s dotglob nullglob
    entries=(source/.unpacked/*)
    [[ ${#entries[@]} -eq 1 && -d ${entries[0]} ]] ||
        die "$tarball must have exactly one top folder, but has: ${entries[*]##*/}"
    entries=(source/.unpacked/*/*)
    [ ${#entries[@]} -gt 0 ] || die "$tarball is empty"
    mv -- "${entries[@]}" source/
    rm -r source/.unpacked
}

newest_mtime() {
    find source -type f -printf '%T@\n' | awk -F. '$1 + 0 > newest { newest = $1 + 0 } END { printf "%d\n", newest }'
}

main() {
    [ $# -eq 2 ] || usage "TARBALL SHA256"
    local tarball=$1 sha256=$2
    [[ $sha256 =~ ^[0-9a-f]{64}$ ]] || die "SHA256 must be 64 lower-case hexadecimal digits, not '$sha256'"
    [ -f "$tarball" ] || die "there is no $tarball in $work"
    require_folder source "run prepare-folders.sh first"
    [ -z "$(ls -A source)" ] || die "$work/source is not empty: run prepare-folders.sh first"
    verify_sha256 "$tarball" "$sha256"
    unpack "$tarball"
    newest_mtime >logs/source-date-epoch
    say "unpacked $tarball, SOURCE_DATE_EPOCH $(<logs/source-date-epoch)"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
