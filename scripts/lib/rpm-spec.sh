# shellcheck shell=bash
# What package-rpm.sh tells rpmbuild. Sourced after build-environment.sh. For rpm 4.14 (EL 8, Leap 15) and newer.
: "${work:?}" "${maintainer:?}"

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

# The flags of the generators would leave out libraries that are not executable. No package owns /opt/python, which may be an
# administrator's link: the scriptlets make and remove it. Files get the date of the source: rpm's own clamping is spelled
# differently since 4.20.
write_preamble() {
    local folder=$1 package=$2 version=$3 release=$4 compression=$5 summary=$6
    cat <<SPEC
%global _fileattrsdir $folder/attributes
%global __elf_flags %{nil}
%global __elflib_flags %{nil}
%global __provides_exclude_from ^/opt/.*$
%global __requires_exclude ^libpython3
%global __spec_install_post %{nil}
%global debug_package %{nil}
%global _build_id_links none
%global _binary_payload $(payload_of "$compression")
%global _buildhost reproducible
%global use_source_date_epoch_as_buildtime 1
Name: $package
Version: $version
Release: $release
Summary: $summary
License: Python-2.0
URL: https://www.python.org/
Packager: ${maintainer//%/%%}
Requires(pre): coreutils
Requires: coreutils
Requires: findutils
Requires(postun): findutils
SPEC
}

# After everything of a transaction, so also after the files of the package before are gone.
write_scriptlets() {
    local section
    local -A moments=([pre]=before_unpack [posttrans]=after_unpack [preun]=before_removal [postun]=after_removal)
    for section in pre posttrans preun postun; do
        printf '%%%s\n' "$section"
        maintainer_script "$1" "$2" "${moments[$section]}" | sed 's/%/%%/g'
    done
}

make_rpm() {
    local folder=$1 rpm=$2 architecture=$3 requires
    mkdir "$folder/tmp"
    rpmbuild -bb --nodeps --macros="$macros" --target="$architecture" --define="_rpmfilename $rpm" \
        --define="_topdir $folder" --define="_rpmdir $folder" --define="_tmppath $folder/tmp" --define="_dbpath $folder/db" \
        "$folder/package.spec"
    mv -- "$folder/$rpm" "dist/$rpm"
    write_sha256 "dist/$rpm"
    requires=$(rpm --query --package --requires "dist/$rpm" | paste -s -d ' ')
    say "$(stat -c %s "dist/$rpm") bytes in dist/$rpm; Requires: $requires"
}
