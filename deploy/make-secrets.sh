#!/usr/bin/env bash
# Makes the secrets of a farm, each a file that only its reader may read; what is there stays. Without FOLDER they are those of a
# farm in containers, in deploy/secrets/. They belong to OWNER, as whom the master and the proxy in a container run; who is root
# reads them all the same: the database, the store, a proxy that is the system's own.
set -euo pipefail
unset CDPATH # with it, cd may go elsewhere, and prints where

deploy=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)

usage() {
    echo "usage: make-secrets.sh HOST OWNER [FOLDER]   as in: make-secrets.sh farm.example.org 8010:8010" >&2
    exit 2
}

# Takes a secret from standard input, unless it is there.
keep() {
    local file=$folder/$1
    if [ -e "$file" ]; then cat >/dev/null; return; fi
    cat >"$file.new"
    [ "$(id -u)" != 0 ] || chown "$owner" "$file.new"
    mv "$file.new" "$file"
    echo "made $file"
}

random() {
    head -c 24 /dev/urandom | base64 | tr '+/' '-_'
}

make_certificate() {
    local host=$1 kind=DNS
    [ ! -e "$folder/tls-key" ] || return 0
    [[ ! $host =~ ^[0-9.]+$|: ]] || kind=IP
    openssl req -x509 -newkey rsa:3072 -nodes -days 365 -subj "/CN=$host" -addext "subjectAltName=$kind:$host" \
        -keyout "$scratch/key" -out "$scratch/certificate" 2>"$scratch/log" || { cat "$scratch/log" >&2; exit 1; }
    keep tls-certificate <"$scratch/certificate"
    keep tls-key <"$scratch/key"
    echo "  the certificate vouches for itself, for trying: put a real one into both files, and restart the proxy"
}

make_signing_key() {
    [ ! -e "$folder/signing-key" ] || return 0
    "$deploy/../scripts/setup/make-signing-key.sh" "$scratch/signing-key" "python-builds <python-builds@$1>" >/dev/null
    keep signing-key <"$scratch/signing-key"
    echo "  KEEP A COPY of it elsewhere: clients trust what it has signed, and nothing can make it again"
}

# Of the database and the store in containers: those of elsewhere have accounts already.
make_accounts() {
    random | keep database-password
    printf 'database:5432:*:farm:%s\n' "$(cat "$folder/database-password")" | keep database-login
    printf '[default]\naws_access_key_id = farm\naws_secret_access_key = %s\n' "$(random)" | keep s3-credentials
}

main() {
    if [ $# -lt 2 ] || [ $# -gt 3 ]; then usage; fi
    local host=$1
    owner=$2
    folder=${3:-$deploy/secrets}
    umask 077
    mkdir -p "$folder"
    scratch=$(mktemp -d) # not local: the trap needs it
    trap 'rm -rf -- "$scratch"' EXIT
    [ $# -eq 3 ] || make_accounts
    random | keep web-password
    random | keep metrics-token
    make_certificate "$host"
    make_signing_key "$host"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    main "$@"
fi
