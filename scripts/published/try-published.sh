#!/usr/bin/env bash
# Tries a published package, with its metapackage if one is given, in a copy of a base system that has its distribution's
# updates (upgrade-base-system.sh).
# Exit status: 0 it is good, 1 it is broken, 2 wrong arguments, 3 it could not be checked here.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/build-environment.sh"

not_checked() {
    say "not checked: $*" >&2
    exit 3
}

check() { "$scripts/steps/check-package.sh" "$package" "$prefix" "$base" "" ${metapackage:+"$metapackage"}; }

main() {
    [[ $# -ge 3 && $# -le 4 ]] || usage "PACKAGE_FILE PREFIX BASE_ROOT [METAPACKAGE_FILE]"
    local package=$1 prefix=$2 base=$3 metapackage=${4:-} status=0 file
    # What check-package.sh would end with 1 for, which means here that a product is broken.
    for file in "$package" ${metapackage:+"$metapackage"}; do [ -f "$file" ] || not_checked "there is no file $file in $work"; done
    [ -x "$base/bin/sh" ] || not_checked "there is no base system in $base"
    [ ! -e "$base$prefix" ] || not_checked "$base is not untouched: it has $prefix"
    # What one package needed, the next finds here.
    export PYTHON_BUILDS_APT_CACHE=${PYTHON_BUILDS_APT_CACHE:-$work/apt-cache}
    check || status=$?
    if [ $status -eq 1 ]; then
        say "it is not good; tried once more before anybody is told, as the archive may have changed just now"
        status=0
        check || status=$?
    fi
    [[ $status -le 1 ]] || exit 3
    return $status
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
