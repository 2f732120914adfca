#!/bin/sh
# Installs a CPython that a python-builds farm has published:  curl -fsSL URL/python/install.sh | sh
# The farm writes its own URL into the copy that it publishes, if it knows it. Everything is in functions, so that a download that breaks
# off runs nothing. `sh install.sh --help` lists the options.
set -eu

CDN_URL=${CDN_URL:-@CDN_URL@}
OS_RELEASE=${OS_RELEASE:-/etc/os-release}
KEY_FINGERPRINT=${KEY_FINGERPRINT:-}

usage() {
    cat <<'USAGE'
usage: install.sh [OPTION...] [VERSION]

VERSION      3.13.5, or 3.13 for its newest; the newest final release if it is not named. 3.14.0t and 3.14t are
             free-threaded builds; a pre-release is named exactly, as in 3.15.0rc1
--list       list what there is for this system, and install nothing
--yes        ask nothing, as in scripts
--symlink    link /usr/local/bin/python3.X to it; without, it is offered
--folder DIR unpack it into the new folder DIR, without root and without the package manager
--platform P take what is published for the platform P, with --folder
--help       show this

CDN_URL names another farm; KEY_FINGERPRINT is the key that its checksums must be signed by.
USAGE
}

# ID, VERSION_ID, platform, kind of package, glibc; "8" stands for 8.x too. Of the farm's table of platforms.
platforms() {
    cat <<'PLATFORMS'
ubuntu 20.04 ubuntu-2004 deb 2.31
linuxmint 20 ubuntu-2004 deb 2.31
pop 20.04 ubuntu-2004 deb 2.31
ubuntu 22.04 ubuntu-2204 deb 2.35
linuxmint 21 ubuntu-2204 deb 2.35
pop 22.04 ubuntu-2204 deb 2.35
ubuntu 24.04 ubuntu-2404 deb 2.39
linuxmint 22 ubuntu-2404 deb 2.39
pop 24.04 ubuntu-2404 deb 2.39
ubuntu 26.04 ubuntu-2604 deb 2.43
debian 11 debian-11 deb 2.31
linuxmint 5 debian-11 deb 2.31
debian 12 debian-12 deb 2.36
linuxmint 6 debian-12 deb 2.36
debian 13 debian-13 deb 2.41
linuxmint 7 debian-13 deb 2.41
rhel 8 centos-8 rpm 2.28
rocky 8 centos-8 rpm 2.28
almalinux 8 centos-8 rpm 2.28
ol 8 centos-8 rpm 2.28
centos 8 centos-8 rpm 2.28
rhel 9 rhel-9 rpm 2.34
rocky 9 rhel-9 rpm 2.34
almalinux 9 rhel-9 rpm 2.34
ol 9 rhel-9 rpm 2.34
centos 9 rhel-9 rpm 2.34
rhel 10 rhel-10 rpm 2.39
rocky 10 rhel-10 rpm 2.39
almalinux 10 rhel-10 rpm 2.39
ol 10 rhel-10 rpm 2.39
centos 10 rhel-10 rpm 2.39
fedora 43 fedora-43 rpm 2.42
opensuse-leap 15.5 opensuse-155 rpm 2.31
sles 15.5 opensuse-155 rpm 2.31
sled 15.5 opensuse-155 rpm 2.31
opensuse-leap 15.6 opensuse-156 rpm 2.38
sles 15.6 opensuse-156 rpm 2.38
sled 15.6 opensuse-156 rpm 2.38
sles 15.7 opensuse-156 rpm 2.38
sled 15.7 opensuse-156 rpm 2.38
opensuse-leap 16.0 opensuse-160 rpm 2.40
sles 16.0 opensuse-160 rpm 2.40
sled 16.0 opensuse-160 rpm 2.40
PLATFORMS
}

say() { printf '%s\n' "$*" >&2; }

die() {
    say "install.sh: $*"
    exit 1
}

have() { command -v "$1" >/dev/null 2>&1; }

os_release() { (
    unset "$1"
    # shellcheck disable=SC1090 # the system's own
    [ ! -r "$OS_RELEASE" ] || . "$OS_RELEASE"
    eval "printf '%s' \"\${$1:-}\""
); }

system_name() {
    name=$(os_release PRETTY_NAME)
    printf '%s' "${name:-an unknown system}"
}

# Prints the platform whose packages fit a system; nothing if there is none.
platform_for() {
    platforms | while read -r os_id os_version name _; do
        if [ "$os_id" = "$1" ]; then
            case $2 in "$os_version" | "$os_version".*)
                echo "$name"
                break
                ;;
            esac
        fi
    done
}

package_kind() { platforms | awk -v name="$1" '$3 == name { print $4; exit }'; }

architecture() {
    case $(uname -m) in
    x86_64 | amd64) echo amd64 ;;
    aarch64 | arm64) echo arm64 ;;
    *) die "there is nothing for the processor $(uname -m): only for x86_64 and aarch64" ;;
    esac
}

system_glibc() {
    # musl's ldd knows no --version, and fails
    (ldd --version 2>/dev/null || true) | awk 'NR == 1 && /GLIBC|GNU libc|glibc|Free Software/ { print $NF }'
}

# Whether version $1 is not newer than version $2.
not_newer() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -t . -k 1,1n -k 2,2n | head -n 1)" = "$1" ]; }

# The address of the tree that the script lies in, for a farm that was not told where it is served.
own_tree() {
    here=$(unset CDPATH && cd -- "$(dirname -- "$1")" && pwd -P) || return 0
    case $here in */python) [ ! -f "$1" ] || [ ! -f "$here/index.json" ] ||
        printf 'file://%s' "${here%/python}" | sed 's/%/%25/g; s/ /%20/g; s/?/%3F/g; s/#/%23/g' ;; esac
}

# The platforms whose glibc a system has or exceeds, the oldest first.
compatible_platforms() {
    platforms | awk '!seen[$3]++ { print $5, $3 }' | sort -t . -k 1,1n -k 2,2n | while read -r needed name; do
        if not_newer "$needed" "$1"; then echo "$name"; fi
    done
}

supported() { platforms | awk '!seen[$3]++ { printf "%s%s", sep, $3; sep = ", " }'; }

fetch() {
    if have curl; then
        curl -fsSL --retry 3 --connect-timeout 20 -o "$2" "$1" 2>"$scratch/why" || return 1
    elif have wget; then
        wget -q --tries=3 --timeout=20 -O "$2" "$1" 2>"$scratch/why" || return 1
    else
        die "curl or wget is needed to download: install one of them"
    fi
}

# Reads a platform's SHA256SUMS; prints version, digest and file of what is of a kind: deb, rpm, or uv.
published() {
    case $2 in
    deb) pattern="^pkgs/python-([^_]+)_[0-9]+_$3[.]deb\$" ;;
    rpm) pattern="^pkgs/python-(.+)-1-[0-9]+[.]$(rpm_architecture "$3")[.]rpm\$" ;;
    uv) pattern="^python-(.+)-$4$([ "$3" = amd64 ] || echo "-$3")(-r[0-9]+)?-uv[.]tar[.]gz\$" ;;
    esac
    while read -r digest file; do
        version=$(printf '%s\n' "$file" | sed -n -E "s#$pattern#\\1#p")
        case $version in *[!0-9a-z.]* | '') ;; *) echo "$version $digest $file" ;; esac
    done <"$1"
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

listed() { in_order <"$1" | cut -d ' ' -f 1 | tr '\n' ' '; }

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

# Verifies the signature of SHA256SUMS, where gpg is there and the farm signs.
check_signature() {
    if ! have gpg; then
        [ -z "$KEY_FINGERPRINT" ] || die "KEY_FINGERPRINT is set, and gpg, which would check it, is not installed"
        say "checksums not verified by signature: gpg is not installed"
        return
    fi
    if ! fetch "$1/SHA256SUMS.asc" "$scratch/SHA256SUMS.asc" || ! fetch "$CDN_URL/python/python-builds.asc" "$scratch/keys.asc"; then
        [ -z "$KEY_FINGERPRINT" ] || die "KEY_FINGERPRINT is set, and $1/SHA256SUMS.asc or the key cannot be fetched"
        say "checksums not signed by this farm"
        return
    fi
    mkdir -m 700 "$scratch/gnupg"
    gpg="gpg --batch --quiet --no-autostart --homedir $scratch/gnupg"
    $gpg --import "$scratch/keys.asc" 2>"$scratch/why" || die "the farm's key cannot be read: $(cat "$scratch/why")"
    $gpg --status-fd 1 --verify "$scratch/SHA256SUMS.asc" "$scratch/SHA256SUMS" >"$scratch/status" 2>"$scratch/why" ||
        die "the signature of the checksums is bad; nothing was installed: $(tail -n 1 "$scratch/why")"
    signers=$(awk '$2 == "VALIDSIG" { print $NF }' "$scratch/status")
    case "$KEY_FINGERPRINT" in '') ;; *) echo "$signers" | grep -qx "$KEY_FINGERPRINT" ||
        die "the checksums are signed by $(echo "$signers" | tr '\n' ' ')and not by $KEY_FINGERPRINT; nothing was installed" ;; esac
    say "checksums signed by $(echo "$signers" | tr '\n' ' ')"
}

download() {
    say "downloading $1"
    fetch "$1" "$2" || die "$1 cannot be fetched: $(cat "$scratch/why"); nothing was installed"
    found=$(sha256_of "$2")
    [ "$found" = "$3" ] || die "$1 has SHA-256 $found and should have $3; nothing was installed"
}

ask() {
    if [ "$yes" = 1 ]; then return 0; fi
    # The script itself may be what comes from standard input.
    if ! (: </dev/tty) 2>/dev/null; then die "there is no terminal to ask at: say --yes"; fi
    printf '%s [Y/n] ' "$1" >/dev/tty
    read -r answer </dev/tty
    case $answer in '' | y | Y | yes) return 0 ;; *) return 1 ;; esac
}

as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi; }

require_root() {
    [ "$(id -u)" -eq 0 ] || have sudo || die "packages are installed by root: run this as root, or name a folder of yours with --folder"
}

# The one command of each package manager that installs a file with what it needs.
install_package() {
    case $1 in
    *.deb)
        as_root apt-get -q update &&
            as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y install "$1"
        ;;
    *.rpm)
        if have dnf; then
            as_root dnf -y install "$1"
        elif have yum; then
            as_root yum -y install "$1"
        elif have zypper; then
            # its digest was checked above, and zypper knows no key for it
            as_root zypper --non-interactive --no-gpg-checks install "$1"
        else
            die "neither dnf nor yum nor zypper is here to install $1"
        fi
        ;;
    esac
}

remove_command() {
    case $1 in
    deb) echo "apt-get purge -y python-$2" ;;
    rpm) if have dnf; then echo "dnf -y remove python-$2"; elif have yum; then echo "yum -y remove python-$2"; else
        echo "zypper --non-interactive remove python-$2"; fi ;;
    esac
}

with_package_manager() {
    prefix=/opt/python/$version
    require_root
    say "CPython $version for $(system_name): $file, with the system's package manager, in $prefix"
    ask "Install it?" || die "nothing was installed"
    chmod 755 "$scratch"
    download "$base/$file" "$scratch/${file##*/}" "$digest"
    install_package "$scratch/${file##*/}" >&2 || die "the package manager did not install it, see above"
    if ! "$prefix/bin/python3" --version; then
        # shellcheck disable=SC2046 # words
        as_root $(remove_command "$kind" "$version") >&2 || true
        die "$prefix/bin/python3 does not run; it was removed again"
    fi
    offer_symlink
    say "run it:    $prefix/bin/python3"
    say "remove it: $([ "$(id -u)" -eq 0 ] || echo 'sudo ')$(remove_command "$kind" "$version")"
}

offer_symlink() {
    minor=$(printf '%s' "$version" | sed -E 's/^([0-9]+[.][0-9]+).*$/\1/')
    case $version in *t) minor=${minor}t ;; esac
    link=/usr/local/bin/python$minor
    older=$(older_prerelease "$link")
    if [ -z "$older" ] && { [ -e "$link" ] || [ -L "$link" ]; }; then
        say "$link exists and stays as it is"
    elif [ "$symlink" = 1 ] || { [ "$yes" = 0 ] && ask "Link $link to it${older:+, instead of $older}?"; }; then
        as_root mkdir -p /usr/local/bin
        as_root ln -sfn "$prefix/bin/python3" "$link"
        say "linked $link"
    fi
}

# Prints the pre-release that a link of ours leads to, if the version that was installed is newer and so takes its place.
older_prerelease() {
    old=$(readlink "$1" 2>/dev/null | sed -n 's#^/opt/python/\([0-9a-z.]*\)/bin/python3$#\1#p')
    case $old in *[0-9]a[0-9]* | *[0-9]b[0-9]* | *[0-9]rc[0-9]*)
        [ "$old" = "$version" ] || [ "$(printf '%s\n' "$old" "$version" | in_order | tail -n 1)" != "$version" ] ||
            echo "$old" ;;
    esac
}

# Unpacks the tarball that runs anywhere, and writes the folder into what builds extensions, as uv does.
into_folder() {
    [ ! -e "$folder" ] || die "$folder exists: name a new folder"
    parent=$(dirname -- "$folder")
    if [ ! -d "$parent" ] || [ ! -w "$parent" ]; then die "$parent is no folder that you may write to"; fi
    folder=$(cd "$parent" && pwd -P)/$(basename -- "$folder")
    case $folder in *[!A-Za-z0-9/._+@~-]*) die "$folder has characters that scripts cannot have in their first line" ;; esac
    say "CPython $version of $platform: $file, in $folder"
    ask "Unpack it?" || die "nothing was unpacked"
    unpacked=$(mktemp -d "$folder.XXXXXX") || die "$parent is no folder that you may write to"
    download "$base/$file" "$scratch/python.tar.gz" "$digest"
    if ! tar -xzf "$scratch/python.tar.gz" -C "$unpacked" ||
        ! find "$unpacked/python/lib" \( -name '_sysconfigdata_*.py' -o -path '*/pkgconfig/*.pc' \) -type f \
            -exec sed -i "s|/install|$folder|g" {} +; then
        die "it could not be unpacked; nothing is left of it"
    fi
    mv -- "$unpacked/python" "$folder"
    if ! "$folder/bin/python3" --version; then
        rm -rf -- "$folder"
        die "it does not run on this system; it was removed again"
    fi
    lacking=$(cd / && "$folder/bin/python3" -c "$every_module")
    [ -z "$lacking" ] || say "these modules lack a library of this system: $lacking"
    say "run it:    $folder/bin/python3"
    say "remove it: rm -r $folder"
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

clean_up() { rm -rf -- "$scratch" ${unpacked:+"$unpacked"}; }

options() {
    wanted='' list=0 yes=${RUN_UNATTENDED:-0} symlink=0 folder='' platform=''
    while [ $# -gt 0 ]; do
        case $1 in
        --list) list=1 ;;
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
            [ -z "$wanted" ] || die "one version at a time: $wanted or $1"
            wanted=$(printf '%s' "$1" | sed 's/^ *//; s/ *$//')
            ;;
        esac
        shift
    done
    check_version "$wanted"
}

# Sets platform and kind, for this system or for what was asked.
find_platform() {
    if [ -n "$platform" ]; then
        [ -n "$folder" ] || die "--platform goes with --folder"
        [ -n "$(package_kind "$platform")" ] || die "$platform is none of: $(supported)"
    else
        platform=$(platform_for "$(os_release ID)" "$(os_release VERSION_ID)")
    fi
    if [ -z "$platform" ]; then
        glibc=$(system_glibc)
        [ -n "$glibc" ] || die "there is nothing for $(system_name), which has no glibc. There are packages for: $(supported)"
        platform=$(compatible_platforms "$glibc" | head -n 1)
        [ -n "$platform" ] || die "$(system_name) is too old, with glibc $glibc. There are packages for: $(supported)"
        [ -n "$folder" ] || [ "$list" = 1 ] || die "there is no package for $(system_name). There are packages for: $(supported).
What is built for $platform should run here too: name a new folder for it, as in --folder ~/python"
    fi
    if [ -n "$folder" ]; then kind=uv; else kind=$(package_kind "$platform"); fi
}

main() {
    options "$@"
    case $CDN_URL in @*) CDN_URL=$(own_tree "$0") ;; esac
    [ -n "$CDN_URL" ] || die "nobody told this script where its farm is served: put the address that it is fetched from,
without /python/install.sh, in front of sh, as in: curl -fsSL https://cdn.example.org/python/install.sh | CDN_URL=https://cdn.example.org sh"
    case $CDN_URL in http://* | https://* | file://*) CDN_URL=${CDN_URL%/} ;; *)
        die "CDN_URL must be the address of a farm's store, as in CDN_URL=https://cdn.example.org" ;;
    esac
    find_platform
    arch=$(architecture)
    unpacked=
    scratch=$(mktemp -d)
    trap clean_up EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    base=$CDN_URL/python/$platform
    fetch "$base/SHA256SUMS" "$scratch/SHA256SUMS" ||
        die "$base/SHA256SUMS cannot be fetched: $(cat "$scratch/why"). Either nothing is published for $platform, or CDN_URL is wrong, or there is no network"
    published "$scratch/SHA256SUMS" "$kind" "$arch" "$platform" >"$scratch/published"
    [ -s "$scratch/published" ] || die "nothing is published for $platform on $arch"
    if [ "$list" = 1 ]; then
        cut -d ' ' -f 1 "$scratch/published" | in_order
        exit 0
    fi
    line=$(choose "$wanted" "$scratch/published") || true
    [ -n "$line" ] || die "$(nothing_of "$wanted" "$scratch/published" "$platform on $arch")"
    # shellcheck disable=SC2086 # three words
    set -- $line
    version=$1 digest=$2 file=$3
    check_signature "$base"
    if [ -n "$folder" ]; then into_folder; else with_package_manager; fi
}

if [ "${INSTALL_SH_SOURCED:-}" != 1 ]; then main "$@"; fi
