# shellcheck shell=bash
# zypper, as a user has it. Sourced by the scripts beside it, which have the variables' meanings.
: "${REPOSITORY:=}"

prepare() { command -v curl >/dev/null || zypper -q --non-interactive install curl; }

add_repository() { zypper --non-interactive addrepo "$REPOSITORY/python-builds.repo"; }

install_package() { zypper --non-interactive --gpg-auto-import-keys install --no-recommends "$@"; }
install_from_address() { install_package "$1"; }
upgrade_all() { zypper --non-interactive --gpg-auto-import-keys update --no-recommends; }
remove_package() { zypper --non-interactive remove "$@"; }
installed_version() { rpm -q --queryformat '%{VERSION}\n' "$1" 2>/dev/null | grep -v 'not installed'; }

refresh() { zypper -q --non-interactive refresh >/dev/null; }
knows_package() { zypper -q --non-interactive search --provides --match-exact "$1" >/dev/null 2>&1; }
knows_repository() { zypper -q repos --uri | grep -Fw "$1" >/dev/null; }
