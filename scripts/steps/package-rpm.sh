#!/usr/bin/env bash
# Makes dist/PACKAGE-1-REVISION.ARCHITECTURE.rpm of the staged tree, with the dependencies rpm computes from its binaries.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/build-environment.sh"
. "$scripts/lib/package-functions.sh"
. "$scripts/lib/rpm-spec.sh"

arguments="PACKAGE REVISION ARCHITECTURE PREFIX gzip|xz|zstd"

write_spec() {
    local folder=$1 package=$2 revision=$3 tree=$4 prefix=$5 compression=$6
    {
        write_preamble "$folder" "$package" 1 "$revision" "$compression" "CPython in $prefix"
        cat <<SPEC
Recommends: ca-certificates
%description
$description
%prep
%build
%install
mkdir -p "%{buildroot}$(dirname "$prefix")"
mv "$tree" "%{buildroot}$prefix"
find "%{buildroot}" -type d -exec chmod 755 {} +
find "%{buildroot}" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
%files
%defattr(-,root,root,-)
$prefix
SPEC
        write_scriptlets version "$package"
    } >"$folder/package.spec"
}

main() {
    [ $# -eq 5 ] || usage "$arguments"
    local package=$1 revision=$2 architecture=$3 prefix=$4 compression=$5 tree
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
    cp -a --reflink=auto "$tree" "$folder/tree"
    lay_ensurepip_apart "$folder/tree"
    write_spec "$folder" "$package" "$revision" "$folder/tree" "$prefix" "$compression"
    make_rpm "$folder" "$package-1-$revision.$architecture.rpm" "$architecture"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
