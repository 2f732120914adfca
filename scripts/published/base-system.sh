# shellcheck shell=bash
# A copy of a base system that gets its distribution's updates, and how each package manager gives them. Sourced after
# build-environment.sh, by scripts that need root.
: "${scripts:?}" "${root:=}"
. "$scripts/checks/scratch-root.sh"
. "$scripts/lib/archive-mounts.sh"

not_checked() {
    say "not checked: $*" >&2
    exit 3
}

# Whatever fails on the way to a trial says nothing about what is published.
not_checked_on_failure() {
    local status=$?
    unmount_archives "$root" "${archives[@]}" || status=3
    [[ -z ${scratch:-} || ! -d $scratch ]] || rm -rf --one-file-system -- "$scratch"
    [[ $status -eq 0 || $status -eq 2 ]] || exit 3
}

# Sets archives. An archive in a folder of this machine is reached by a mount, in a namespace that ends with the script.
reach_archives() {
    mapfile -t archives < <(archive_folders "$1")
    [[ ${#archives[@]} -eq 0 || -n ${PYTHON_BUILDS_APART:-} ]] || PYTHON_BUILDS_APART=yes exec unshare --mount "$0" "${@:2}"
}

mount_them() { (mount_archives "$root" "${archives[@]}") >/dev/null || not_checked "the base system's archive cannot be reached, see above"; }

manager() {
    local name
    for name in apt-get dnf zypper; do
        if [ -x "$root/usr/bin/$name" ]; then echo "$name" && return; fi
    done
    not_checked "the base system has none of apt-get, dnf and zypper"
}

source_manager() {
    case "$1" in
    apt-get) . "$scripts/checks/installer-apt.sh" ;;
    *) . "$scripts/checks/installer-rpm.sh" "$root" ;;
    esac
}

# An index that cannot be fetched is an error here: with an old one nothing would ever have changed.
refresh() {
    case "$1" in
    apt-get) apt_get -o APT::Update::Error-Mode=any update ;;
    *) prepare_installer ;;
    esac
}

# The newest version that the archive has of each package, a line each; nothing of one that it has not.
candidates() {
    case "$1" in
    apt-get) in_root apt-cache policy "${@:2}" | awk '/^[^ ]+:$/ { name = substr($1, 1, length($1) - 1) } $1 == "Candidate:" && $2 != "(none)" { print name, $2 }' ;;
    # dnf 4 ends each line itself, dnf 5 does not.
    dnf) dnf --quiet repoquery --latest-limit=1 --queryformat '%{name} %{evr}\n' "${@:2}" | sed '/^$/d' | sort -u ;;
    zypper) zypper --quiet info "${@:2}" | awk -F' *: ' '$1 == "Name" { name = $2 } $1 == "Version" { print name, $2 }' ;;
    esac
}

upgrade() {
    case "$1" in
    apt-get) apt_get dist-upgrade ;;
    dnf) dnf upgrade ;;
    zypper) zypper update --no-recommends ;;
    esac
}
