#!/usr/bin/env bash
# Writes to the file `measured` what trees, tarballs and packages take: lines of a name and a number, bytes or seconds.
# The current folder has ours.tar.gz, ours.deb, and trees as ours.tar, predecessor.tar and plain.tar. Root, in a container.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive

note() { printf '%s %s\n' "$1" "$2" >>measured; }

bytes() { stat -c %s "$1"; }

# By inode, so that a file with two names counts once.
installed_bytes() { find "$1" -type f -printf '%i %s\n' | sort -u | awk '{ sum += $2 } END { print sum }'; }

unpack() {
    mkdir -p "$2"
    tar -C "$2" --no-same-owner -xf "$1.tar"
    note "installed-$1" "$(installed_bytes "$2/$version")"
}

compress() {
    tar -C "$2" -czf "$1.tar.gz" "$version"
    note "tarball-$1" "$(bytes "$1.tar.gz")"
}

make_predecessors_deb() {
    mkdir -p deb/DEBIAN deb/opt
    cp -al "$1" deb/opt/predecessor
    printf '%s: %s\n' Package predecessor Version 1 Architecture amd64 Maintainer nobody Description "the predecessor's tree" \
        >deb/DEBIAN/control
    dpkg-deb --root-owner-group -Zgzip --build deb predecessor.deb
}

install_and_purge() {
    local began ended
    sync # what was written before is not to be waited for here
    began=$EPOCHREALTIME
    apt-get -q -y --no-install-recommends install "./$1.deb"
    ended=$EPOCHREALTIME
    note "install-$1" "$(awk "BEGIN { print $ended - $began }")"
    apt-get -q -y purge "$(dpkg-deb --field "$1.deb" Package)"
}

main() {
    version=$1
    local installs=$2 number package
    unpack ours trees/ours
    unpack predecessor trees/predecessor
    unpack plain trees/plain
    note tarball-ours "$(bytes ours.tar.gz)"
    compress predecessor trees/predecessor
    compress plain trees/plain
    make_predecessors_deb trees/predecessor
    for package in ours predecessor; do note "deb-$package" "$(bytes "$package.deb")"; done
    for ((number = 0; number < installs; number++)); do
        for package in ours predecessor; do install_and_purge "$package"; done
    done
}

main "$@"
