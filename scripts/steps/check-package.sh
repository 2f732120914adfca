#!/usr/bin/env bash
# Installs a package where users will, in a copy of the untouched base system, tries it there as an unprivileged user,
# with the metapackage of its minor, if one is given, and removes both again; then the tarball, if one is given, in other
# folders, with the libraries that the package brought.
# Needs root and a base system (make-base-root.sh, or /opt/pristine of a worker image); the right to mount
# only where that has its archive in a folder.
# Exit status: 0 the package is good, 1 it is not, 2 wrong arguments, 3 it could not be checked here.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/build-environment.sh"
. "$scripts/checks/scratch-root.sh"
. "$scripts/checks/trial-functions.sh"
. "$scripts/lib/apart-functions.sh"
. "$scripts/lib/archive-mounts.sh"

not_checked() {
    say "not checked: $*"
    exit 3
}

# What is of one package format lies in one file, with four functions: prepare_installer, install_package FILE...,
# install_compiler, remove_package FILE.
source_installer() {
    case "$1" in
    *.deb) . "$scripts/checks/installer-apt.sh" ;;
    *.rpm) . "$scripts/checks/installer-rpm.sh" "$2" ;;
    *) die "no installer is known for ${1##*/}: packages are .deb and .rpm" ;;
    esac
}

# Whatever the statuses of the commands in between: once the package is in place, a check can only find good (0) or bad (1).
begun=
finish_check() {
    local status=$?
    [ -z "$left_to_end" ] || end_processes_of_user "$left_to_end"
    remove_scratch_root
    [[ $status -eq 0 || ( $status -eq 3 && -z $begun ) ]] || exit 1
}

# What the interpreter under trial leaves running ends with the trial: in a namespace for processes where there can be one,
# else by its user.
left_to_end=
go_apart() {
    local apart=(unshare --pid --fork --kill-child --ipc)
    [ ${#archives[@]} -eq 0 ] || apart+=(--mount)
    [ -z "${PYTHON_BUILDS_APART:-}" ] || return 0
    if "${apart[@]}" true 2>/dev/null; then PYTHON_BUILDS_APART=yes exec "${apart[@]}" "${BASH_SOURCE[0]}" "$@"; fi
    [ ${#archives[@]} -eq 0 ] || not_checked "the base system has its archive in ${archives[*]}, which it reaches by a mount, and none is allowed here"
    left_to_end=$unprivileged
}

main() {
    [[ $# -ge 3 && $# -le 5 ]] || usage "PACKAGE_FILE PREFIX BASE_ROOT [TARBALL [METAPACKAGE_FILE]]"
    local package=$1 prefix=$2 base=$3 tarball=${4:-} metapackage=${5:-} file
    for file in "$package" ${tarball:+"$tarball"} ${metapackage:+"$metapackage"}; do
        # A link could have root read anything, where the file lies in a folder of the build user's.
        [[ -f $file && ! -L $file ]] || die "there is no file $file in $work"
    done
    staged_prefix "$prefix" >/dev/null
    [ "$(id -u)" -eq 0 ] || not_checked "a package is installed by root, and this is not root"
    [[ -n $base && -d $base ]] || not_checked "there is no base system in '$base': make-base-root.sh makes one"
    [ -x "$base/bin/sh" ] || die "$base is not a base system: it has no /bin/sh"
    [ ! -e "$base$prefix" ] || die "$base is not untouched: it has $prefix"

    mapfile -t archives < <(archive_folders "$base")
    go_apart "$@"
    source_installer "$package" "$base"
    trap finish_check EXIT
    make_scratch_root "$base"
    (mount_archives "$root" "${archives[@]}") >/dev/null || not_checked "the base system's archive cannot be reached, see above"
    cp "$scripts"/checks/check_interpreter.py "$scripts"/checks/check_development.py "$scripts"/checks/import_extensions.py "$scripts/checks/challenge.py" "$root/check/"
    cp "$package" ${metapackage:+"$metapackage"} "$root/check/"
    prepare_installer || not_checked "the distribution's archive cannot be reached, see above"
    begun=yes
    try_package "/check/${package##*/}" "$prefix" ${metapackage:+"/check/${metapackage##*/}"}
    [ -z "$tarball" ] || try_tarball "$tarball" "$prefix"
    say "${package##*/} is good"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
