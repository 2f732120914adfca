#!/usr/bin/env bash
# Makes what a farm in containers needs before its first `docker compose up`, and nothing that is there already: secrets in
# deploy/secrets/, settings in deploy/settings/ and deploy/.env, images. It may be run again, as after an upgrade, then without
# HOST too, which is in the settings. PLATFORMS are those that the farm is for, by default debian-12.
set -euo pipefail
unset CDPATH # with it, cd may go elsewhere, and prints where

deploy=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
checkout=$(dirname "$deploy")
platforms=${PLATFORMS:-debian-12}

usage() {
    echo "usage: prepare.sh HOST [WEB_PORT [STORE_PORT]]   as in: prepare.sh farm.example.org 443 8443" >&2
    exit 2
}

# What was written the first time: HOST WEB_PORT STORE_PORT.
known() {
    [ -s "$deploy/settings/farm.env" ] && [ -s "$deploy/.env" ] || return 0
    sed -n -E '/^PYTHON_BUILDS_WEB_URL=/{s|^[^=]*=https://||;s|(:[0-9]+)?/?$||;p;}' "$deploy/settings/farm.env"
    sed -n -E 's/^FARM_(WEB|STORE)_PORT=//p' "$deploy/.env"
}

# Whom the master and the proxy run as: whoever prepares, but never root.
owner() {
    if [ "$(id -u)" = 0 ]; then echo 8010:8010; else echo "$(id -u):$(id -g)"; fi
}

# For copies of the bucket, which are made as that user, too.
make_backup_folder() {
    install -d -m 700 "$deploy/backup"
    [ "$(id -u)" != 0 ] || chown "$(owner)" "$deploy/backup"
}

# How pip reaches its index inside `docker build`: as here.
configure_pip() {
    rm -rf "$deploy/pip"
    mkdir "$deploy/pip"
    [ -z "${PIP_CERT:-}" ] || cp -- "$PIP_CERT" "$deploy/pip/certificates.pem"
    PYTHONPATH=$checkout/master "$checkout/.venv/bin/python" -c '
import os
from python_builds.core.workers.images import pip_configuration
print(pip_configuration(os.environ.get("PIP_INDEX_URL", ""), os.environ.get("PIP_CERT", "")), end="")
' >"$deploy/pip/pip.conf"
}

make_images() {
    local platform
    docker image inspect debian:12 >/dev/null 2>&1 || docker pull --quiet debian:12 ||
        make --directory="$checkout" --no-print-directory base-image PLATFORM=debian-12
    for platform in $platforms; do
        make --directory="$checkout" --no-print-directory images PLATFORM="$platform"
    done
}

main() {
    # shellcheck disable=SC2046 # words
    [ $# -gt 0 ] || set -- $(known)
    if [ $# -lt 1 ] || [ $# -gt 3 ] || ! [[ $1 =~ ^[A-Za-z0-9.:-]+$ ]]; then usage; fi
    local host=$1 web=${2:-443} store=${3:-8443} url
    "$checkout/scripts/setup/install-packages.sh" make openssl gpg gpg-agent
    docker info >/dev/null || {
        echo "prepare.sh: no Docker engine answers: apt-get install docker.io docker-compose, or see docs.docker.com" >&2
        exit 1
    }
    "$deploy/make-secrets.sh" "$host" "$(owner)"
    make_backup_folder
    PLATFORMS=$platforms "$deploy/make-settings.sh" "$host" "$web" "$store" "$(owner)"
    make --directory="$checkout" --no-print-directory --silent .venv/ready
    configure_pip
    make_images
    echo "ready: docker compose --file deploy/compose.yaml up --build --detach"
    url=$(sed -n 's/^PYTHON_BUILDS_WEB_URL=//p' "$deploy/settings/farm.env")
    echo "then $url, as operator, with the password in deploy/secrets/web-password"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    main "$@"
fi
