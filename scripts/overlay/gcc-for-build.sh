#!/usr/bin/env bash
# Stands before gcc while CPython is compiled: compile.sh puts it on the PATH under gcc's name, and its folder and the source
# folder, by their absolute names, into the environment. It gives gcc what CPython's own make does not, in any version.
set -euo pipefail

# Up to CPython 3.11 setup.py names the files of modules by absolute names. gcc looks functions up in training data by the
# names of their files, so the data would only fit in one folder.
use_relative_names() {
    local argument
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
}

# What is not the core's is an extension module's, most of which are one file: to link those with LTO compiles them twice.
is_of_a_module() {
    [[ " ${arguments[*]} " != *" -DPy_BUILD_CORE "* && " ${arguments[*]} " != *" -DPy_BUILD_CORE_BUILTIN "* ]]
}

add_compile_flags() {
    # For ccache's depend mode, which needs no preprocessor beside the compiler.
    arguments+=(-MD)
    ! is_of_a_module || arguments+=(-fno-lto)
}

main() {
    if [ -z "${WRAPPER_FOLDER:-}" ] || [ -z "${SOURCE_FOLDER:-}" ]; then
        echo "usage: gcc-for-build.sh ARGUMENT..., with WRAPPER_FOLDER and SOURCE_FOLDER in the environment" >&2
        exit 2
    fi
    arguments=()
    use_relative_names "$@"
    [[ " $* " != *" -c "* ]] || add_compile_flags
    PATH=${PATH#"$WRAPPER_FOLDER:"}
    export CCACHE_DEPEND=1
    exec gcc "${arguments[@]}"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
