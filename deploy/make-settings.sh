#!/usr/bin/env bash
# Writes what a farm in containers is set to: deploy/.env for compose, deploy/settings/farm.env for the master; what is there
# stays. PLATFORMS are those that the farm is for.
set -euo pipefail
unset CDPATH # with it, cd may go elsewhere, and prints where

deploy=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)

network=${FARM_WORKERS_NETWORK:-python-builds-workers}

usage() {
    echo "usage: make-settings.sh HOST WEB_PORT STORE_PORT OWNER" >&2
    exit 2
}

# For compose, which reads it by itself.
make_environment() {
    local file=$deploy/.env web=$1 store=$2 owner=$3
    [ ! -e "$file" ] || return 0
    cat >"$file" <<EOF
# Read by docker compose: see deploy/compose.yaml for the images that can be others.
FARM_USER=$owner
FARM_DOCKER_GROUP=$(stat --dereference --format %g "${FARM_DOCKER_SOCKET:-/var/run/docker.sock}")
FARM_WEB_PORT=$web
FARM_STORE_PORT=$store
FARM_WORKERS_NETWORK=$network
FARM_DATABASE=farm_$(od -An -N4 -tx4 /dev/urandom | tr -d ' ')
EOF
    echo "made $file"
}

url() {
    if [ "$2" = 443 ]; then echo "https://$1"; else echo "https://$1:$2"; fi
}

make_settings() {
    local file=$deploy/settings/farm.env host=$1 web=$2 store=$3 database
    [ ! -e "$file" ] || return 0
    mkdir -p "$deploy/settings"
    # Of another name in each farm: by it an engine's containers are told apart, of which each farm removes what it has left.
    database=$(sed -n 's/^FARM_DATABASE=//p' "$deploy/.env")
    cat >"$file" <<EOF
# What the master is set to: docs/settings.md has them all. After a change: docker compose restart master.
PYTHON_BUILDS_STATE_DIR=/var/lib/python-builds/state
PYTHON_BUILDS_DATABASE_URL=postgresql://farm@database/${database:-farm}
PYTHON_BUILDS_WEB_HOST=0.0.0.0
PYTHON_BUILDS_WEB_URL=$(url "$host" "$web")
PYTHON_BUILDS_WEB_READERS=operators
PYTHON_BUILDS_WEB_PASSWORD_FILE=/run/secrets/web-password
PYTHON_BUILDS_METRICS_TOKEN_FILE=/run/secrets/metrics-token
PYTHON_BUILDS_PLATFORMS="${PLATFORMS:-debian-12}"
PYTHON_BUILDS_DOCKER_HOSTS='[{"name": "here", "url": "unix:///var/run/docker.sock", "master": "master", "network": "$network"}]'
PYTHON_BUILDS_WORKER_HOST=0.0.0.0
PYTHON_BUILDS_WORKER_PORT=9989
PYTHON_BUILDS_SIGNING_KEY_FILE=/run/secrets/signing-key
PYTHON_BUILDS_S3_BUCKET=pythons
PYTHON_BUILDS_S3_CREDENTIALS_FILE=/run/secrets/s3-credentials
# The server of compose.yaml, for trying. Without these four lines: AWS's.
PYTHON_BUILDS_S3_ENDPOINT_URL=http://store:7480
PYTHON_BUILDS_S3_PATH_STYLE=true
PYTHON_BUILDS_S3_REGION=default
PYTHON_BUILDS_CDN_URL=$(url "$host" "$store")
EOF
    chmod 644 "$file"
    echo "made $file"
}

main() {
    [ $# -eq 4 ] || usage
    umask 022 # the master is somebody else, and there is no secret in it
    make_environment "$2" "$3" "$4"
    make_settings "$1" "$2" "$3"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    main "$@"
fi
