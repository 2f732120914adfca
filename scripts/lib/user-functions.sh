# shellcheck shell=bash
# As whom the commands of a build run: never as root. Sourced after build-environment.sh.

# Fills the array drop with the command that becomes USER, or leaves it empty where we are not root.
set_drop() {
    local user=$1 advice=$2
    drop=()
    [ "$(id -u)" -eq 0 ] || return 0
    id -u "$user" >/dev/null 2>&1 || die "there is no user '$user' on this machine: $advice"
    [ "$(id -u "$user")" -ne 0 ] || die "the user '$user' is root: $advice"
    # Numbers, since older setpriv takes no names.
    # shellcheck disable=SC2034 # those who source this read it
    drop=(setpriv --reuid "$(id -u "$user")" --regid "$(id -g "$user")" --clear-groups --no-new-privs)
}

# nobody in containers too: it is there on every system, and what is in a shared ccache has one owner everywhere.
set_drop_to_build_user() {
    set_drop "${PYTHON_BUILDS_BUILD_USER:-nobody}" "set PYTHON_BUILDS_BUILD_USER to an unprivileged user that exists"
}

# On every system too, by the LSB.
packager=daemon
set_drop_to_packager() {
    [ "${PYTHON_BUILDS_BUILD_USER:-nobody}" != "$packager" ] || die "PYTHON_BUILDS_BUILD_USER must not be $packager, who makes packages of what the build user built"
    set_drop "$packager" "packages are made by it"
}
