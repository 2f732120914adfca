#!/usr/bin/env bash
# Makes a key that signs what a farm states of its artifacts, ECDSA of P-256, and writes it to FILE, readable by its owner alone.
set -euo pipefail

main() {
    if [ $# -ne 1 ]; then
        echo "usage: make-attestation-key.sh FILE" >&2
        exit 2
    fi
    [ ! -e "$1" ] || {
        echo "make-attestation-key.sh: $1 exists; a key is never overwritten" >&2
        exit 1
    }
    command -v openssl >/dev/null || {
        echo "make-attestation-key.sh: openssl is missing: apt-get install openssl" >&2
        exit 1
    }
    umask 077
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"
    echo "$1: $(openssl pkey -in "$1" -pubout -outform DER | sha256sum | cut -d ' ' -f 1)"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    main "$@"
fi
