#!/usr/bin/env bash
# Fails a build whose standard library is not complete: CPython itself builds on when a library's headers are missing.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/build-environment.sh"

# The names CPython's build lists after each of its three complaints: setup.py up to 3.11, check_extension_modules.py
# since 3.12. A row has up to three names; lines of other jobs that make mixed in do not look like that.
modules_not_built() {
    awk '
        /^The necessary bits to build these optional modules were not found:/ ||
        /^Failed to build these modules:/ ||
        /^Following modules built successfully but were removed because they could not be imported:/ { listing = 1; next }
        /^[[:space:]]*$/ || /^To find the necessary bits/ { listing = 0 }
        listing && NF <= 3 {
            for (i = 1; i <= NF; i++) if ($i !~ /^[A-Za-z_][A-Za-z0-9_]*$/) next
            for (i = 1; i <= NF; i++) print $i
        }' "$1" | LC_ALL=C sort -u
}

# Silence means something only after the modules were looked at: up to 3.11 setup.py has nothing to say when nothing is
# missing, and goes on to its scripts; since 3.12 there is a summary.
require_finished_build() {
    grep -q -E '^(running build_scripts|Checked [0-9]+ modules )' "$1" ||
        die "$work/$1 does not tell that CPython looked at its modules ('running build_scripts' or 'Checked N modules'): the build did not finish, or CPython words it differently now"
}

main() {
    local argument
    for argument in "$@"; do
        [[ $argument =~ ^[A-Za-z_][A-Za-z0-9_]*$ ]] || usage "[ALLOWED_MODULE...]"
    done
    refuse_root
    [ -s logs/make.log ] || die "there is no $work/logs/make.log: run compile.sh first"
    local interpreter name missing=()
    interpreter=$(find stage -path '*/bin/python3' -print -quit)
    [ -n "$interpreter" ] || die "there is no staged interpreter in $work/stage: run install-to-stage.sh first"
    require_finished_build logs/make.log
    while IFS= read -r name; do
        case " $* " in
        *" $name "*) say "$name was not built, which this platform allows" ;;
        *) missing+=("$name") ;;
        esac
    done < <(modules_not_built logs/make.log)
    [ ${#missing[@]} -eq 0 ] || die "these modules of the standard library were not built: ${missing[*]}
Install the development package of the library each one needs into the platform's worker image, or, if the platform does
not have it, allow the module by name: allowed_missing in the platform's row in platforms.py.
Why each one failed is in logs/make.log and source/config.log."
    "$interpreter" -I -B "$scripts/checks/import_extensions.py" "$@"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
