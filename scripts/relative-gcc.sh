#!/usr/bin/env bash
# Stands before gcc while CPython is compiled: compile.sh puts it on the PATH under gcc's name, and its folder and the source
# folder, by their absolute names, into the environment. Up to CPython 3.11 setup.py names the files of modules by absolute
# names. gcc looks functions up in training data by the names of their files, so the data would only fit in one folder.
set -euo pipefail

main() {
    if [ -z "${WRAPPER_FOLDER:-}" ] || [ -z "${SOURCE_FOLDER:-}" ]; then
        echo "usage: relative-gcc.sh ARGUMENT..., with WRAPPER_FOLDER and SOURCE_FOLDER in the environment" >&2
        exit 2
    fi
    local argument arguments=()
    for argument in "$@"; do
        case "$argument" in
        # Objects, which lie below build/ by the absolute name of their source.
        build/*"$SOURCE_FOLDER"/*)
            argument=${argument/"$SOURCE_FOLDER"\///}
            mkdir -p "$(dirname "$argument")"
            ;;
        -I"$SOURCE_FOLDER") argument=-I. ;;
        *) argument=${argument//"$SOURCE_FOLDER"\//} ;;
        esac
        arguments+=("$argument")
    done
    PATH=${PATH#"$WRAPPER_FOLDER:"}
    exec gcc "${arguments[@]}"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
