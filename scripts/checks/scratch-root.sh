# shellcheck shell=bash
# A throw-away copy of a base system to chroot into, in a container without the right to mount too.
# Sourced after build-environment.sh and archive-mounts.sh.
: "${work:?}" "${scripts:?}"

# Nobody, by number: the user's name differs between distributions.
unprivileged=65534

make_device() {
    local path=$root/dev/$1 major=$2 minor=$3
    [ -c "$path" ] || { rm -f -- "$path" && mknod -m 666 "$path" c "$major" "$minor"; }
}

# Folders of this machine that are mounted in the root, see archive-mounts.sh.
archives=()

# Sets scratch and root. Base systems from container images come with an empty /dev. PYTHON_BUILDS_SCRATCH is a folder in
# memory, if there is one: glibc up to 2.31 at least makes semaphores in a /dev/shm of that kind only.
make_scratch_root() {
    scratch=$(mktemp -d "${PYTHON_BUILDS_SCRATCH:-$work}/check-root.XXXXXX")
    root=$scratch/root
    cp -a --reflink=auto -- "$1" "$root"
    chmod 755 "$scratch" "$root"
    mkdir -p "$root/dev/shm" "$root/check" "$root/home/check" "$root/tmp"
    chmod 1777 "$root/dev/shm" "$root/tmp"
    chown "$unprivileged:$unprivileged" "$root/home/check"
    make_device null 1 3
    make_device zero 1 5
    make_device full 1 7
    make_device random 1 8
    make_device urandom 1 9
    make_device tty 5 0
    # A symbolic link to a folder of the resolver of the base system's host leads nowhere here.
    rm -f -- "$root/etc/resolv.conf"
    cat /etc/resolv.conf >"$root/etc/resolv.conf"
    # Packages must not start services of the worker.
    mkdir -p "$root/usr/sbin"
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
    chmod 755 "$root/usr/sbin/policy-rc.d"
}

# --one-file-system: whatever is mounted in there is not ours to delete.
remove_scratch_root() {
    [ -z "${scratch:-}" ] || unmount_archives "$root" "${archives[@]}" || return
    [ -z "${scratch:-}" ] || rm -rf --one-file-system -- "$scratch"
}

search_path=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# The farm finds what a killed worker left running by this variable.
cookie=PYTHON_BUILDS_WORKER=${PYTHON_BUILDS_WORKER:-}

# What package managers need, and nothing with which root gets out of a chroot or at the machine's devices.
capabilities=-all,+chown,+dac_override,+fowner,+fsetid,+kill,+setgid,+setuid

# A scratch root has no /proc. libcap-ng before 0.8, as Debian 11, Ubuntu 20.04 and Leap 15 have it, reads there what the
# process may that setpriv takes it from.
# shellcheck disable=SC2016 # expanded in the root
tell_status='[ -e "/proc/$$/status" ] || { mkdir -p "/proc/$$" && printf "%s\n" "$0" >"/proc/$$/status"; } && exec "$@"'

in_root() {
    env -i "$cookie" PATH=$search_path HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
        chroot "$root" sh -c "$tell_status" "$(</proc/self/status)" \
        setpriv "--bounding-set=$capabilities" --inh-caps=-all "$@" </dev/null
}

# What comes from the package runs as nobody, can never become anybody else, and has no network but a loopback of its own;
# in a container, where there are no namespaces, nobody has no other anyway (close-network.sh).
in_root_as_user() {
    local alone=()
    ! unshare --net true 2>/dev/null || alone=(unshare --net "$scripts/lib/in-namespaces.sh" no-mounts)
    "${alone[@]}" env -i "$cookie" PATH=$search_path HOME=/home/check LC_ALL=C.UTF-8 TZ=UTC \
        PYTHON_BUILDS_ALLOWED_MISSING="${PYTHON_BUILDS_ALLOWED_MISSING:-}" PYTHON_BUILDS_CHALLENGE="${challenge:-}" \
        setpriv --no-new-privs chroot --userspec=$unprivileged:$unprivileged --groups=$unprivileged "$root" "$@" </dev/null
}
