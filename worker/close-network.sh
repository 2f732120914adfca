#!/usr/bin/env bash
# Starts a command in a worker's container whose network root alone may use, and apt, which is not root when it downloads in
# the trial of a package. What comes from a tarball is neither, can become neither, and talks to itself only. Root gives up
# the right to change that (NET_ADMIN) before the command starts, and everybody what makes sockets that no rule sees.
set -euo pipefail

# Docker's own name server listens on the loopback of networks that somebody has made, and asks others. No socket, and so no
# owner, have: what a closed one has still to say, the end of a TCP connection, and IPv6 looking for its neighbours. Once more
# is once: `docker exec` starts commands that have given up nothing.
rules() {
    local allowed
    allowed=$(awk -F: '$1 == "_apt" { printf ", %d", $3 }' /opt/pristine/etc/passwd)
    cat <<EOF
table inet python_builds
delete table inet python_builds
table inet python_builds {
    chain output {
        type filter hook output priority 0; policy drop;
        meta skuid { 0$allowed } accept
        oif lo ip daddr != 127.0.0.11 accept
        oif lo meta nfproto ipv6 accept
        meta skuid != 0 meta l4proto tcp reject with tcp reset
        meta skuid != 0 reject
        tcp flags & syn == 0 accept
        icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit } accept
    }
}
EOF
}

main() {
    local problem
    [ $# -gt 0 ] || { echo "usage: close-network.sh COMMAND [ARGUMENT...]" >&2 && exit 2; }
    case "${PYTHON_BUILDS_NETWORK:-closed}" in
    open) exec "$@" ;;
    closed) ;;
    *) echo "close-network.sh: PYTHON_BUILDS_NETWORK must be open or closed, not '$PYTHON_BUILDS_NETWORK'" >&2 && exit 2 ;;
    esac
    # In one line: the farm shows the last one of a container that ended.
    if ! problem=$(rules | nft -f - 2>&1); then
        echo "the container's network cannot be closed (nft: ${problem%%$'\n'*}): its engine's kernel needs nf_tables, or the" \
            'Docker host "open_network": true' >&2
        exit 1
    fi
    exec setpriv --bounding-set=-net_admin --inh-caps=-net_admin \
        /opt/buildbot-worker/bin/python -I -S /opt/buildbot-worker/usual_sockets.py "$@"
}

main "$@"
