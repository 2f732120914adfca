# shellcheck shell=bash
# apt, as a user has it. Sourced by the scripts beside it, which have the variables' meanings.
: "${REPOSITORY:=}" "${CDN:=}" "${SUITE:=}"
export DEBIAN_FRONTEND=noninteractive

prepare() {
    apt-get -q update
    apt-get -q -y --no-install-recommends install ca-certificates curl
}

add_repository() {
    install -d -m 755 /etc/apt/keyrings
    curl -fsSLo /etc/apt/keyrings/python-builds.asc "$CDN/python/python-builds.asc"
    chmod 644 /etc/apt/keyrings/python-builds.asc
    echo "deb [signed-by=/etc/apt/keyrings/python-builds.asc] $REPOSITORY $SUITE main" >/etc/apt/sources.list.d/python-builds.list
    apt-get -q update
}

install_package() { apt-get -q -y --no-install-recommends install "$@"; }

install_from_address() {
    curl -fsSLo "/tmp/${1##*/}" "$1"
    apt-get -q -y --no-install-recommends --allow-downgrades install "/tmp/${1##*/}"
}

upgrade_all() { apt-get -q -y upgrade; }
remove_package() { apt-get -q -y purge "$@"; }
# Of what was removed, dpkg still knows the name.
installed_version() { dpkg-query --show --showformat '${db:Status-Abbrev} ${Version}\n' "$1" 2>/dev/null | sed -n 's/^ii  *//p'; }

refresh() { apt-get -q update >/dev/null; }
# A name that one other package provides will do too.
knows_package() {
    apt-cache policy "$1" | grep '^  Candidate: [^(]' >/dev/null ||
        apt-get -q --simulate --no-install-recommends install "$1" >/dev/null 2>&1
}

knows_repository() { true; }
