# shellcheck shell=bash
# What of this machine's apt a base system takes. Sourced after build-environment.sh.

# One line "URI SUITE COMPONENT..." for SUITE and its updates and security suites, where this machine has them. Asked of
# apt, since the configuration comes in two formats; RELEASE and not SUITE, which is "oldstable" one day.
suites_of_this_machine() {
    # shellcheck disable=SC2016 # apt expands it
    apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
        sed -E "s|^cdrom:/*\[[^]]*\]|cdrom:$(disc)|" | # whose name has blanks
        awk -v suite="$1" '$2 == suite || $2 == suite "-updates" || $2 == suite "-security" {
            key = $1 " " $2
            if (!(key in components)) order[++count] = key
            if (index(components[key] " ", " " $3 " ") == 0) components[key] = components[key] " " $3
        }
        END { for (i = 1; i <= count; i++) print order[i] components[order[i]] }' | reachable
}

# Where apt expects discs: what it calls them says nothing of where they are.
disc() {
    local mount=/media/cdrom
    eval "$(apt-config shell mount Acquire::cdrom::mount)"
    printf '%s\n' "${mount%/}"
}

# A base system reaches an archive by http and https, or in a folder of this machine, which is what file:, copy: and cdrom:
# are. Of a list of mirrors, as cloud images have, the first is taken.
reachable() {
    local uri rest folder
    while read -r uri rest; do
        case $uri in mirror*) uri=${uri%/} ;; esac # apt takes the list for a folder
        case $uri in
        mirror+file:* | mirror+copy:*) uri=$(first_mirror "$(folder_of "${uri#mirror+}")") ;;
        mirror://*) uri=$(fetched_mirror "http://${uri#mirror://}") ;;
        mirror+http*) uri=$(fetched_mirror "${uri#mirror+}") ;;
        esac
        case $uri in
        http://* | https://*) printf '%s %s\n' "$uri" "$rest" ;;
        file:* | copy:* | cdrom:*)
            folder=$(folder_of "$uri")
            if [ -d "$folder/dists" ]; then printf 'file:%s %s\n' "$folder" "$rest"; else
                say "a base system cannot use '$uri' of this machine's apt: there is no folder $folder/dists; a disc has to be mounted there" >&2
            fi ;;
        *) say "a base system cannot use '$uri' of this machine's apt, which is neither of http or https nor in a folder" >&2 ;;
        esac
    done
}

# file:/srv/debian and file:///srv/debian are the same.
folder_of() {
    local path=${1#*:}
    case $path in //*) path=/${path#//*/} ;; esac
    printf '%s\n' "${path%/}"
}

first_mirror() { sed -n -E '/^(https?|file|copy):\//{s/[[:space:]].*//;p;q}' "$1"; }

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

# Discs are not signed. Their makers have apt trust them all the same, if whoever installed the machine from one agreed.
trusts_unsigned() {
    local trusted=
    eval "$(apt-config shell trusted APT::Authentication::TrustCDROM/b)"
    [[ $trusted == true && $1 == "file:$(disc)" && ! -e ${1#file:}/dists/$2/InRelease && ! -e ${1#file:}/dists/$2/Release.gpg ]]
}
