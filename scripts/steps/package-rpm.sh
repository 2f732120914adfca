#!/usr/bin/env bash
# Makes dist/PACKAGE-1-REVISION.ARCHITECTURE.rpm of the staged tree, with the dependencies rpm computes from its binaries.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/build-environment.sh"
. "$scripts/lib/rpm-spec.sh"

arguments="PACKAGE REVISION ARCHITECTURE PREFIX gzip|xz|zstd"

main() {
    [ $# -eq 5 ] || usage "$arguments"
    local package=$1 revision=$2 architecture=$3 prefix=$4 compression=$5 tree rpm requires
    [[ $package =~ ^[a-z0-9][a-z0-9+.-]+$ ]] || die "PACKAGE must be a package name in small letters, not '$package'"
    [[ $revision =~ ^[0-9][A-Za-z0-9.+~]*$ ]] || die "REVISION must be what rpm takes as a release, not '$revision'"
    [[ $architecture =~ ^[a-z0-9_]+$ ]] || die "ARCHITECTURE must be one of rpm's, such as x86_64, not '$architecture'"
    [[ $compression =~ ^(gzip|xz|zstd)$ ]] || usage "$arguments"
    [[ $prefix =~ ^[A-Za-z0-9/._+~-]+$ ]] || die "PREFIX must be a path that a spec file takes unquoted, not '$prefix'"
    tree=$(staged_prefix "$prefix")
    require_folder "$tree" "run install-to-stage.sh first"
    export_source_date_epoch
    folder=$(mktemp -d "$work/dist/.rpm.XXXXXX") # not local: the trap needs it
    trap 'rm -rf -- "$folder"' EXIT
    set_macros "$folder"
    write_spec "$folder" "$package" "$revision" "$tree" "$prefix" "$compression"
    rpm=$package-1-$revision.$architecture.rpm
    mkdir "$folder/tmp"
    rpmbuild -bb --nodeps --macros="$macros" --target="$architecture" --define="_rpmfilename $rpm" \
        --define="_topdir $folder" --define="_rpmdir $folder" --define="_tmppath $folder/tmp" --define="_dbpath $folder/db" \
        "$folder/package.spec"
    mv -- "$folder/$rpm" "dist/$rpm"
    write_sha256 "dist/$rpm"
    requires=$(rpm --query --package --requires "dist/$rpm" | paste -s -d ' ')
    say "$(stat -c %s "dist/$rpm") bytes in dist/$rpm; Requires: $requires"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
