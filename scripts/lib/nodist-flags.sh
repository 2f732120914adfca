# shellcheck shell=bash
# The flags that configure.sh gives CPython for its own build. Sourced after build-environment.sh.
: "${work:?}" "${scripts:?}"
. "$scripts/lib/hardening-flags.sh"

# Flags in *_NODIST shape what we build and stay out of what users' extension modules are built with.
set_nodist_flags() {
    local profile=$1 flag
    set_hardening_flags
    CFLAGS_NODIST=$hardening_cflags
    # gcc 7 knows only the older of the two; the staged tree is searched for the path whichever it was.
    for flag in -ffile-prefix-map -fdebug-prefix-map; do
        if accepts_flag "$flag=$work/source=."; then
            CFLAGS_NODIST+=" $flag=$work/source=."
            break
        fi
    done
    # DT_RPATH and not DT_RUNPATH, of the interpreter only in effect: an extension module that was linked against
    # libpython by mistake then finds ours, wherever the tree lies, and never the distribution's of the same name.
    # shellcheck disable=SC2016 # make and the linker expand it, not the shell
    LDFLAGS_NODIST='-Wl,-rpath=\$$ORIGIN/../lib -Wl,--disable-new-dtags'" $hardening_ldflags"
    # 0.9 MB of libpython, otherwise.
    flag=-Wl,-z,pack-relative-relocs
    if runs_with_linker_flag "$flag"; then LDFLAGS_NODIST+=" $flag"; fi
    # Newer versions add this themselves when shared and optimized.
    if [ "$profile" = optimized ] && ! grep -q -- -fno-semantic-interposition source/configure; then
        CFLAGS_NODIST+=" -fno-semantic-interposition"
        LDFLAGS_NODIST+=" -fno-semantic-interposition"
    fi
    export CFLAGS_NODIST LDFLAGS_NODIST
}

# By running a program: the C library has to understand what the linker makes. The linker only warns of a flag that it
# does not know, and takes --fatal-warnings for what follows.
runs_with_linker_flag() {
    local program=home/linker-probe
    echo 'int number; int *volatile address = &number; int main(void) { return *address; }' |
        "${CC:-gcc}" -fPIE -pie -Wl,--fatal-warnings "$1" -x c -o "$program" - 2>/dev/null && "$program"
}
