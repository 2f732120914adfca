#!/usr/bin/env bash
# Installs the build into stage/ and makes it what users get: no static library, bytecode compiled once and reproducibly,
# nothing that names the build folder, and it works from any folder. Tests go to stage-test/ and debug information to
# stage-debug/, each a tree that fits over the first.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/build-environment.sh"
. "$scripts/lib/make-variables.sh"
. "$scripts/lib/refuse-paths.sh"
. "$scripts/lib/stage-functions.sh"
. "$scripts/lib/relocatable-functions.sh"
. "$scripts/lib/debug-functions.sh"

make_relocatable() {
    move_scripts "$1" "$3"
    move_configuration_scripts "$1"
    move_build_variables "$2" "$3"
    move_other_files "$@"
}

# Of the tree and of its tests alike.
split_all_debug_information() {
    local tree=$1 prefix=$2 debug=stage-debug$2/lib/debug
    mkdir -p "$debug"
    split_debug_information stage "$debug"
    split_debug_information stage-test "$debug"
    add_gdb_extension "$tree" "$debug" "$prefix"
}

main() {
    [ $# -eq 2 ] || usage "PREFIX quick|optimized"
    local prefix=$1 profile=$2 tree library tests
    [[ $profile == quick || $profile == optimized ]] || usage "PREFIX quick|optimized"
    refuse_root
    tree=$(staged_prefix "$prefix")
    [ -x source/python ] || die "there is no $work/source/python: run compile.sh first"
    export_source_date_epoch
    set_make_variables "$profile"
    # Not in parallel: the install targets of older versions make the same folders at the same time.
    make -C source install DESTDIR="$work/stage" "${make_variables[@]}" \
        "PYTHON_FOR_BUILD='$scripts/overlay/python-for-install.sh' ./\$(BUILDPYTHON) -E" 2>&1 | tee logs/install.log
    library=$(echo "$tree"/lib/python3*/)
    [ -d "$library" ] || die "make install left no $tree/lib/python3.X, or more than one"
    library=${library%/}
    tests=stage-test${library#stage}
    move_tests "$library" "$tests"
    remove_what_users_do_not_need "$tree" "$tests"
    add_short_names "$tree/bin"
    forget_build_folder
    "$tree/bin/python3" -I -B "$scripts/lib/lay_out_variables.py" "$library"/_sysconfigdata_*.py
    make_relocatable "$tree" "$library" "$prefix"
    split_all_debug_information "$tree" "$prefix"
    compile_bytecode "$tree/bin/python3" "$library"
    refuse_build_folder
    compress_debug_information
    chmod -R u+rwX,go+rX,go-w stage stage-test stage-debug
    say "$(du -sm stage | cut -f1) MB in $work/$tree, tests $(du -sm stage-test | cut -f1) MB, debug information $(du -sm stage-debug | cut -f1) MB"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
