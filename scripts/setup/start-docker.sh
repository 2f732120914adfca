#!/usr/bin/env bash
# Makes sure that a Docker engine answers on this machine: installs Debian's and starts it in the background where none
# does. Prints the process id of an engine that it started, for whoever wants to stop it.
set -euo pipefail

seconds=60

main() {
    [ $# -eq 1 ] || {
        echo "usage: start-docker.sh LOG" >&2
        exit 2
    }
    local log=$1 engine
    "$(dirname "$0")/install-packages.sh" docker.io >&2
    if docker info >/dev/null 2>&1; then exit 0; fi
    [ "$(id -u)" -eq 0 ] || {
        echo "start-docker.sh: no Docker engine answers, and only root may start one" >&2
        exit 1
    }
    dockerd >"$log" 2>&1 </dev/null &
    engine=$!
    for ((waited = 0; waited < seconds; waited++)); do
        if docker info >/dev/null 2>&1; then
            echo "$engine"
            exit 0
        fi
        kill -0 "$engine" 2>/dev/null || break
        sleep 1
    done
    tail -n 20 "$log" >&2
    echo "start-docker.sh: the Docker engine does not answer; its log is $log" >&2
    kill "$engine" 2>/dev/null || true
    exit 1
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    main "$@"
fi
