#!/usr/bin/env bash
# Makes the tarball dist/NAME of the staged tree; the same tree gives the same bytes, whoever makes it and when.
. "$(dirname "${BASH_SOURCE[0]}")/build-environment.sh"

main() {
    [ $# -eq 2 ] || usage "NAME PREFIX"
    local name=$1 prefix=$2 tree
    [[ $name == *.tar.gz && $name != */* ]] || die "NAME must be a file name that ends in .tar.gz, not '$name'"
    tree=$(staged_prefix "$prefix")
    require_folder "$tree" "run install-to-stage.sh first"
    export_source_date_epoch
    # LC_ALL=C: the order of names must not depend on the locale.
    LC_ALL=C tar -C "$(dirname "$tree")" --create --sort=name --owner=0 --group=0 --numeric-owner \
        --mtime="@$SOURCE_DATE_EPOCH" --format=posix \
        --pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime \
        "$(basename "$tree")" | gzip -n >"dist/$name"
    write_sha256 "dist/$name"
    say "$(stat -c %s "dist/$name") bytes in dist/$name"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
