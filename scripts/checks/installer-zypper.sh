# shellcheck shell=bash
# What installer-rpm.sh does with zypper.

# 102 and 103 say that it worked, and what to restart on a system that goes on.
zypper() {
    local status=0
    in_root zypper --non-interactive "$@" || status=$?
    [[ $status -eq 102 || $status -eq 103 ]] || return "$status"
}

prepare_installer() { accept_unsigned && zypper refresh; }

# Recommended packages are left out, so that what the package needs must be in its Requires. Our own file is not signed
# when it is tried; what comes from the distribution's repositories still has to be.
install_package() { zypper install --no-recommends --allow-unsigned-rpm "$@"; }

install_compiler() { zypper install --no-recommends gcc glibc-devel pkg-config; }

remove_installed() { zypper remove "$1"; }
