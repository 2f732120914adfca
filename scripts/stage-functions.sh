# shellcheck shell=bash
# What install-to-stage.sh does to the staged tree. Sourced after build-environment.sh.
: "${work:?}" "${jobs:?}"

# Where files that record the build folder say it was built.
published_source_folder=/usr/src/python

remove_what_users_do_not_need() {
    local tree=$1 library=$2
    rm -rf -- "$library/test" "$library/lib2to3/tests" "$library/distutils/tests" "$library/tkinter/test" \
        "$library/ctypes/test" "$library/idlelib/idle_test" "$library/unittest/test" "$library/sqlite3/test"
    # The static library, and the object file that is only of use with it.
    find "$tree" \( -name 'libpython*.a' -o -path '*/config-*/python.o' \) -type f -delete
    find "$tree" -type d -name __pycache__ -prune -exec rm -rf -- {} +
}

add_short_names() {
    local name
    for name in python pip; do
        [ -e "$1/${name}3" ] || die "make install left no $1/${name}3"
        [ -e "$1/$name" ] || ln -s "${name}3" "$1/$name"
    done
}

# The files CPython writes its build configuration into; in any other file the build folder is an error.
forget_build_folder() {
    local tree=$1 library=$2 file
    while IFS= read -r -d '' file; do
        sed -i -e "s|$work/source|$published_source_folder|g" -e "s|$work/stage||g" "$file"
    done < <(find "$library" "$tree/bin" "$tree/lib/pkgconfig" -type f \( \
        -name '_sysconfig*' -o -path '*/config-*/Makefile' -o -path '*/config-*/python-config.py' \
        -o -name build-details.json -o -name 'python*-config' -o -name '*.pc' \) -print0)
}

strip_binaries() {
    elf_files "$1" | xargs -0 -r chmod u+w
    elf_files "$1" | xargs -0 -r -n 20 -P "$jobs" strip --strip-unneeded
}

# One level, since -O is rare. unchecked-hash: no time stamps, and no reading of sources at import either. The staged
# interpreter finds its own library from where it lies; -B keeps it from leaving bytecode of another kind.
compile_bytecode() {
    local tree=$1 library=$2
    PYTHONHASHSEED=0 "$tree/bin/python3" -B -m compileall -q -f -j "$jobs" -o 0 \
        --invalidation-mode unchecked-hash -s "$work/stage" -p / "$work/$library"
}

# Files below stage/ that name one of the work folder's own folders.
files_naming_build_folder() {
    local folder patterns=()
    for folder in source stage dist home logs scripts; do patterns+=(-e "$work/$folder"); done
    grep -r -l -a -F "${patterns[@]}" stage || [ $? -eq 1 ] # 1: none, which is what we want
}

refuse_build_folder() {
    local files
    files=$(files_naming_build_folder)
    [ -z "$files" ] || die "these files name the build folder $work, which users do not have:
$files"
}
