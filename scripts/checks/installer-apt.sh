# shellcheck shell=bash
# Installing and removing a .deb with apt-get in the scratch root. Sourced by check-package.sh.
: "${root:=}" "${scratch:=}"

# Recommended packages are left out, so that what the package needs must be in its Depends. Syncing every file to disk
# would take longer than the whole check, for a system that is thrown away.
apt_get() {
    in_root apt-get -y -q -o Dpkg::Use-Pty=0 -o Acquire::Retries=3 -o APT::Install-Recommends=false \
        -o Dpkg::Options::=--force-unsafe-io "$@"
}

# The indexes that came with the base system are as old as it is, and its archive has dropped packages since.
prepare_installer() {
    apt_get update
}

# Downloads go through the optional cache folder by copying, since there are no mounts here. Downloading and installing
# are two steps because the configuration of container images empties the archive folder after the second.
apt_get_install() {
    local archives=$root/var/cache/apt/archives cache=${PYTHON_BUILDS_APT_CACHE:-} new
    if [ -n "$cache" ]; then
        mkdir -p -- "$cache"
        # What no check has put there for a month was replaced by newer packages since; so was the rest of a killed one.
        find "$cache" -maxdepth 1 -mindepth 1 -mtime +30 -exec rm -rf -- {} +
        find "$cache" -maxdepth 1 -name '*.deb' -exec cp --reflink=auto -t "$archives" {} +
    fi
    apt_get install --download-only "$@"
    if [ -n "$cache" ]; then
        # Whole or not at all: another check may be reading the cache.
        new=$(mktemp -d "$cache/.new.XXXXXX")
        find "$archives" -maxdepth 1 -name '*.deb' -exec cp --reflink=auto -t "$new" {} +
        find "$new" -name '*.deb' -exec mv -f -t "$cache" {} +
        rmdir "$new"
    fi
    apt_get install "$@"
}

install_package() { apt_get_install "$@"; }

install_compiler() { apt_get_install gcc libc6-dev pkg-config; }

# Container images leave out documents; dpkg before 1.21 says "??5??????" of a file that is not there, and later "missing".
but_documents_left_out() {
    local line path
    while IFS= read -r line; do
        path=/${line#*/}
        [[ $path != /usr/share/doc/* || -e $root$path || -L $root$path ]] || continue
        printf '%s\n' "$line"
    done
}

remove_package() {
    local name
    name=$(in_root dpkg-deb --field "$1" Package)
    # Files that changed since they were installed, by whoever ran the interpreter.
    { in_root dpkg --verify "$name" || true; } | but_documents_left_out | tee "$scratch/changed"
    [ ! -s "$scratch/changed" ] || die "files of the package changed while it was used"
    apt_get purge "$name"
}
