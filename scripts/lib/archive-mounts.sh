# shellcheck shell=bash
# How apt in a base system reaches an archive that is in a folder of this machine. Sourced after build-environment.sh.

# The folders of this machine in which a base system finds its archive, a line each.
archive_folders() {
    [ ! -e "$1/etc/apt/sources.list" ] || sed -n -E 's/^deb (\[[^]]*\] )?file:([^ ]+) .*/\2/p' "$1/etc/apt/sources.list" | sort -u
}

# Mounts them where apt in the root looks for them, so that it can only read them. In a mount namespace of its own: they are
# gone with that, however it ends. Prints the folders that it made, the deepest first.
mount_archives() {
    local root=$1 folder
    for folder in "${@:2}"; do
        [ -d "$folder" ] || die "the archive of this base system is gone from $folder: mount it, or remove the base system, which is then made anew"
        # Else a link in the root would have it mounted over a folder of this machine.
        [ "$(realpath -m -- "$root$folder")" = "$(realpath -- "$root")$folder" ] ||
            die "in a base system, $folder is elsewhere: name the archive by another path in this machine's apt"
        missing_folders "$root" "$folder"
        { mkdir -p -- "$root$folder" && mount --bind -- "$folder" "$root$folder" &&
            mount -o remount,bind,ro,nosuid,nodev -- "$root$folder"; } || die "$folder cannot be mounted in $root, see above"
    done
}

missing_folders() {
    local root=$1 folder=$2
    while [ ! -e "$root$folder" ]; do
        printf '%s\n' "$root$folder"
        folder=$(dirname "$folder")
    done
}

# --one-file-system of rm does not tell what is mounted from the same file system.
unmount_archives() {
    local root=$1 number
    for ((number = $#; number > 1; number--)); do
        ! mountpoint --quiet "$root${!number}" || umount --lazy -- "$root${!number}" || return
    done
}
