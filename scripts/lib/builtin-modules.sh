# shellcheck shell=bash
# Modules of the standard library that are part of the interpreter and of libpython instead of files of their own.
# Sourced after build-environment.sh.

# What programs call in their inner loops: compiled and linked with the interpreter, a call to it costs no detour through
# a table, and can be inlined. Nothing that needs another library, and little code, since it is there twice.
builtin_modules=(_asyncio _bisect _csv _datetime _heapq _json _pickle _random _struct array math)

# CPython's own Modules/Setup has a line for each, commented out; what stands in Setup.local counts before everything else.
build_modules_in() {
    local name
    [ -f source/Modules/Setup ] || return 0
    {
        echo '*static*'
        for name in "${builtin_modules[@]}"; do sed -n -E "s/^#(${name}[[:space:]].*)/\1/p" source/Modules/Setup; done
    } >source/Modules/Setup.local
    say "built into the interpreter: $(sed -n -E 's/^([a-z_]+) .*/\1/p' source/Modules/Setup.local | paste -sd ' ')"
}
