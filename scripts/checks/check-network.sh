#!/usr/bin/env bash
# Sees, before anything of a tarball is there, that the build user reaches nobody but itself: not the master, a cloud's
# metadata or a name server, by IPv4 or IPv6. To be run as root in a container, whose close-network.sh made it so.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/build-environment.sh"
. "$scripts/lib/user-functions.sh"

# The kernel says at once whether a datagram may be sent, whether or not somebody listens.
reaches() {
    # shellcheck disable=SC2016 # that shell expands it
    timeout 5 "${drop[@]}" bash -c 'exec 3<>"/dev/$1/$2/$3" && { [ "$1" = tcp ] || echo >&3; }' bash "$@" 2>/dev/null
}

# Of which no rule of nftables knows. By the worker's own Python, as no shell makes any.
makes_other_sockets() {
    "${drop[@]}" /opt/buildbot-worker/bin/python -I -S -c 'import socket; socket.socket(40, 1)' 2>/dev/null
}

advice='the container was not started by close-network.sh, which older images lack: make images builds new ones. A Docker host with "open_network": true builds all the same'

# PROTOCOL ADDRESS PORT, a line each. Root looks the master's name up, as the build user should not be able to.
elsewhere() {
    local address
    if [ -n "${BUILDMASTER:-}" ]; then
        while read -r address; do
            printf '%s %s %s\n' tcp "$address" "$BUILDMASTER_PORT" udp "$address" "$BUILDMASTER_PORT"
        done < <(getent ahosts "$BUILDMASTER" | awk '{ print $1 }' | sort -u)
    fi
    printf 'udp %s 80\n' 169.254.169.254 fd00:ec2::254
    awk '$1 == "nameserver" { print "udp", $2, 53 }' /etc/resolv.conf
}

main() {
    local protocol address port
    [ $# -eq 0 ] || usage "(no arguments)"
    set_drop_to_build_user
    [ ${#drop[@]} -gt 0 ] || die "it becomes the build user, which only root may"
    while read -r protocol address port; do
        ! reaches "$protocol" "$address" "$port" || die "what comes from a tarball would reach $address ($protocol port $port): $advice"
    done < <(elsewhere)
    ! makes_other_sockets || die "what comes from a tarball would reach whoever runs this machine (AF_VSOCK): $advice"
    reaches udp 127.0.0.1 9 || die "the build user cannot even send to 127.0.0.1, as CPython's tests do"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
