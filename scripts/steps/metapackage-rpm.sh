#!/usr/bin/env bash
# Makes dist/METAPACKAGE-VERSION-REVISION.ARCHITECTURE.rpm, which follows the patches of a minor: it requires the package of
# the version that it is named after, and holds the link /opt/python/MINOR to it.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/build-environment.sh"
. "$scripts/lib/package-functions.sh"
. "$scripts/lib/rpm-spec.sh"

write_metapackage_spec() {
    local folder=$1 package=$2 version=$3 tag=$4 link=/opt/python/${2#python-}
    {
        write_preamble "$folder" "$package" "${version%-*}" "${version##*-}" gzip "Newest CPython ${package#python-}"
        cat <<SPEC
Requires: python-$tag >= 1-${version##*-}
%description
$metapackage_description
%prep
%build
%install
mkdir -p "%{buildroot}/opt/python"
ln -s "$tag" "%{buildroot}$link"
touch --no-dereference --date="@$SOURCE_DATE_EPOCH" "%{buildroot}$link"
%files
%defattr(-,root,root,-)
$link
SPEC
        write_scriptlets minor "$package"
    } >"$folder/package.spec"
}

main() {
    [ $# -eq 4 ] || usage "METAPACKAGE VERSION-REVISION ARCHITECTURE PREFIX"
    local package=$1 version=$2 architecture=$3 prefix=$4
    check_metapackage "$package" "$version" "$architecture" "$prefix"
    export_source_date_epoch
    folder=$(mktemp -d "$work/dist/.rpm.XXXXXX") # not local: the trap needs it
    trap 'rm -rf -- "$folder"' EXIT
    set_macros "$folder"
    write_metapackage_spec "$folder" "$package" "$version" "${prefix##*/}"
    make_rpm "$folder" "$package-$version.$architecture.rpm" "$architecture"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
