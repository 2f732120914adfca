# shellcheck shell=bash
# What of this machine's apt a base system takes. Sourced after build-environment.sh.

# One line "URI SUITE COMPONENT..." for SUITE and its updates and security suites, where this machine has them. Asked of
# apt, since the configuration comes in two formats; RELEASE and not SUITE, which is "oldstable" one day.
suites_of_this_machine() {
    # shellcheck disable=SC2016 # apt expands it
    apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
        awk -v suite="$1" '$2 == suite || $2 == suite "-updates" || $2 == suite "-security" {
            key = $1 " " $2
            if (!(key in components)) order[++count] = key
            if (index(components[key] " ", " " $3 " ") == 0) components[key] = components[key] " " $3
        }
        END { for (i = 1; i <= count; i++) print order[i] components[order[i]] }' | reachable
}

# A base system reaches an archive by http and https alone. Of a list of mirrors, as cloud images have, the first is taken.
reachable() {
    local uri rest
    while read -r uri rest; do
        case $uri in mirror*) uri=${uri%/} ;; esac # apt takes the list for a folder
        case $uri in
        mirror+file:*) uri=$(first_mirror "${uri#mirror+file:}") ;;
        mirror://*) uri=$(fetched_mirror "http://${uri#mirror://}") ;;
        mirror+http*) uri=$(fetched_mirror "${uri#mirror+}") ;;
        esac
        case $uri in http://* | https://*) printf '%s %s\n' "$uri" "$rest" ;; *)
            say "a base system cannot use '$uri' of this machine's apt, which is not of http or https" >&2 ;; esac
    done
}

first_mirror() { sed -n -E '/^https?:\/\//{s/[[:space:]].*//p;q}' "$1"; }

fetched_mirror() {
    local list
    list=$(mktemp)
    ! /usr/lib/apt/apt-helper -q download-file "$1" "$list" >&2 || first_mirror "$list"
    rm -f -- "$list"
}

own_suite() { (. /etc/os-release && echo "${VERSION_CODENAME:-}"); }

# How this machine reaches the archive (proxy, mirrors with old signatures) holds for the base system too.
acquire_settings() {
    apt-config dump --format '%f "%v";%n' Acquire | grep -E '^Acquire::(http|https|Check-|Retries|ForceIPv)' || [ $? -eq 1 ]
}
