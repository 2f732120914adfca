#!/usr/bin/env bash
# Makes the base image IMAGE, an untouched system of SUITE, from the archive this machine's own apt uses: for Docker hosts
# that reach no registry. Needs root, debootstrap and Docker; `make base-image PLATFORM=debian-12` gives the arguments, of
# which ARCHITECTURE is Debian's name of one. One that is not this machine's is emulated.
set -euo pipefail
unset CDPATH # with it, cd may go elsewhere, and prints where

setup=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)

usage() {
    echo "usage: make-base-image.sh SUITE IMAGE ARCHITECTURE" >&2
    exit 2
}

# As in the distributions' own images: device nodes, the resolver and the archive's lists come from whoever runs it.
# `docker import` gives every image the engine's own architecture.
import_root() {
    local context=$1.context
    mkdir "$context"
    tar --create --numeric-owner --xattrs --directory "$1" --file "$context/root.tar" \
        --exclude './dev/*' --exclude './etc/resolv.conf' --exclude './var/lib/apt/lists/*' --exclude './var/log/*.log' .
    printf '%s\n' 'FROM scratch' 'ADD root.tar /' 'CMD ["bash"]' >"$context/Dockerfile"
    docker build --quiet --force-rm --platform "linux/$3" --tag "$2" "$context" >/dev/null
}

main() {
    [ $# -eq 3 ] || usage
    local suite=$1 image=$2 architecture=$3
    command -v docker >/dev/null || { echo "make-base-image.sh: docker is missing: apt-get install docker.io" >&2; exit 1; }
    folder=$(mktemp -d "${TMPDIR:-/var/tmp}/python-builds-base.XXXXXX") # not local: the trap needs it
    trap 'rm -rf --one-file-system -- "$folder"' EXIT
    "$setup/install-packages.sh" debootstrap
    [ "$architecture" = "$(dpkg --print-architecture)" ] || "$setup/emulate.sh" "$architecture"
    "$setup/../steps/make-base-root.sh" "$suite" "$folder/root" "$architecture"
    if grep -E '^deb (\[.*\] )?file:' "$folder"/*/etc/apt/sources.list >&2; then
        echo "make-base-image.sh: no container reaches the folders above: serve them by HTTP, and name those addresses in this machine's apt" >&2
        exit 1
    fi
    import_root "$folder/root" "$image" "$architecture"
    echo "make-base-image.sh: $image is a base system of $suite on $architecture"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    main "$@"
fi
