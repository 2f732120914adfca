# shellcheck shell=bash
# What installer-rpm.sh does with dnf.

# Recommended packages are left out, so that what the package needs must be in its Requires. Our own file is not signed
# when it is tried; what comes from the distribution's repositories still has to be.
dnf() {
    in_root dnf --assumeyes --setopt=install_weak_deps=False --setopt=localpkg_gpgcheck=False "$@"
}

prepare_installer() { accept_unsigned && dnf makecache; }

install_package() { dnf install "$@"; }

install_compiler() { dnf install gcc glibc-devel pkgconf-pkg-config; }

# And nothing else: the tarball is tried with the libraries that the package brought.
remove_installed() { dnf --setopt=clean_requirements_on_remove=False remove "$1"; }
