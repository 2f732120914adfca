#!/usr/bin/env bash
# Prints what the sealed tree is linked to and what built it, with the packages that the system's own database says: lines
# "system ID VERSION_ID", "library SONAME direct|indirect NAME VERSION ARCHITECTURE SOURCE" and "tool COMMAND NAME …".
# It runs nothing of the tree. "-" stands where no package has it.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/build-environment.sh"
. "$scripts/lib/owner-functions.sh"

PATH=$PATH:/usr/sbin:/sbin
tools=(as g++ gcc ld make)
declare -A machines=([x86_64]=x86-64 [aarch64]=AArch64)

# Prints the libraries that ELF files name, of names NUL-separated on the input.
needed() {
    xargs -0 -r readelf --dynamic --wide -- 2>/dev/null | sed -n 's/.*(NEEDED).*Shared library: \[\(.*\)\]$/\1/p' | LC_ALL=C sort -u
}

# Where the loader finds a library of the system.
place_of() {
    local place
    [[ $1 =~ ^[A-Za-z0-9._+-]+$ ]] || die "the tree is linked to '$1', which cannot be a library"
    place=$(sed -n "s|^[[:space:]]*${1//./\\.} (libc6,${machine}[^)]*) => ||p" <<<"$known" | sed -n 1p)
    [ -n "$place" ] || die "no library of this system is called '$1', which the tree is linked to"
    printf '%s\n' "$place"
}

# What files of the tree name is direct; what lies in the tree itself is no library of the system.
list_libraries() {
    local tree=$1 soname place how=direct seen=" " queue=() next=()
    mapfile -t queue < <(elf_files "$tree" | needed)
    while [ ${#queue[@]} -gt 0 ]; do
        next=()
        for soname in "${queue[@]}"; do
            [[ $seen != *" $soname "* && ! -e $tree/lib/$soname ]] || continue
            seen+="$soname "
            place=$(place_of "$soname")
            printf 'library %s %s %s\n' "$soname" "$how" "$(owner_of "$place")"
            mapfile -t -O ${#next[@]} next < <(printf '%s\0' "$place" | needed)
        done
        queue=("${next[@]}")
        how=indirect
    done
}

list_tools() {
    local tool place
    for tool in "${tools[@]}"; do
        # What stands in for a compiler is not the compiler.
        if place=$(PATH=/usr/bin:/bin command -v "$tool"); then printf 'tool %s %s\n' "$tool" "$(owner_of "$place")"; fi
    done
}

main() {
    [ $# -eq 1 ] || usage "PREFIX"
    local tree
    tree=$(staged_prefix "$1")
    require_folder "$tree" "run seal-stage.sh first"
    machine=${machines[$(uname -m)]:-}
    [ -n "$machine" ] || die "the machine is called '$(uname -m)', and must be one of ${!machines[*]}"
    known=$(ldconfig -p)
    # shellcheck disable=SC1091 # the system's own
    (. /etc/os-release && printf 'system %s %s\n' "$ID" "${VERSION_ID:-unknown}")
    list_libraries "$tree"
    list_tools
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
