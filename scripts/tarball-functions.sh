# shellcheck shell=bash
# How tarballs are made. Sourced after build-environment.sh.

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
