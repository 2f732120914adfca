# shellcheck shell=bash disable=SC2034 # those who source this read what it sets
# What the build scripts share. Sourced by them, never run. The current directory is the work folder.
set -euo pipefail
shopt -s inherit_errexit # else a failure inside $(...) goes on to the next command
unset CDPATH # with it, cd may go elsewhere, and prints where

work=$(pwd -P)
scripts=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
jobs=$(nproc)

# Where ccache stands in for compilers, by their names.
masquerade_folders=(/usr/lib/ccache /usr/lib64/ccache)

# A `make build` further up, or settings of another Python, must not reach CPython's own make and interpreter.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES VIRTUAL_ENV
for variable in "${!PYTHON@}"; do [[ $variable == PYTHON_BUILDS_* ]] || unset "$variable"; done

usage() {
    printf 'usage: %s %s\n' "${0##*/}" "$1" >&2
    exit 2
}

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# A sentence that must survive in the log of a step, where it explains the exit status.
say() { printf '%s: %s\n' "${0##*/}" "$*"; }

# What comes from a tarball must never run as root.
refuse_root() {
    [ "$(id -u)" -ne 0 ] || die "this runs code from the source tarball, so not as root: start it with run-as-build-user.sh ${0##*/} ..."
}

require_folder() {
    [ -d "$1" ] || die "$work/$1 is missing: $2"
}

export_source_date_epoch() {
    [ -s logs/source-date-epoch ] || die "$work/logs/source-date-epoch is missing: run unpack-source.sh first"
    SOURCE_DATE_EPOCH=$(<logs/source-date-epoch)
    [[ $SOURCE_DATE_EPOCH =~ ^[0-9]+$ ]] || die "logs/source-date-epoch must be a number of seconds, not '$SOURCE_DATE_EPOCH'"
    export SOURCE_DATE_EPOCH
}

# The folder where the staged files lie: the prefix below DESTDIR, which is stage unless another is named.
staged_prefix() {
    [[ $1 == /*/* && $1 != */ ]] || die "PREFIX must be an absolute path of at least two folders, such as /opt/python/3.13.5, not '$1'"
    printf '%s\n' "${2:-stage}$1"
}

# Every ELF file below a folder, NUL-separated; told by its first bytes since names and modes do not tell.
elf_files() {
    local file magic
    while IFS= read -r -d '' file; do
        magic=
        IFS= LC_ALL=C read -r -N 4 magic 2>/dev/null <"$file" || true # an empty file has no four bytes
        [ "$magic" != $'\x7fELF' ] || printf '%s\0' "$file"
    done < <(find "$1" -type f -print0)
}

# Writes FILE.sha256 beside a finished artifact, in the form `sha256sum --check` reads.
write_sha256() {
    local name=${1##*/}
    (cd "$(dirname "$1")" && sha256sum "$name" >"$name.sha256")
}

# CPython's own test runner, from the build tree. A process started in the background of a non-interactive shell, as
# workers are, inherits SIGINT ignored, which test_generators and others take as a bug; no shell can undo that, Python can.
run_cpython_tests() {
    (
        cd source
        export LD_LIBRARY_PATH=$PWD NO_COLOR=1
        exec ./python -c 'import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execv("./python", ["./python", "-m", "test"] + sys.argv[1:])' "$@"
    )
}
