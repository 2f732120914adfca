#!/usr/bin/env bash
# Starts PostgreSQL in a container. POSTGRES_USER, POSTGRES_DB, POSTGRES_PASSWORD_FILE are as with the image `postgres`: they
# are what a new database is made with, and mean nothing afterwards. Who is in the container needs no password.
set -euo pipefail
unset CDPATH # with it, cd may go elsewhere, and prints where

programs=/opt/postgresql

as_postgres() {
    setpriv --reuid=postgres --regid=postgres --clear-groups "$@"
}

# In another folder until all of it is there, so that a start that was interrupted is begun anew by the next.
make_database() {
    local new=$PGDATA/new
    rm -rf -- "$new"
    install -m 600 -o postgres "$POSTGRES_PASSWORD_FILE" /tmp/password
    as_postgres "$programs/initdb" --pgdata="$new" --username="$POSTGRES_USER" --pwfile=/tmp/password \
        --auth-host=scram-sha-256 --auth-local=trust --encoding=UTF8 --locale=C.UTF-8
    rm /tmp/password
    echo "CREATE DATABASE \"$POSTGRES_DB\"" | as_postgres "$programs/postgres" --single -D "$new" postgres
    echo 'host all all all scram-sha-256' >>"$new/pg_hba.conf"
    as_postgres mv "$new" "$PGDATA/cluster"
}

main() {
    chown postgres:postgres "$PGDATA"
    install -d -o postgres -g postgres /var/run/postgresql
    [ -d "$PGDATA/cluster" ] || make_database
    cd "$PGDATA"
    exec setpriv --reuid=postgres --regid=postgres --clear-groups \
        "$programs/postgres" -D "$PGDATA/cluster" -c listen_addresses='*' -k /var/run/postgresql
}

main
