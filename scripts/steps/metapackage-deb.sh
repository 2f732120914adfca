#!/usr/bin/env bash
# Makes dist/METAPACKAGE_VERSION-REVISION_ARCHITECTURE.deb, which follows the patches of a minor: it depends on the package of
# the version that it is named after, and holds the link /opt/python/MINOR to it.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/build-environment.sh"
. "$scripts/lib/package-functions.sh"
. "$scripts/lib/deb-functions.sh"

write_control() {
    local root=$1 package=$2 version=$3 architecture=$4 tag=$5
    {
        printf '%s: %s\n' Package "$package" Version "$version" Architecture "$architecture" Maintainer "$maintainer" \
            Installed-Size "$(installed_size "$root" "./opt/python/${package#python-}" "./usr/share/doc/$package")" \
            Depends "python-$tag (>= ${version##*-})" Section python Priority optional Homepage https://www.python.org/
        printf 'Description: Newest CPython %s\n %s\n' "${package#python-}" "${metapackage_description//$'\n'/$'\n' }"
    } >"$root/DEBIAN/control"
}

main() {
    [ $# -eq 4 ] || usage "METAPACKAGE VERSION-REVISION ARCHITECTURE PREFIX"
    local package=$1 version=$2 architecture=$3 prefix=$4 link=/opt/python/${1#python-} root deb
    check_metapackage "$package" "$version" "$architecture" "$prefix"
    export_source_date_epoch
    folder=$(mktemp -d "$work/dist/.deb.XXXXXX") # not local: the trap needs it
    trap 'rm -rf -- "$folder"' EXIT
    root=$folder/$package
    mkdir -p "$root/DEBIAN" "$root/opt/python"
    ln -s "${prefix##*/}" "$root$link"
    write_documents "$root" "$package" "$version" "${prefix##*/}"
    find "$root" -type d -exec chmod 755 {} +
    write_control "$root" "$package" "$version" "$architecture" "${prefix##*/}"
    deb=dist/${package}_${version}_$architecture.deb
    make_deb "$root" minor "$package" gzip "$deb" ".$link" "./usr/share/doc/$package"
    say "$(stat -c %s "$deb") bytes in $deb"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
