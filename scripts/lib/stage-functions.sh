# shellcheck shell=bash
# What install-to-stage.sh does to the staged tree. Sourced after build-environment.sh and refuse-paths.sh.
: "${work:?}" "${jobs:?}" "${scripts:?}"

published_source_folder=/usr/src/python

# The tests of the standard library, and the extension modules that are for them alone.
test_files() {
    find "$1" -path "$1/site-packages" -prune -o -type d \( -name test -o -name tests -o -name idle_test \) -print0 -prune
    find "$1/lib-dynload" -type f \( -name '_test*.so' -o -name '_ctypes_test*.so' -o -name '_xxtestfuzz*.so' \
        -o -name 'xxlimited*.so' \) -print0
}

# To the same place below another folder: unpacked over the tree, they make it whole.
move_tests() {
    local library=$1 target=$2 path
    mkdir -p "$target"
    while IFS= read -r -d '' path; do
        path=${path#"$library/"}
        mkdir -p "$(dirname "$target/$path")"
        mv -- "$library/$path" "$target/$path"
    done < <(test_files "$library")
    # CPython's Makefile lists the folders of tests one by one, and has forgotten some in several versions.
    mkdir -p "$target/test"
    cp -R source/Lib/test/. "$target/test/"
}

# The static library, the object file that is only of use with it, the programs that pip and setuptools put into scripts
# on Windows (in their RECORDs, too), and bytecode of whatever kind make install left.
remove_what_users_do_not_need() {
    find "$1" \( -name 'libpython*.a' -o -path '*/config-*/python.o' -o -path '*/site-packages/*.exe' \) -type f -delete
    find "$1" -path '*/site-packages/*.dist-info/RECORD' -exec sed -i '/\.exe,sha256=/d' {} +
    find "$@" -type d -name __pycache__ -prune -exec rm -rf -- {} +
}

add_short_names() {
    local name
    for name in python pip; do
        [ -e "$1/${name}3" ] || die "make install left no $1/${name}3"
        [ -e "$1/$name" ] || ln -s "${name}3" "$1/$name"
    done
}

# Text that names the work folder says instead where a distribution would have had it: by one rule, in whatever file CPython
# writes down how it was built. Not in binaries, of which refuse_build_folder tells: what holds a zero byte (LC_ALL=C).
forget_build_folder() {
    local folder
    folder=$(as_expression "$work")
    { LC_ALL=C grep -r -l -I -Z -F -- "$work/" stage || [ $? -eq 1 ]; } | # 1: in none
        xargs -0 -r sed -i -e "s|$folder/stage||g" -e "s|$folder/source|$published_source_folder|g" \
            -e "s|$folder/|${published_source_folder%/*}/|g"
}

# The staged interpreter finds its own library from where it lies; -B keeps it from leaving bytecode of another kind.
compile_bytecode() {
    local interpreter=$1 library=$2
    PYTHONHASHSEED=0 "$interpreter" -B "$scripts/lib/compile_bytecode.py" "$jobs" "$work/stage" "$work/$library"
}
