#!/usr/bin/env bash
# Installs the build into stage/ and makes it what users get: no tests, no static library, stripped, bytecode compiled
# once and reproducibly, nothing in it that names the build folder.
. "$(dirname "${BASH_SOURCE[0]}")/build-environment.sh"
. "$scripts/make-variables.sh"
. "$scripts/stage-functions.sh"

main() {
    [ $# -eq 2 ] || usage "PREFIX quick|optimized"
    local prefix=$1 profile=$2 tree library
    [[ $profile == quick || $profile == optimized ]] || usage "PREFIX quick|optimized"
    refuse_root
    tree=$(staged_prefix "$prefix")
    [ -x source/python ] || die "there is no $work/source/python: run compile.sh first"
    export_source_date_epoch
    set_make_variables "$profile"
    # Not in parallel: the install targets of older versions make the same folders at the same time.
    make -C source install DESTDIR="$work/stage" "${make_variables[@]}" \
        "PYTHON_FOR_BUILD='$scripts/python-for-install.sh' ./\$(BUILDPYTHON) -E" 2>&1 | tee logs/install.log
    library=$(echo "$tree"/lib/python3*/)
    [ -d "$library" ] || die "make install left no $tree/lib/python3.X, or more than one"
    library=${library%/}
    remove_what_users_do_not_need "$tree" "$library"
    add_short_names "$tree/bin"
    forget_build_folder "$tree" "$library"
    strip_binaries "$tree"
    compile_bytecode "$tree" "$library"
    chmod -R u+rwX,go+rX,go-w stage
    refuse_build_folder
    say "$(du -sm stage | cut -f1) MB in $work/$tree"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
