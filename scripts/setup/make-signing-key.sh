#!/usr/bin/env bash
# Makes an OpenPGP key that signs what a farm publishes, and writes the secret key to FILE, readable by its owner alone.
# RSA, as rpm of EL 8 and 9 knows no other kind that apt takes too. Without a passphrase, unless PASSPHRASE_FILE names one.
set -euo pipefail

main() {
    if [ $# -lt 2 ] || [ $# -gt 3 ]; then
        echo "usage: make-signing-key.sh FILE 'NAME <ADDRESS>' [PASSPHRASE_FILE]" >&2
        exit 2
    fi
    local file=$1 name=$2 passphrase=${3:-/dev/null}
    [ ! -e "$file" ] || {
        echo "make-signing-key.sh: $file exists; a key is never overwritten" >&2
        exit 1
    }
    command -v gpg >/dev/null || {
        echo "make-signing-key.sh: gpg is missing: apt-get install gpg gpg-agent" >&2
        exit 1
    }
    umask 077
    home=$(mktemp -d) # not local: the trap needs it
    trap 'gpgconf --homedir "$home" --kill all; rm -rf -- "$home"' EXIT
    gpg=(gpg --batch --quiet --homedir "$home" --pinentry-mode loopback --passphrase-file "$passphrase")
    "${gpg[@]}" --quick-generate-key "$name" rsa4096 sign never
    "${gpg[@]}" --armor --export-secret-keys >"$file"
    echo "$file: $("${gpg[@]}" --with-colons --list-keys | awk -F: '/^fpr/ && !seen++ { print $10 }')"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    main "$@"
fi
