#!/usr/bin/env bash
# Copies finished artifacts from dist/, which is the build user's, to out/, which is the worker's: what is checked and
# uploaded from there cannot be swapped any more, and was no link to a file that only root may read.
. "$(dirname "${BASH_SOURCE[0]}")/build-environment.sh"

# Far above the largest package there is.
largest=$((1024 * 1024 * 1024))

main() {
    [ $# -gt 0 ] || usage "NAME..."
    local name size
    rm -rf --one-file-system -- out
    mkdir -m 700 out
    for name in "$@"; do
        [[ $name != */* && $name != .* ]] || die "'$name' is not the plain name of an artifact"
        [[ -f dist/$name && ! -L dist/$name ]] || die "the build left no $work/dist/$name"
        size=$(stat -c %s "dist/$name")
        [ "$size" -le "$largest" ] || die "dist/$name has $size bytes; $largest are allowed"
        # It may have become something else since: a link is not followed, a pipe is not waited for.
        dd if="dist/$name" of="out/$name" bs=1M count=1024 iflag=nofollow,nonblock,fullblock status=none
    done
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
