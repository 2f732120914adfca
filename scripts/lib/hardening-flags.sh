# shellcheck shell=bash
# What distributions harden their own packages with, as far as this compiler, linker and C library know it. Sourced after
# build-environment.sh by whoever compiles what users get; artifact_check.py on the master looks for it in the product.

# Sets hardening_cflags and hardening_ldflags.
set_hardening_flags() {
    local flag
    # Some distributions' gcc defines a level itself, which would be told as defined twice.
    hardening_cflags="-fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$(fortification)"
    # shellcheck disable=SC2034 # those who source this read it
    hardening_ldflags="-Wl,-z,relro,-z,now,-z,noexecstack"
    # gcc 8 has it, and the gcc 7 of some distributions.
    flag=-fstack-clash-protection
    if accepts_flag "$flag"; then hardening_cflags+=" $flag"; fi
    # Signed return addresses are checked wherever the processor can.
    flag=-mbranch-protection=standard
    if accepts_flag "$flag"; then hardening_cflags+=" $flag"; fi
    flag=-fcf-protection
    if leaves_its_mark "$flag"; then hardening_cflags+=" $flag"; fi
}

accepts_flag() {
    echo 'int x;' | "${CC:-gcc}" "$1" -x c -c -o /dev/null - 2>/dev/null
}

# Level 3 takes gcc 12 and glibc 2.34; with less, the C library's headers say that they take it for 2.
fortification() {
    if echo '#include <string.h>' |
        "${CC:-gcc}" -O2 -Werror -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -x c -c -o /dev/null - 2>/dev/null; then
        echo 3
    else
        echo 2
    fi
}

# A program is only guarded by a shadow stack if all that it is linked of is marked for it, the C library's own files too,
# which is not so in Debian 11, 12 and 13: there it would be more code and nothing else.
leaves_its_mark() {
    local program=home/mark-probe
    echo 'int main(void) { return 0; }' | "${CC:-gcc}" "$1" -x c -o "$program" - 2>/dev/null &&
        [[ $(LC_ALL=C readelf --notes --wide "$program") == *"x86 feature: IBT, SHSTK"* ]]
}
