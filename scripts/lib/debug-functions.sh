# shellcheck shell=bash
# What install-to-stage.sh does with debug information: it goes from the binaries into stage-debug/, where debuggers find
# it by the build ID that the linker left in each binary. Sourced after build-environment.sh.
: "${jobs:?}"

build_id() { LC_ALL=C readelf --notes "$1" | sed -n 's/.*Build ID: \([0-9a-f]\{8,\}\)$/\1/p'; }

# Copies the debug information of the binaries below a folder to where debuggers look for it below another, strips them.
split_debug_information() {
    local folder=$1 debug=$2 file id target
    while IFS= read -r -d '' file; do
        id=$(build_id "$file")
        [ -n "$id" ] || die "$file has no build ID: the compiler must call the linker with --build-id, so add -Wl,--build-id to LDFLAGS_NODIST in configure.sh"
        target=$debug/.build-id/${id:0:2}/${id:2}.debug
        mkdir -p "${target%/*}"
        objcopy --only-keep-debug "$file" "$target"
        chmod 644 "$target"
    done < <(elf_files "$folder")
    elf_files "$folder" | xargs -0 -r chmod u+w
    elf_files "$folder" | xargs -0 -r -n 20 -P "$jobs" strip --strip-unneeded
}

# The form that gdb has read since 2015. After it was searched for the build folder, which compression would hide.
compress_debug_information() {
    elf_files stage-debug | xargs -0 -r -n 1 -P "$jobs" objcopy --compress-debug-sections=zlib
}

# CPython's extension of gdb, for frames and objects of Python. gdb loads it by itself with the program or library of its
# name, from a file below the folder of debug information whose path is that of the installed binary.
add_gdb_extension() {
    local tree=$1 debug=$2 prefix=$3 file extension=source/Tools/gdb/libpython.py
    if [ ! -f "$extension" ]; then
        say "this version has no $extension, so no extension of gdb"
        return
    fi
    for file in "$tree"/bin/python3* "$tree"/lib/libpython3.*.so.*; do
        [[ -f $file && ! -L $file && $file != *-config ]] || continue
        file=$debug$prefix${file#"$tree"}-gdb.py
        mkdir -p "${file%/*}"
        cp "$extension" "$file"
        chmod 644 "$file"
    done
}
