# shellcheck shell=bash
# dnf, as a user has it. Sourced by the scripts beside it, which have the variables' meanings.
: "${REPOSITORY:=}" "${REPOSITORIES:=}"

prepare() { command -v curl >/dev/null || dnf -q -y install curl; }

add_repository() { curl -fsSLo /etc/yum.repos.d/python-builds.repo "$REPOSITORY/python-builds.repo"; }

install_package() { dnf -y --setopt=install_weak_deps=False install "$@"; }
install_from_address() { install_package "$1"; }
upgrade_all() { dnf -y --refresh upgrade; }
remove_package() { dnf -y remove "$@"; }
installed_version() { rpm -q --queryformat '%{VERSION}\n' "$1" 2>/dev/null | grep -v 'not installed'; }

refresh() { dnf -q -y ${REPOSITORIES:+--enablerepo="$REPOSITORIES"} makecache >/dev/null; }
knows_package() { [ -n "$(dnf -q ${REPOSITORIES:+--enablerepo="$REPOSITORIES"} repoquery --whatprovides "$1" 2>/dev/null)" ]; }
knows_repository() { dnf -q repolist --all | awk '{ print $1 }' | grep -Fx "$1" >/dev/null; }
