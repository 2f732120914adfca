# shellcheck shell=bash
# What package-rpm.sh tells rpmbuild. Sourced after build-environment.sh. For rpm 4.14 (EL 8, Leap 15) and newer.
: "${work:?}"

# Sets macros: rpm's own and not the distribution's, which rewrite files, split them into packages and refuse what they
# find, each release in another way. Of the generators of dependencies only those that read binaries: the scripts,
# pkg-config files and modules in there are for this interpreter, and nobody else is to find them by name.
set_macros() {
    local folder=$1 configuration attribute
    configuration=$(rpm --eval '%{_rpmconfigdir}')
    mkdir "$folder/attributes"
    for attribute in "$configuration"/fileattrs/elf*.attr; do
        [ -f "$attribute" ] || die "rpm has no generator of dependencies in $configuration/fileattrs: install rpm-build"
        : >"$folder/attributes/${attribute##*/}"
    done
    # shellcheck disable=SC2034 # package-rpm.sh reads it
    macros="$configuration/macros:$configuration/platform/%{_target}/macros:$configuration/fileattrs/elf*.attr"
}

payload_of() {
    case "$1" in
    gzip) echo w6.gzdio ;;
    xz) echo w9.xzdio ;;
    zstd) echo w19.zstdio ;;
    esac
}

# The flags of the generators would leave out libraries that are not executable. Every package owns the folder that all
# versions share, so that it goes with the last of them. Files get the date of the source: rpm's own clamping is spelled
# differently since 4.20.
write_spec() {
    local folder=$1 package=$2 revision=$3 tree=$4 prefix=$5 compression=$6 maintainer
    maintainer=${PYTHON_BUILDS_MAINTAINER:-python-builds <python-builds@localhost>}
    cat >"$folder/package.spec" <<SPEC
%global _fileattrsdir $folder/attributes
%global __elf_flags %{nil}
%global __elflib_flags %{nil}
%global __provides_exclude_from ^$prefix/.*$
%global __requires_exclude ^libpython3
%global __spec_install_post %{nil}
%global debug_package %{nil}
%global _build_id_links none
%global _binary_payload $(payload_of "$compression")
%global _buildhost reproducible
%global use_source_date_epoch_as_buildtime 1
Name: $package
Version: 1
Release: $revision
Summary: CPython in $prefix
License: Python-2.0
URL: https://www.python.org/
Packager: ${maintainer//%/%%}
Recommends: ca-certificates
%description
The Python interpreter, its standard library, pip and the files to embed and extend it, beside every other version.
%prep
%build
%install
mkdir -p "%{buildroot}$(dirname "$prefix")"
cp -a --reflink=auto "$work/$tree" "%{buildroot}$prefix"
find "%{buildroot}" -type d -exec chmod 755 {} +
find "%{buildroot}" -exec touch --no-dereference --date="@$SOURCE_DATE_EPOCH" {} +
%files
%defattr(-,root,root,-)
%dir $(dirname "$prefix")
$prefix
SPEC
}
