#!/usr/bin/env bash
# Fails a build early whose configure says that a module of the standard library will be missing, which it does from
# CPython 3.11 on; check-stdlib.sh looks again at what was built, of every version.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/build-environment.sh"

# From "checking for stdlib extension module _ssl... missing"; `disabled` and `n/a` are no accidents.
modules_missing() {
    sed -n -E 's/^checking for stdlib extension module ([A-Za-z_][A-Za-z0-9_]*)\.\.\. missing$/\1/p' "$1" | LC_ALL=C sort -u
}

main() {
    local argument name missing=()
    for argument in "$@"; do
        [[ $argument =~ ^[A-Za-z_][A-Za-z0-9_]*$ ]] || usage "[ALLOWED_MODULE...]"
    done
    [ -s logs/configure.log ] || die "there is no $work/logs/configure.log: run configure.sh first"
    while IFS= read -r name; do
        case " $* " in
        *" $name "*) say "$name will not be built, which this platform allows" ;;
        *) missing+=("$name") ;;
        esac
    done < <(modules_missing logs/configure.log)
    [ ${#missing[@]} -eq 0 ] || die "these modules of the standard library would not be built: ${missing[*]}
Install the development package of the library each one needs into the platform's worker image, or, if the platform does
not have it, allow the module by name: allowed_missing in the platform's row in platforms.py. source/config.log says why."
    say "configure misses nothing"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
