#!/usr/bin/env bash
# Empties the work folder of an earlier build and makes its folders, owned by the build user where we are root.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/build-environment.sh"
. "$scripts/lib/user-functions.sh"

folders=(source stage stage-test stage-debug dist home logs tmp)

# Everything above the work folder must let the build user through, which configure would only report as "cannot run C programs".
require_reachable() {
    "${drop[@]}" test -x "$work/source" ||
        die "the build user $user cannot reach $work: every folder above it must be searchable by that user (chmod o+x)"
}

main() {
    [ $# -eq 0 ] || usage "(no arguments; PYTHON_BUILDS_BUILD_USER names the build user, default nobody)"
    local user=${PYTHON_BUILDS_BUILD_USER:-nobody}
    [[ $work != *[[:space:]]* ]] || die "CPython does not build in a folder with white space in its name: $work"
    set_drop_to_build_user
    (set_drop_to_packager) # needed later, and rather said now
    # The farm says so where it has made the container.
    [ "${PYTHON_BUILDS_NETWORK:-}" != closed ] || "$scripts/checks/check-network.sh"
    # check-root.* is what a check-package.sh that was killed left behind.
    rm -rf --one-file-system -- "${folders[@]}" sealed check-root.*
    mkdir -m 755 -- "${folders[@]}"
    [ "$(id -u)" -eq 0 ] || return 0
    chown "${drop[2]}:${drop[4]}" -- "${folders[@]}"
    require_reachable
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
