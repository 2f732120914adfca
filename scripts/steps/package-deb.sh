#!/usr/bin/env bash
# Makes dist/PACKAGE_REVISION_ARCHITECTURE.deb of the staged tree, with the dependencies dpkg-shlibdeps computes.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/build-environment.sh"
. "$scripts/lib/package-functions.sh"
. "$scripts/lib/deb-functions.sh"

arguments="PACKAGE REVISION ARCHITECTURE PREFIX gzip|xz|zstd"

# dpkg-shlibdeps wants a source package around the tree. The DEBIAN folder must exist before it runs: without it $ORIGIN
# is not resolved, and our own libpython is mistaken for the distribution's package of it.
lay_out_package() {
    local folder=$1 package=$2 tree=$3 prefix=$4
    mkdir -p "$folder/debian/$package/DEBIAN" "$folder/debian/$package$(dirname "$prefix")"
    printf 'Source: %s\n\nPackage: %s\nArchitecture: any\n' "$package" "$package" >"$folder/debian/control"
    cp -al "$tree" "$folder/debian/$package$prefix"
}

shared_library_dependencies() {
    local folder=$1 package=$2 prefix=$3 binaries
    cd "$folder"
    mapfile -d '' -t binaries < <(elf_files "debian/$package" | sort -z)
    if [ ${#binaries[@]} -eq 0 ]; then return; fi
    dpkg-shlibdeps -O "-ldebian/$package$prefix/lib" "${binaries[@]}" | sed -n 's/^shlibs:Depends=//p'
}

write_control() {
    local root=$1 package=$2 revision=$3 architecture=$4 prefix=$5 depends=$6
    {
        printf '%s: %s\n' Package "$package" Version "$revision" Architecture "$architecture" Maintainer "$maintainer" \
            Installed-Size "$(installed_size "$root" ".$prefix" "./usr/share/doc/$package")"
        if [ -n "$depends" ]; then printf 'Depends: %s\n' "$depends"; fi
        printf '%s: %s\n' Recommends "ca-certificates, tzdata" Section python Priority optional \
            Homepage https://www.python.org/
        printf 'Description: CPython in %s\n %s\n' "$prefix" "${description//$'\n'/$'\n' }"
    } >"$root/DEBIAN/control"
}

main() {
    [ $# -eq 5 ] || usage "$arguments"
    local package=$1 revision=$2 architecture=$3 prefix=$4 compression=$5 tree depends deb root
    [[ $package =~ ^[a-z0-9][a-z0-9+.-]+$ ]] || die "PACKAGE must be a Debian package name, not '$package'"
    [[ $revision =~ ^[0-9][A-Za-z0-9.+~]*$ ]] || die "REVISION must be a Debian version without epoch and revision, not '$revision'"
    [[ $architecture =~ ^[a-z0-9]+$ ]] || die "ARCHITECTURE must be one of Debian's, such as amd64, not '$architecture'"
    [[ $compression =~ ^(gzip|xz|zstd)$ ]] || usage "$arguments"
    tree=$(staged_prefix "$prefix")
    require_folder "$tree" "run install-to-stage.sh first"
    export_source_date_epoch
    folder=$(mktemp -d "$work/dist/.deb.XXXXXX") # not local: the trap needs it
    trap 'rm -rf -- "$folder"' EXIT
    lay_out_package "$folder" "$package" "$tree" "$prefix"
    root=$folder/debian/$package
    depends=$(shared_library_dependencies "$folder" "$package" "$prefix")
    lay_ensurepip_apart "$root$prefix"
    write_documents "$root" "$package" "$revision" "${prefix##*/}"
    find "$root" -type d -exec chmod 755 {} +
    write_control "$root" "$package" "$revision" "$architecture" "$prefix" "$depends"
    deb=dist/${package}_${revision}_$architecture.deb
    make_deb "$root" version "$package" "$compression" "$deb" ".$prefix" "./usr/share/doc/$package"
    say "$(stat -c %s "$deb") bytes in $deb; Depends: $depends"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
