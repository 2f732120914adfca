# shellcheck shell=bash
# Which package of the system has a file. Sourced after build-environment.sh.

# Prints NAME VERSION ARCHITECTURE SOURCE, or "- - - -" where no package has it. /lib may be a link to /usr/lib, and the
# package may know the file by either name.
owner_of() {
    local path found
    for path in "$(realpath "$1")" "$1" "/usr$1" "${1#/usr}"; do
        if command -v dpkg-query >/dev/null; then found=$(deb_of "$path"); else found=$(rpm_of "$path"); fi
        [ -z "$found" ] || break
    done
    printf '%s\n' "${found:-- - - -}"
}

deb_of() {
    local name
    # It tells of diversions, too, in words.
    name=$({ dpkg-query --search "$1" 2>/dev/null || true; } | sed -n "s|^\([^ ,]*\)[^ ]*: $1\$|\1|p" | sed -n 1p)
    # shellcheck disable=SC2016 # dpkg-query expands it
    [ -z "$name" ] || dpkg-query --show --showformat='${Package} ${Version} ${Architecture} ${source:Package}\n' "${name%:}"
}

rpm_of() {
    local format='%{NAME} %|EPOCH?{%{EPOCH}:}|%{VERSION}-%{RELEASE} %{ARCH} %{SOURCERPM}\n'
    { rpm --query --queryformat "$format" --file "$1" 2>/dev/null || true; } | sed -n '/^[^ ]* [^ ]* [^ ]* [^ ]*$/p' | sed -n 1p
}
