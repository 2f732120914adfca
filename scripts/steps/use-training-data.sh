#!/usr/bin/env bash
# Verifies stored training data and puts it where the compiler looks for it; then compile.sh optimized can follow.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/build-environment.sh"

# Nothing but data of the compiler's may come into the source tree this way.
refuse_other_files() {
    local other
    other=$(tar -tzf "$1" | grep -v -E '^\./[A-Za-z0-9_]([A-Za-z0-9_./-]*[A-Za-z0-9_-])?\.gcda$' || true)
    other+=$(tar -tzf "$1" | grep -F '..' || true)
    other+=$(tar -tvzf "$1" | grep -v '^-' || true)
    [ -z "$other" ] || die "$1 holds what is no training data: $(head -n 3 <<<"$other")"
}

main() {
    [ $# -eq 2 ] || usage "TARBALL SHA256"
    local tarball=$1 sha256=$2 found
    [[ $sha256 =~ ^[0-9a-f]{64}$ ]] || die "SHA256 must be 64 lower-case hexadecimal digits, not '$sha256'"
    refuse_root
    [ -f "$tarball" ] || die "there is no $tarball in $work"
    [ -f source/Makefile ] || die "there is no $work/source/Makefile: run configure.sh first"
    found=$(sha256sum <"$tarball")
    found=${found%% *}
    [ "$found" = "$sha256" ] || die "$tarball has sha256 $found, but $sha256 was asked for"
    refuse_other_files "$tarball"
    tar -xzf "$tarball" --no-same-owner -C source
    say "training data of $(find source -name '*.gcda' | wc -l) object files, sha256 $sha256"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
