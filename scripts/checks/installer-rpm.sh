# shellcheck shell=bash
# Installing and removing an .rpm in the scratch root, with what the base system has: dnf or zypper. Sourced by
# check-package.sh with the base system as argument.
: "${root:=}" "${scripts:?}"

if [ -e "$1/usr/bin/dnf" ]; then
    . "$scripts/checks/installer-dnf.sh"
elif [ -e "$1/usr/bin/zypper" ]; then
    . "$scripts/checks/installer-zypper.sh"
else
    die "$1 has neither dnf nor zypper to install a package with"
fi

# From 6.0 on, rpm refuses what is not signed, and dnf with it, as our own file is not when it is tried. What they demand of
# the distribution's packages stays.
accept_unsigned() {
    mkdir -p "$root/etc/rpm"
    echo '%_pkgverify_level digest' >"$root/etc/rpm/macros.python-builds"
}

remove_package() {
    local name
    name=$(in_root rpm --query --package --queryformat '%{NAME}' "$1")
    # Files that changed since they were installed, by whoever ran the interpreter.
    in_root rpm --verify "$name" || die "files of the package changed while it was used, see above"
    remove_installed "$name"
}
