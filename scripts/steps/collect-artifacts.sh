#!/usr/bin/env bash
# Copies finished artifacts from sealed/dist/ and dist/, where others than root can write, to out/, which is the worker's: what
# is checked and uploaded from there cannot be swapped any more, and was no link to a file that only root may read.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/build-environment.sh"

# Far above the largest package there is.
largest=$((1024 * 1024 * 1024))

main() {
    [ $# -gt 0 ] || usage "sealed/dist/NAME|dist/NAME..."
    local file size
    rm -rf --one-file-system -- out
    mkdir -m 700 out
    for file in "$@"; do
        [[ $file =~ ^(sealed/)?dist/[^/.][^/]*$ ]] || die "'$file' is not an artifact in dist or sealed/dist"
        [[ -f $file && ! -L $file ]] || die "the build left no $work/$file"
        size=$(stat -c %s "$file")
        [ "$size" -le "$largest" ] || die "$file has $size bytes; $largest are allowed"
        # It may have become something else since: a link is not followed, a pipe is not waited for.
        dd if="$file" of="out/${file##*/}" bs=1M count=1024 iflag=nofollow,nonblock,fullblock status=none
    done
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
