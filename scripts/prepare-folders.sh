#!/usr/bin/env bash
# Empties the work folder of an earlier build and makes its folders, owned by the build user where we are root.
. "$(dirname "${BASH_SOURCE[0]}")/build-environment.sh"

folders=(source stage stage-test stage-debug dist home logs)

# Everything above the work folder must let the build user through, which configure would only report as "cannot run C programs".
require_reachable() {
    local user=$1
    setpriv --reuid "$(id -u "$user")" --regid "$(id -g "$user")" --clear-groups test -x "$work/source" ||
        die "the build user $user cannot reach $work: every folder above it must be searchable by that user (chmod o+x)"
}

main() {
    [ $# -eq 0 ] || usage "(no arguments; PYTHON_BUILDS_BUILD_USER names the build user, default nobody)"
    local user=${PYTHON_BUILDS_BUILD_USER:-nobody}
    [[ $work != *[[:space:]]* ]] || die "CPython does not build in a folder with white space in its name: $work"
    if [ "$(id -u)" -eq 0 ]; then
        id -u "$user" >/dev/null 2>&1 || die "there is no user '$user' on this machine: set PYTHON_BUILDS_BUILD_USER to an unprivileged user that exists"
        [ "$(id -u "$user")" -ne 0 ] || die "PYTHON_BUILDS_BUILD_USER must be an unprivileged user, not '$user'"
    fi
    # check-root.* is what a check-package.sh that was killed left behind.
    rm -rf --one-file-system -- "${folders[@]}" check-root.*
    mkdir -m 755 -- "${folders[@]}"
    if [ "$(id -u)" -eq 0 ]; then
        chown "$(id -u "$user"):$(id -g "$user")" -- "${folders[@]}"
        require_reachable "$user"
    fi
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
