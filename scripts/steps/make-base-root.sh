#!/usr/bin/env bash
# Makes an untouched base system of SUITE in TARGET, from the archive this machine's own apt uses, for check-package.sh;
# of ARCHITECTURE, where that is not this machine's and its programs are emulated. Needs root. Two at once are safe, and TARGET exists only when it is complete.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/build-environment.sh"
. "$scripts/lib/archive-functions.sh"
. "$scripts/lib/archive-mounts.sh"

archive_keyring() {
    local id keyring
    id=$(. /etc/os-release && echo "$ID") && keyring=/usr/share/keyrings/$id-archive-keyring.gpg
    [ -s "$keyring" ] || die "this distribution's archive keyring is not in $keyring: install $id-archive-keyring"
    printf '%s\n' "$keyring"
}

# What the distribution's own small container images leave out, now and at every later install; licences stay.
leave_out_documentation() {
    local root=$1
    printf 'path-exclude=/usr/share/%s/*\n' doc man info locale >"$root/etc/dpkg/dpkg.cfg.d/no-documentation"
    echo 'path-include=/usr/share/doc/*/copyright' >>"$root/etc/dpkg/dpkg.cfg.d/no-documentation"
    find "$root/usr/share/doc" ! -type d ! -name copyright -delete
    find "$root"/usr/share/{man,info,locale} -mindepth 1 -delete
}

configure_apt() {
    local root=$1 suites=$2 uri suite components
    while read -r uri suite components; do
        ! trusts_unsigned "$uri" "$suite" || uri="[trusted=yes] $uri"
        printf 'deb %s %s %s\n' "$uri" "$suite" "$components"
    done <<<"$suites" >"$root/etc/apt/sources.list"
    acquire_settings >"$root/etc/apt/apt.conf.d/90python-builds"
    echo 'Acquire::Languages "none";' >>"$root/etc/apt/apt.conf.d/90python-builds"
    cat /etc/resolv.conf >"$root/etc/resolv.conf"
    if [ -z "$(archive_folders "$root")" ]; then chroot "$root" apt-get update; else
        unshare --mount "$scripts/lib/with-archives.sh" "$root" apt-get update
    fi
    chroot "$root" apt-get clean
}

main() {
    [ $# -eq 2 ] || [ $# -eq 3 ] || usage "SUITE TARGET [ARCHITECTURE]"
    local suite=$1 target=$2 architecture=${3:-} suites uri
    if [ -d "$target" ]; then say "$target exists"; return; fi
    [ "$(id -u)" -eq 0 ] || die "a base system can only be made by root"
    command -v debootstrap >/dev/null || die "debootstrap is missing: apt-get install debootstrap"
    suites=$(suites_of_this_machine "$suite")
    # Another release lies in the same archive; Debian's came without non-free-firmware before 12, and sid has no updates.
    [ -n "$suites" ] || suites=$(suites_of_this_machine "$(own_suite)" | sed -e "s/ $(own_suite)/ $suite/" -e 's/ non-free-firmware//' -e '/ sid-/d')
    uri=$(awk -v suite="$suite" '$2 == suite { print $1; exit }' <<<"$suites")
    [ -n "$uri" ] || die "this machine's apt has no archive of '$suite' at an address of http or https, nor in a folder"
    mkdir -p -- "$(dirname "$target")"
    target=$(cd "$(dirname "$target")" && pwd -P)/$(basename "$target")
    exec 9>"$target.lock"
    flock 9
    if [ -d "$target" ]; then say "$target exists, made by another process meanwhile"; return; fi
    unfinished=$target.unfinished # not local: the trap needs it
    rm -rf --one-file-system -- "$unfinished" # of one that was killed too hard for its trap
    trap 'rm -rf --one-file-system -- "$unfinished"' EXIT
    local options=(--variant=minbase "--keyring=$(archive_keyring)" "--components=$(awk -v s="$suite" '$2 == s { $1 = $2 = ""; print; exit }' <<<"$suites" | xargs | tr ' ' ,)")
    ! trusts_unsigned "$uri" "$suite" || options+=(--no-check-gpg)
    [ -z "$architecture" ] || options+=("--arch=$architecture")
    # In a mount namespace of its own, so that what debootstrap mounts is gone however it ends.
    unshare --mount debootstrap "${options[@]}" "$suite" "$unfinished" "$uri"
    leave_out_documentation "$unfinished"
    configure_apt "$unfinished" "$suites"
    mv -- "$unfinished" "$target"
    say "$target is a base system of $suite"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
