#!/bin/sh
# Installs a CPython that a python-builds farm has published:  curl -fsSL URL/python/install.sh | sh
# The farm writes its own URL into the copy that it publishes, if it knows it. All that acts is in functions, so that a
# download that breaks off runs nothing. `sh install.sh --help` lists the options.
set -eu

CDN_URL=${CDN_URL:-@CDN_URL@}
KEY_FINGERPRINT=${KEY_FINGERPRINT:-}
PROVENANCE_KEY=${PROVENANCE_KEY:-}
if [ -z "${OS_RELEASE:-}" ]; then
    OS_RELEASE=/etc/os-release
    [ -r "$OS_RELEASE" ] || OS_RELEASE=/usr/lib/os-release
fi

# What people set for their own work changes what the tools here do and say.
unset CDPATH GREP_OPTIONS GZIP POSIXLY_CORRECT TAR_OPTIONS
LC_ALL=C
export LC_ALL
umask 022
scratch=

usage() {
    cat <<'USAGE'
usage: install.sh [OPTION...] [VERSION]

VERSION      3.13.5, or 3.13 for its newest; the newest final release if it is not named. 3.14.0t and 3.14t are
             free-threaded builds; a pre-release is named exactly, as in 3.15.0rc1
--list       list what there is for this system, and install nothing
--yes        ask nothing, as in scripts
--symlink    link /usr/local/bin/python3.X to it, or move the link there from an older one; without, it is offered
--upgrade    install the newest patch of each minor that is installed, or of those that are named, and move their links
--uninstall  remove VERSION and the links to it
--folder DIR unpack it into the new folder DIR, without root and without the package manager; a DIR that install.sh
             made is brought up to date, and removed with --uninstall
--platform P take what is published for the platform P, with --folder
--help       show this

CDN_URL names another farm; KEY_FINGERPRINT is the key that its checksums must be signed by; PROVENANCE_KEY is a file
with the public key, in PEM, by which it must have signed how what is installed came to be, or with several.
USAGE
}

# The farm's table: platform, kind of package, glibc, codename, then ID/VERSION_ID of systems; "8" stands for 8.x too.
platforms() {
    cat <<'PLATFORMS'
ubuntu-2004 deb 2.31 focal ubuntu/20.04 linuxmint/20 pop/20.04
ubuntu-2204 deb 2.35 jammy ubuntu/22.04 linuxmint/21 pop/22.04
ubuntu-2404 deb 2.39 noble ubuntu/24.04 linuxmint/22 pop/24.04
ubuntu-2604 deb 2.43 resolute ubuntu/26.04
debian-11 deb 2.31 bullseye debian/11 linuxmint/5
debian-12 deb 2.36 bookworm debian/12 linuxmint/6
debian-13 deb 2.41 trixie debian/13 linuxmint/7
centos-8 rpm 2.28 - rhel/8 rocky/8 almalinux/8 ol/8 centos/8
rhel-9 rpm 2.34 - rhel/9 rocky/9 almalinux/9 ol/9 centos/9
rhel-10 rpm 2.39 - rhel/10 rocky/10 almalinux/10 ol/10 centos/10
amazon-2023 rpm 2.34 - amzn/2023
fedora-43 rpm 2.42 - fedora/43
opensuse-155 rpm 2.31 - opensuse-leap/15.5 sles/15.5 sled/15.5
opensuse-156 rpm 2.38 - opensuse-leap/15.6 sles/15.6 sled/15.6 sles/15.7 sled/15.7
opensuse-160 rpm 2.40 - opensuse-leap/16.0 sles/16.0 sled/16.0
PLATFORMS
}

say() { printf '%s\n' "$*" >&2; }

die() {
    say "install.sh: $*"
    [ -z "$scratch" ] || : >"$scratch/said"
    exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

need_tools() {
    for tool in awk grep mktemp od readlink sed sort; do
        have "$tool" || die "this system has no $tool, which is needed: install it"
    done
}

# Reads the system's os-release as data: it is never executed. Image builders write blanks without quotes, CRLF, a BOM,
# and variables that nobody has set.
os_release() {
    [ -r "$OS_RELEASE" ] || return 0
    awk -v key="$1" '
        { gsub(/[[:cntrl:]]/, " "); sub(/^\357\273\277/, ""); sub(/^ *(export +)?/, ""); sub(/ +$/, "") }
        index($0, key "=") == 1 { value = substr($0, length(key) + 2) }
        END {
            quote = substr(value, 1, 1)
            if (quote == "\"" || quote == "\047") {
                value = substr(value, 2)
                sub("[" quote "][^" quote "]*$", "", value)
            } else sub(/ +#.*$/, "", value)
            gsub(/\\/, "", value)
            printf "%s", value
        }' "$OS_RELEASE"
}

system_name() {
    name=$(os_release PRETTY_NAME)
    printf '%s' "${name:-an unknown system}"
}

lower() { tr '[:upper:]' '[:lower:]'; }

# The system's own ID, then those of the systems that it is like.
system_ids() { echo "$(os_release ID) $(os_release ID_LIKE)" | lower; }

# Prints the platform whose packages fit a system; nothing if there is none.
platform_for() {
    platforms | awk -v has="$1/$2." '{ for (i = 5; i <= NF; i++) if (index(has, $i ".") == 1) { print $1; exit } }'
}

# Prints the platform of this system: by its own ID; as Enterprise Linux, SLES or Fedora under another name, which keep
# the version; as what was made of a Debian or Ubuntu, which keeps the codename.
this_platform() {
    os_id=$(os_release ID | lower)
    os_version=$(os_release VERSION_ID | sed 's/ .*//; s/-SP/./')
    name=$(platform_for "$os_id" "$os_version")
    fits=$(compatible_platforms "$(system_glibc)" '')
    for like in $(os_release ID_LIKE | lower | tr -cd 'a-z -'); do
        if [ -n "$name" ]; then break; fi
        case $like in debian | ubuntu) continue ;; esac
        name=$(platform_for "$like" "$os_version")
        # XCP-ng 8 is like CentOS, and made of CentOS 7
        echo "$fits" | grep -qx "$name" || name=
    done
    for key in UBUNTU_CODENAME DEBIAN_CODENAME VERSION_CODENAME; do
        name=${name:-$(platforms | awk -v suite="$(os_release "$key")" '$4 == suite { print $1 }')}
    done
    echo "$name"
}

package_kind() { platforms | awk -v name="$1" '$1 == name { print $2 }'; }

# Asks a program and not the kernel, which may be a 64-bit one under a 32-bit system: the class and the machine of ELF.
architecture() {
    case $(od -A n -v -t x1 -N 20 "$1" 2>/dev/null | tr -d ' \n') in
    7f454c4602*3e00) echo amd64 ;;
    7f454c4602*b700) echo arm64 ;;
    7f454c4601*) die "this is a 32-bit system on a kernel for $(uname -m): there is something only for amd64 and arm64" ;;
    *) die "there is nothing for the processor $(uname -m): only for x86_64 and aarch64" ;;
    esac
}

# musl has no such variable, and its ldd knows no --version: both fail.
system_glibc() {
    { getconf GNU_LIBC_VERSION || ldd --version; } 2>/dev/null |
        awk 'NR == 1 && /GLIBC|GNU libc|glibc|Free Software/ { print $NF }'
}

# The address of the tree that the script lies in, for a farm that was not told where it is served.
own_tree() {
    here=$(unset CDPATH && cd -- "$(dirname -- "$1")" && pwd -P) || return 0
    case $here in */python) [ ! -f "$1" ] || [ ! -f "$here/index.json" ] ||
        printf 'file://%s' "${here%/python}" | sed 's/%/%25/g; s/ /%20/g; s/?/%3F/g; s/#/%23/g' ;; esac
}

# The platforms whose glibc, $1, a system has or exceeds. Those of its family come first, by its IDs, $2, then those with
# the same kind of packages, as libraries differ more elsewhere; of each the newest.
compatible_platforms() {
    platforms | awk -v has="$1" -v ids=" $2 " '
        function number(version, part) { split(version, part, "."); return part[1] * 1000 + part[2] }
        {
            name[NR] = $1; kind[NR] = $2; glibc[NR] = number($3)
            for (i = 5; i <= NF; i++) {
                split($i, id, "[-/]")
                at = index(ids, " " id[1] " ")
                if (at) { kinds[$2] = 1; if (family[NR] != 1) family[NR] = (at == 1) ? 1 : 2 }
            }
        }
        END {
            for (i = 1; i <= NR; i++) {
                far = family[i] ? family[i] : (kind[i] in kinds) ? 3 : 4
                if (glibc[i] <= number(has)) print far, glibc[i], name[i]
            }
        }' | sort -k 1,1n -k 2,2nr | cut -d ' ' -f 3
}

supported() { platforms | awk '{ printf "%s%s", sep, $1; sep = ", " }'; }

# Fetches an address into a file, whatever somebody's .curlrc or .wgetrc says; proxies of the environment are used.
fetch() {
    rm -f -- "$2"
    if have curl; then
        curl -q -fsSL --retry 3 --connect-timeout 20 -o "$2" "$1" 2>"$scratch/why" || return 1
    elif have wget; then
        # not -t and -T, at which busybox 1.35 breaks down
        printf 'tries = 3\ntimeout = 20\n' >"$scratch/wgetrc"
        WGETRC=$scratch/wgetrc wget -nv -O "$2" "$1" 2>"$scratch/why" || return 1
    else
        die "curl or wget is needed to download: install one of them"
    fi
    if [ -f "$2" ]; then return; fi
    echo "no error, and no file: a confined curl, as snap's is, writes elsewhere; install another" >"$scratch/why"
    return 1
}

# Reads a platform's SHA256SUMS; prints version, digest and file of what is of a kind: deb, rpm, or uv.
published() {
    number='[0-9]+[.][0-9]+[.][0-9]+[a-z0-9]*'
    case $2 in
    deb) pattern="pkgs/python-($number)_[0-9]+_$3[.]deb" ;;
    rpm) pattern="pkgs/python-($number)-1-[0-9]+[.]$(rpm_architecture "$3")[.]rpm" ;;
    uv) pattern="python-($number)-$4$([ "$3" = amd64 ] || echo "-$3")(-r[0-9]+)?-uv[.]tar[.]gz" ;;
    esac
    sed -n -E "s#^([0-9a-f]{64})  ($pattern)\$#\\3 \\1 \\2#p" "$1"
}

rpm_architecture() { if [ "$1" = arm64 ]; then echo aarch64; else echo x86_64; fi; }

# Orders lines by the version that they begin with, the oldest first: pre-releases before their release, and of each the
# ordinary build before the free-threaded one.
in_order() {
    awk '{
        version = $1; stage = "z"; count = 0
        variant = sub(/t$/, "", version)
        if (match(version, /[a-z]+/)) {
            stage = substr(version, RSTART, RLENGTH); count = substr(version, RSTART + RLENGTH)
            version = substr(version, 1, RSTART - 1)
        }
        split(version, part, ".")
        print part[1] + 0, part[2] + 0, part[3] + 0, stage, count + 0, variant, $0
    }' | LC_ALL=C sort -k 1,1n -k 2,2n -k 3,3n -k 4,4 -k 5,5n -k 6,6n | cut -d ' ' -f 7-
}

# Chooses a line of `published`: the version that is named, or the newest final one that begins with it, of its variant.
choose() {
    if [ -n "$1" ] && grep "^$(quoted "$1") "; then return; fi <"$2"
    grep -E "^$(series "$1")[0-9.]+$(variant_of "$1") " "$2" | in_order | tail -n 1
}

# The pattern that begins all versions of what is named: of 3.13 and 3.13t it is 3[.]13[.].
series() { case $1 in '') ;; *) printf '%s[.]' "$(quoted "${1%t}")" ;; esac }

variant_of() { case $1 in *t) echo t ;; esac }

quoted() { printf '%s' "$1" | sed 's/[.]/[.]/g'; }

# Says that there is nothing of what is named, and what there is instead.
nothing_of() {
    grep -E "^$(quoted "${1%t}")([.][0-9]+)?(a|b|rc)[0-9]+$(variant_of "$1") " "$2" >"$2.only" || true
    if [ -n "$1" ] && [ -s "$2.only" ]; then
        echo "there are only pre-releases of $1 for $3; name one of them exactly: $(listed "$2.only")"
    else
        echo "there is no ${1:-final release} for $3. There are: $(listed "$2")"
    fi
}

listed() { in_order <"$1" | cut -d ' ' -f 1 | tr '\n' ' ' | sed 's/ $//'; }

# Of the versions in a list those that are named: one, or all of a minor.
matching() { grep -E "^($(quoted "$1")|$(series "$1")[0-9]+((a|b|rc)[0-9]+)?$(variant_of "$1"))\$" || true; }

minors() { sed -E 's/^([0-9]+[.][0-9]+)[^t]*(t?)$/\1\2/'; }

minor_of() { echo "$1" | minors; }

is_newer() { [ "$1" != "$2" ] && [ "$(printf '%s\n' "$1" "$2" | in_order | tail -n 1)" = "$1" ]; }

check_version() {
    case $1 in *[!0-9a-z.]*) pattern='^$.' ;; *) pattern='^([0-9]+[.][0-9]+([.][0-9]+((a|b|rc)[0-9]+)?)?t?)?$' ;; esac
    printf '%s\n' "$1" | grep -Eq "$pattern" ||
        die "'$1' is no CPython version: 3.13.5 is one, and 3.13 means its newest; 3.14.0t and 3.14t are free-threaded"
    case $1 in 3.[0-9]t | 3.[0-9].*t | 3.1[0-2]t | 3.1[0-2].*t)
        die "'$1' is not there: CPython has a free-threaded build from 3.13 on; name ${1%t}" ;;
    esac
}

sha256_of() {
    if have sha256sum; then sha256sum "$1"; else shasum -a 256 "$1"; fi | cut -d ' ' -f 1
}

gnupg() { gpg --batch --quiet --no-autostart --homedir "$scratch/gnupg" "$@" 2>"$scratch/why"; }

# Verifies the signature of SHA256SUMS, where gpg is there and the farm signs.
check_signature() {
    if ! have gpg; then
        [ -z "$KEY_FINGERPRINT" ] || die "KEY_FINGERPRINT is set, and gpg, which would check it, is not installed"
        say "checksums not verified by signature: gpg is not installed"
        return
    fi
    if ! fetch "$1/SHA256SUMS.asc" "$scratch/SHA256SUMS.asc" ||
        ! fetch "$CDN_URL/python/python-builds.asc" "$scratch/keys.asc"; then
        [ -z "$KEY_FINGERPRINT" ] || die "KEY_FINGERPRINT is set, and $1/SHA256SUMS.asc or the key cannot be fetched"
        say "checksums not signed by this farm"
        return
    fi
    mkdir -m 700 "$scratch/gnupg"
    # Not imported, for which newer gpgs ask an agent, whose socket finds no room in a long TMPDIR.
    gnupg --output "$scratch/keys.gpg" --dearmor "$scratch/keys.asc" ||
        die "the farm's key cannot be read: $(cat "$scratch/why")"
    gnupg --no-default-keyring --keyring "$scratch/keys.gpg" --status-fd 1 \
        --verify "$scratch/SHA256SUMS.asc" "$scratch/SHA256SUMS" >"$scratch/status" ||
        die "the signature of the checksums is bad; nothing was installed: $(tail -n 1 "$scratch/why")"
    signers=$(awk '$2 == "VALIDSIG" { printf "%s%s", sep, $NF; sep = " " }' "$scratch/status")
    case " $signers " in *" ${KEY_FINGERPRINT:-$signers} "*) ;; *)
        die "the checksums are signed by $signers and not by $KEY_FINGERPRINT; nothing was installed" ;;
    esac
    say "checksums signed by $signers"
}

download() {
    say "downloading $1"
    fetch "$1" "$2" || die "$1 cannot be fetched: $(cat "$scratch/why"); nothing was installed"
    found=$(sha256_of "$2")
    [ "$found" = "$3" ] || die "$1 has SHA-256 $found and should have $3; nothing was installed"
    [ -z "$PROVENANCE_KEY" ] || check_provenance "$1" "$found"
}

# By ECDSA, or by Ed25519, which signs no digest.
is_signed_by() {
    openssl dgst -sha256 -verify "$1" -signature "$scratch/signature" "$scratch/signed" ||
        openssl pkeyutl -verify -pubin -inkey "$1" -rawin -in "$scratch/signed" -sigfile "$scratch/signature"
} >/dev/null 2>&1

# Verifies that the farm has stated how a file of this digest came to be: a signature over type and payload, with both
# lengths (DSSE), and a payload that begins with the digest. It is read as the farm writes it, or refused.
check_provenance() {
    fetch "$1.intoto.jsonl" "$scratch/statement" ||
        die "PROVENANCE_KEY is set, and $1.intoto.jsonl cannot be fetched: $(cat "$scratch/why"); nothing was installed"
    sed -n 's#^{"payload":"\([A-Za-z0-9+/=]*\)",.*#\1#p' "$scratch/statement" | openssl base64 -d -A >"$scratch/payload"
    printf 'DSSEv1 28 application/vnd.in-toto+json %d ' "$(wc -c <"$scratch/payload")" >"$scratch/signed"
    cat "$scratch/payload" >>"$scratch/signed"
    # Of several keys in a file openssl takes the first alone.
    KEY="$scratch/key." awk '/^-----BEGIN / { count++ } count { print >(ENVIRON["KEY"] count) }' "$PROVENANCE_KEY"
    good=0
    # shellcheck disable=SC2013 # base64 has no blanks
    for signature in $(grep -o '"sig":"[A-Za-z0-9+/=]*"' "$scratch/statement" | cut -d '"' -f 4); do
        printf '%s' "$signature" | openssl base64 -d -A >"$scratch/signature"
        for key in "$scratch"/key.*; do
            ! is_signed_by "$key" || good=1
        done
    done
    [ "$good" = 1 ] || die "the provenance of $1 is not signed by the key in $PROVENANCE_KEY; nothing was installed$(
        openssl pkeyutl -help 2>&1 | grep -q rawin || echo " ($(openssl version) verifies no Ed25519; 3.0 does)"
    )"
    start='{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha256":"'$2'"}'
    if [ "$(cut -c "1-${#start}" "$scratch/payload")" != "$start" ] ||
        ! grep -q '"buildType":"urn:python-builds:build:1"' "$scratch/payload"; then
        die "the provenance beside $1 is of something else; nothing was installed"
    fi
    say "provenance signed by the key in $PROVENANCE_KEY"
}

ask() {
    [ "$yes" != 1 ] || return 0
    # The script itself may be what comes from standard input.
    (: </dev/tty) 2>/dev/null || die "there is no terminal to ask at. Say yes beforehand: behind a pipe as in
curl … | sh -s -- --yes${asked:+ $asked}, else as in sh install.sh --yes${asked:+ $asked}"
    printf '%s [Y/n] ' "$1" >/dev/tty
    read -r answer </dev/tty || answer=n
    case $answer in '' | y | Y | yes) return 0 ;; *) return 1 ;; esac
}

# In a clean environment, the same with and without sudo; `su` leaves a PATH in which dpkg misses sbin.
as_root() {
    set -- env -i PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin" HOME=/root LC_ALL=C DEBIAN_FRONTEND=noninteractive \
        http_proxy="${http_proxy:-}" https_proxy="${https_proxy:-${HTTPS_PROXY:-}}" \
        all_proxy="${all_proxy:-${ALL_PROXY:-}}" no_proxy="${no_proxy:-${NO_PROXY:-}}" "$@"
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

require_root() {
    [ "$(id -u)" -eq 0 ] || have sudo ||
        die "packages are installed by root: run this as root, or name a folder of yours with --folder"
}

# Runs a package manager as root, again for as long as another holds a lock, ten minutes at most. apt-get has three and
# can be told to wait for one of them, dnf waits by itself.
patiently() {
    waited=0
    while :; do
        rm -f -- "$scratch/failed"
        { as_root "$@" </dev/null 2>&1 || echo "$?" >"$scratch/failed"; } | tee "$scratch/log" >&2
        [ -e "$scratch/failed" ] || return 0
        grep -Eq 'Could not get lock|locked by|transaction lock' "$scratch/log" && [ "$waited" -lt 600 ] || return 1
        [ "$waited" -ne 0 ] || say "another package manager is at work here: waiting for it, ten minutes at most"
        sleep 5
        waited=$((waited + 5))
    done
}

rpm_manager() {
    for tool in dnf yum zypper; do
        ! have "$tool" || break
    done
    echo "$tool"
}

# The one command of each package manager that installs a file with what it needs, also where a repository is broken.
install_package() {
    case $kind$(rpm_manager) in
    deb*)
        patiently apt-get -q update ||
            say "some lists of packages could not be renewed, see above: going on with what is there"
        patiently apt-get -q -y -o Dpkg::Use-Pty=0 install "$1"
        ;;
    # its digest was checked above, and zypper knows no key for it
    rpmzypper) patiently zypper --non-interactive --no-gpg-checks install "$1" ;;
    *) patiently "$(rpm_manager)" -y '--setopt=*.skip_if_unavailable=1' install "$1" ;;
    esac
}

remove_command() {
    case $kind$(rpm_manager) in
    deb*) echo "apt-get purge -y python-$1" ;;
    rpmzypper) echo "zypper --non-interactive remove python-$1" ;;
    *) echo "$(rpm_manager) -y remove python-$1" ;;
    esac
}

how_to_remove() { echo "$([ "$(id -u)" -eq 0 ] || echo 'sudo ')$(remove_command "$1")"; }

# Prints the versions that are installed as packages; python-3.13 is none, but leads to one.
installed() {
    # shellcheck disable=SC2016 # dpkg's variables
    case $kind in
    deb) dpkg-query -W -f '${db:Status-Status} ${Package}\n' 'python-[0-9]*' 2>/dev/null || true ;;
    rpm) rpm -qa --qf 'installed %{NAME}\n' 'python-[0-9]*' ;;
    esac | sed -n -E 's/^installed python-([0-9]+[.][0-9]+[.][0-9]+[a-z0-9]*)$/\1/p' | in_order
}

is_installed() { installed | grep -qx "$(quoted "$1")"; }

# Runs an interpreter as if nobody had set anything.
clean_python() { (cd / && env -i PATH="$PATH" "$1/bin/python3" -I -B -c "$2"); }

runs() { clean_python "$1" 'import platform; print("Python", platform.python_version())'; }

# What counts is what is installed: managers fail for somebody else's package or repository, too.
with_package_manager() {
    prefix=/opt/python/$version
    require_root
    say "CPython $version for $(system_name): $file, with the system's package manager, in $prefix"
    ask "Install it?" || die "nothing was installed"
    chmod 755 "$scratch"
    download "$base/$file" "$scratch/${file##*/}" "$digest"
    if ! install_package "$scratch/${file##*/}"; then
        is_installed "$version" || die "the package manager did not install it, see above"
        say "the package manager has something to complain of, see above; CPython $version is installed"
    fi
    if ! runs "$prefix"; then
        # shellcheck disable=SC2046 # words
        patiently $(remove_command "$version") || true
        die "$prefix/bin/python3 does not run; it was removed again"
    fi
    offer_symlink
    say "run it:    $prefix/bin/python3"
    say "remove it: $(how_to_remove "$version")"
}

# Says why a link stays as it is; nothing, if it is to be made or moved. What leads into /opt/python is ours.
why_link_stays() {
    leads=$(readlink "$1" || true)
    case $leads in
    '') [ ! -e "$1" ] || echo "is somebody else's file and stays" ;;
    */../* | */./* | *//*) echo "leads to $leads, is not ours and stays" ;;
    "/opt/python/$(minor_of "$version")/"*) [ ! -e "$1" ] || echo "follows the newest patch by itself" ;;
    /opt/python/*)
        old=${leads#/opt/python/}
        old=${old%%/*}
        if [ ! -e "$1" ]; then return; fi
        if [ "$old" = "$version" ]; then
            echo "leads to it already"
        elif [ "$(minor_of "$old")" = "$(minor_of "$version")" ] && is_newer "$old" "$version" && [ "$exact" = 0 ]; then
            echo "leads to $old, which is newer, and stays; name $version exactly with --symlink to have it"
        fi
        ;;
    *) echo "leads to $leads, is not ours and stays" ;;
    esac
}

# Makes or moves the link of a minor: where that was asked for, and with --upgrade where there is one of ours.
offer_symlink() {
    link=/usr/local/bin/python$(minor_of "$version")
    stays=$(why_link_stays "$link")
    leads=$(readlink "$link" || true)
    if [ -n "$stays" ]; then
        say "$link $stays"
    elif [ "$symlink" = 1 ] || { [ "$action" = upgrade ] && [ -n "$leads" ]; } ||
        { [ "$action$yes" = install0 ] && ask "Link $link to it${leads:+, instead of $leads}?"; }; then
        as_root mkdir -p /usr/local/bin
        as_root ln -sfn "$prefix/bin/python3" "$link" || die "$version is installed; $link could not be made, see above"
        say "linked $link to $prefix/bin/python3${leads:+, before to $leads}"
    fi
}

remove_links() {
    for link in /usr/local/bin/python3*; do
        case $(readlink "$link" || true) in "$prefix"/*)
            as_root rm -f -- "$link"
            say "removed the link $link"
            ;;
        esac
    done
}

# Installs the newest patch of each minor that is installed, or that is named. The older ones stay.
upgrade() {
    installed >"$scratch/installed"
    [ -s "$scratch/installed" ] || say "no CPython of a farm is installed here: nothing to upgrade"
    for wanted in ${wanted:-$(minors <"$scratch/installed" | uniq)}; do
        minor=$(minor_of "$wanted")
        has=$(matching "$minor" <"$scratch/installed" | tail -n 1)
        [ -n "$has" ] || die "no $minor is installed that could be upgraded; without --upgrade, it is installed"
        if choose_line && is_newer "$version" "$has"; then
            with_package_manager
            say "CPython $has stays beside it; remove it: $(how_to_remove "$has")"
        else
            say "CPython $has is installed, and no newer $wanted is published for $platform on $arch: nothing to do"
            version=$has prefix=/opt/python/$has
            offer_symlink
        fi
    done
}

uninstall() {
    kind=$(package_kind "$(this_platform)")
    kind=${kind:-$(if have dpkg-query; then echo deb; else echo rpm; fi)}
    installed >"$scratch/installed"
    if [ -n "$wanted" ]; then matching "$wanted"; else cat; fi <"$scratch/installed" >"$scratch/chosen"
    case $(wc -l <"$scratch/chosen" | tr -d ' ') in
    0) die "no package of CPython${wanted:+ $wanted} is installed. There are: $(listed "$scratch/installed")" ;;
    1) version=$(cat "$scratch/chosen") ;;
    *) die "there are: $(listed "$scratch/chosen"). Name one, as in --uninstall $(head -n 1 "$scratch/chosen")" ;;
    esac
    prefix=/opt/python/$version
    require_root
    ask "Remove CPython $version from $prefix?" || die "nothing was removed"
    # shellcheck disable=SC2046 # words
    patiently $(remove_command "$version") || ! is_installed "$version" ||
        die "the package manager did not remove it, see above"
    remove_links
    say "removed CPython $version"
    [ ! -e "$prefix" ] || say "what was added to it is left in $prefix; remove that too: rm -r $prefix"
}

# Looks at the folder that was named. One of ours has a file that says which version, platform and file it is of.
find_folder() {
    has='' has_platform='' has_file=''
    case $folder in /*) ;; *) folder=./$folder ;; esac
    if [ -e "$folder" ] || [ -L "$folder" ]; then
        [ -s "$folder/.python-builds" ] ||
            die "$folder exists, and install.sh did not make it, as there is no .python-builds in it: name a new folder"
        folder=$(cd "$folder" && pwd -P)
        read -r has has_platform has_file <"$folder/.python-builds" || true
        (check_version "$has") 2>/dev/null || die "$folder/.python-builds names no version, but '$has'"
        wanted=${wanted:-$(minor_of "$has")}
        [ "$(minor_of "$wanted")" = "$(minor_of "$has")" ] ||
            die "$folder holds CPython $has, which $wanted cannot update: name a new folder for it"
        if [ -z "$platform" ] && [ -n "$(package_kind "$has_platform")" ]; then platform=$has_platform; fi
    elif [ "$action" != install ]; then
        die "$folder is not there: nothing to $action"
    fi
    parent=$(dirname -- "$folder")
    if [ ! -d "$parent" ] || [ ! -w "$parent" ]; then die "$parent is no folder that you may write to"; fi
    folder=$(cd "$parent" && pwd -P)/$(basename -- "$folder")
    case $folder in *[!A-Za-z0-9/._+@~-]*)
        die "$folder has characters that scripts cannot have in their first line" ;;
    esac
}

# Unpacks the tarball that runs anywhere, and writes the folder into what builds extensions, as uv does.
into_folder() {
    if [ -n "$has" ] && { [ "$file" = "$has_file" ] || { [ "$exact" = 0 ] && is_newer "$has" "$version"; }; }; then
        say "$folder holds CPython $has, and nothing newer is published for $platform on $arch: nothing to do"
        return
    fi
    say "CPython $version of $platform: $file, in $folder${has:+, in the place of $has}"
    ask "Unpack it?" || die "nothing was unpacked"
    unpacked=$(mktemp -d "$folder.XXXXXX") || die "$parent is no folder that you may write to"
    download "$base/$file" "$scratch/python.tar.gz" "$digest"
    unpack
    runs "$unpacked/python" || die "it does not run on this system; it was removed again"
    [ -z "$has" ] || carry_over || die "what $folder has beside CPython could not be copied; it is as it was"
    put_in_place
    lacking=$(clean_python "$folder" "$every_module") || lacking="(not all could be tried)"
    [ -z "$lacking" ] || say "these modules lack a library of this system: $lacking"
    say "run it:    $folder/bin/python3"
    say "remove it: rm -r $folder"
}

unpack() {
    if ! tar -xzof "$scratch/python.tar.gz" -C "$unpacked" ||
        ! find "$unpacked/python/lib" \( -name '_sysconfigdata_*.py' -o -path '*/pkgconfig/*.pc' \) -type f \
            -exec sed -i "s|/install|$folder|g" {} + ||
        ! echo "$version $platform $file" >"$unpacked/python/.python-builds"; then
        die "it could not be unpacked; nothing is left of it"
    fi
}

# Copies what the old tree alone has: site-packages whole, with pip, and whatever is outside of the standard library.
carry_over() {
    library=lib/python$(minor_of "$version")
    if [ -e "$folder/$library/site-packages" ]; then
        rm -rf -- "$unpacked/python/$library/site-packages"
        cp -RPp -- "$folder/$library/site-packages" "$unpacked/python/$library/" || return 1
    fi
    # shellcheck disable=SC2016 # of the inner shell
    (cd "$folder" && find . -path "./$library" -prune -o ! -type d -exec sh -c '
        new=$1
        shift
        for file; do
            if [ -e "$new/$file" ] || [ -L "$new/$file" ]; then continue; fi
            mkdir -p -- "$new/${file%/*}" && cp -RPp -- "$file" "$new/$file" || exit 1
        done' sh "$unpacked/python" {} +)
}

# Swaps the trees by their names. clean_up puts the old one back if that does not come to its end.
put_in_place() {
    if [ -n "$has" ]; then
        [ "$(df -P "$folder" "$parent" | awk 'NR > 1 { print $NF }' | uniq | wc -l)" -eq 1 ] ||
            die "$folder is a file system of its own, which no other folder can replace; it is as it was"
        swapping=1
        mv -- "$folder" "$unpacked/old" || die "$folder cannot be moved; it is as it was"
    fi
    if ! mv -- "$unpacked/python" "$folder" || ! runs "$folder" >/dev/null; then
        if [ -n "$has" ]; then die "it does not run in $folder; the old one is there again"; fi
        rm -rf -- "$folder"
        die "it does not run in $folder; it was removed again"
    fi
    swapping=0
}

remove_folder() {
    [ "$exact" = 0 ] || [ "$wanted" = "$has" ] || die "$folder holds CPython $has, and not $wanted"
    ask "Remove $folder, CPython $has with all that was installed into it?" || die "nothing was removed"
    rm -rf -- "$folder" || die "$folder could not be removed whole, see above"
    say "removed $folder"
}

every_module='
import importlib, pathlib, sysconfig
folder = pathlib.Path(sysconfig.get_path("platstdlib"), "lib-dynload")
lacking = set()
for name in sorted({path.name.partition(".")[0] for path in folder.glob("*.so")}):
    try:
        importlib.import_module(name)
    except ImportError:
        lacking.add(name)
print(" ".join(sorted(lacking)))
'

# Every end is a sentence, also one that nobody has thought of.
clean_up() {
    status=$?
    trap '' INT TERM HUP
    if [ "$swapping" = 1 ] && [ -d "$unpacked/old" ]; then
        rm -rf -- "$folder"
        mv -- "$unpacked/old" "$folder" || { say "the old tree is $unpacked/old"; unpacked=; }
    fi
    [ "$status" -eq 0 ] || [ -e "$scratch/said" ] || say "install.sh: it could not go on, see above"
    rm -rf -- "$scratch" ${unpacked:+"$unpacked"}
}

make_scratch() {
    unpacked='' swapping=0
    scratch=$(mktemp -d) || die "no folder can be made in ${TMPDIR:-/tmp}: set TMPDIR to one that you may write to"
    scratch=$(cd "$scratch" && pwd -P)
    trap clean_up EXIT
    trap 'say "install.sh: interrupted"; : >"$scratch/said"; exit 130' INT
    trap 'say "install.sh: ended from outside"; : >"$scratch/said"; exit 143' TERM HUP
}

options() {
    asked=$* wanted='' action=install yes=${RUN_UNATTENDED:-0} symlink=0 folder='' platform='' exact=0
    while [ $# -gt 0 ]; do
        case $1 in
        --list | --upgrade | --uninstall)
            [ "$action" = install ] || die "one thing at a time: --$action or $1"
            action=${1#--}
            ;;
        --yes) yes=1 ;;
        --symlink) symlink=1 ;;
        --folder | --platform)
            [ -n "${2:-}" ] || die "$1 wants a value, see --help"
            if [ "$1" = --folder ]; then folder=$2; else platform=$2; fi
            shift
            ;;
        --help)
            usage
            exit 0
            ;;
        -*) die "there is no option $1, see --help" ;;
        *)
            one=$(printf '%s' "$1" | sed 's/^ *//; s/ *$//')
            check_version "$one"
            wanted=$wanted${wanted:+ }$one
            ;;
        esac
        shift
    done
    check_options
}

check_options() {
    if [ -n "$PROVENANCE_KEY" ]; then
        [ -r "$PROVENANCE_KEY" ] || die "PROVENANCE_KEY names $PROVENANCE_KEY, which cannot be read"
        have openssl || die "PROVENANCE_KEY is set, and openssl, which would check it, is not installed"
    fi
    case $action$folder:$wanted in upgrade:*) ;; *' '*) die "one version at a time, and not $wanted" ;; esac
    [ -n "$folder" ] || [ -z "$platform" ] || die "--platform goes with --folder"
    [ -z "$platform" ] || [ -n "$(package_kind "$platform")" ] || die "$platform is none of: $(supported)"
    [ -z "$folder" ] || [ "$symlink" = 0 ] || die "--symlink links packages: it does not go with --folder"
    case $wanted in *.*.*) exact=1 ;; esac
}

# Whether something is published for a platform, of the kind that was asked for: sets base, and writes a list.
look_at() {
    base=$CDN_URL/python/$1
    fetch "$base/SHA256SUMS" "$scratch/SHA256SUMS" || return 1
    published "$scratch/SHA256SUMS" "$2" "$arch" "$1" >"$scratch/published"
    [ -s "$scratch/published" ]
}

# Sets platform and kind, for this system or for what was asked, of what is really published.
find_platform() {
    named=$platform
    [ -n "$platform" ] || platform=$(this_platform)
    if [ -n "$platform" ]; then
        if [ -n "$folder" ]; then kind=uv; else kind=$(package_kind "$platform"); fi
        if look_at "$platform" "$kind"; then return; fi
    fi
    fetch "$CDN_URL/python/versions.json" "$scratch/versions.json" ||
        die "$CDN_URL/python/versions.json cannot be fetched: $(cat "$scratch/why").
Either CDN_URL is wrong, or there is no network"
    [ -z "$named" ] || die "nothing is published for $platform on $arch"
    find_what_fits
}

# On a system that nothing is published for, the trees that were built elsewhere and fit are left.
find_what_fits() {
    glibc=$(system_glibc)
    [ -n "$glibc" ] || die "there is nothing for $(system_name), which has no glibc"
    kind=uv
    for platform in $(compatible_platforms "$glibc" "$(system_ids)"); do
        if look_at "$platform" uv; then
            [ -n "$folder" ] || [ "$action" = list ] || die "no package is published for $(system_name) on $arch.
What is built for $platform should run here too: name a new folder for it, as in --folder ~/python"
            return
        fi
    done
    die "nothing is published that fits $(system_name) on $arch with glibc $glibc"
}

# Says beside a list what is known against its versions, where the farm publishes that. Programs read the list alone.
tell_advisories() {
    fetch "$CDN_URL/python/advisories.json" "$scratch/advisories.json" || return 0
    awk -F '"' '
        NR == FNR { listed[$0] = 1; next }
        /^  "[0-9a-z.]+": [{]"affected": / && ($2 in listed) {
            count = doubts = in_doubt = 0; names = ""; ended = /"minor_status": "end-of-life"/
            for (i = 5; i <= NF && $i != "fixed_in"; i++) {
                if ($i == "unknown") in_doubt = 1
                else if ($i ~ /^[A-Za-z0-9-]+$/ && in_doubt) doubts++
                else if ($i ~ /^[A-Za-z0-9-]+$/ && ++count <= 3) names = names (count > 1 ? ", " : "") $i
            }
            if (!count && !doubts && !ended) next
            line = $2 ":"
            if (count) line = line " " count " known " (count == 1 ? "vulnerability" : "vulnerabilities")
            if (count) line = line " (" names (count > 3 ? ", ..." : "") ")"
            if (doubts) line = line (count ? "," : "") " " doubts " that may be one"
            print line (ended ? (count || doubts ? ";" : "") " its minor is at its end of life" : "")
        }' "$scratch/listed" "$scratch/advisories.json" >&2
}

# Sets version, digest and file of what is wanted.
choose_line() {
    line=$(choose "$wanted" "$scratch/published") || true
    [ -n "$line" ] || return 1
    version=${line%% *} file=${line##* } digest=${line#* }
    digest=${digest% *}
}

main() {
    options "$@"
    need_tools
    make_scratch
    [ -z "$folder" ] || find_folder
    if [ "$action" = uninstall ]; then
        if [ -n "$folder" ]; then remove_folder; else uninstall; fi
        return
    fi
    case $CDN_URL in @*) CDN_URL=$(own_tree "$0") ;; esac
    [ -n "$CDN_URL" ] || die "nobody told this script where its farm is served: put the address that it is fetched from,
without /python/install.sh, in front of sh, as in: curl -fsSL https://cdn.example.org/python/install.sh | CDN_URL=https://cdn.example.org sh"
    case $CDN_URL in http://* | https://* | file://*) CDN_URL=${CDN_URL%/} ;; *)
        die "CDN_URL must be the address of a farm's store, as in CDN_URL=https://cdn.example.org" ;;
    esac
    arch=$(architecture /bin/sh)
    find_platform
    if [ "$action" = list ]; then
        cut -d ' ' -f 1 "$scratch/published" | in_order | tee "$scratch/listed"
        tell_advisories
        return
    fi
    check_signature "$base"
    if [ "$action$folder" = upgrade ]; then
        upgrade
        return
    fi
    choose_line || die "$(nothing_of "$wanted" "$scratch/published" "$platform on $arch")"
    if [ -n "$folder" ]; then into_folder; else with_package_manager; fi
}

if [ "${INSTALL_SH_SOURCED:-}" != 1 ]; then main "$@"; fi
