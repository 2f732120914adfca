#!/usr/bin/env bash
# Stands before the interpreter as PYTHON_FOR_BUILD of `make install`, and does everything but compile bytecode: make
# compiles three levels of it, tests included, for most of the CPU time of an install. install-to-stage.sh compiles one.
set -euo pipefail

main() {
    local argument
    if [ $# -eq 0 ]; then
        echo "usage: python-for-install.sh INTERPRETER [ARGUMENT...]" >&2
        exit 2
    fi
    for argument in "$@"; do
        case "$argument" in */compileall.py) return 0 ;; esac
    done
    exec "$@"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
