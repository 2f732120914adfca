#!/usr/bin/env bash
# Packs what train.sh left (*.gcda) as dist/training-data.tar.gz, an input of later builds; the same data gives the same bytes.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/build-environment.sh"

name=training-data.tar.gz

main() {
    [ $# -eq 0 ] || usage "(no arguments)"
    refuse_root
    [ -s source/Python/ceval.gcda ] || die "there is no training data in $work/source: run train.sh first"
    (cd source && find . -name '*.gcda' -type f -print0 | LC_ALL=C sort -z) |
        LC_ALL=C tar -C source --create --no-recursion --owner=0 --group=0 --numeric-owner --mode=0644 --mtime=@0 \
            --format=ustar --null --files-from=- | gzip -n >"dist/$name"
    write_sha256 "dist/$name"
    say "$(stat -c %s "dist/$name") bytes in dist/$name"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
