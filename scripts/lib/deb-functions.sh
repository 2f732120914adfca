# shellcheck shell=bash
# How a .deb is made of a folder; steps/package-deb.sh and metapackage-deb.sh write its control file. Sourced after
# build-environment.sh and package-functions.sh.
: "${maintainer:?}"

declare -A moments=([preinst]=before_unpack [postinst]=after_unpack [prerm]=before_removal [postrm]=after_removal)

# In KiB as dpkg counts it: each file rounded up, one for everything that is not a file.
installed_size() {
    (cd "$1" && find "${@:2}" -printf '%y %s\n') |
        awk '{ size += $1 == "f" ? int(($2 + 1023) / 1024) : 1 } END { print size }'
}

# What every package must tell: whose it is, and what changed. A version with a revision of Debian's has another name for that.
write_documents() {
    local root=$1 package=$2 version=$3 tag=$4 documents=$1/usr/share/doc/$2 changelog=changelog.gz
    [[ $version != *-* ]] || changelog=changelog.Debian.gz
    mkdir -p "$documents"
    printf '%s\n' "This is CPython $tag, packaged by $maintainer." "Its source is from https://www.python.org/downloads/source/" "" \
        "Copyright (C) 2001 Python Software Foundation and others" "License: Python-2.0; /opt/python/$tag/lib/python*/LICENSE.txt has its text" \
        >"$documents/copyright"
    printf '%s (%s) stable; urgency=medium\n\n  * %s\n\n -- %s  %s\n' "$package" "$version" \
        "CPython $tag, see https://docs.python.org/3/whatsnew/changelog.html" \
        "$maintainer" "$(LC_ALL=C date --utc --rfc-email --date="@$SOURCE_DATE_EPOCH")" | gzip -9 -n >"$documents/$changelog"
}

# Everybody who installs waits for the download: xz's best is 6 % smaller than its default. It takes 65 MB of memory to unpack.
# gzip's takes four times as long as its default for 1 %.
compressed() {
    case $1 in
    gzip) gzip -n -6 ;;
    xz) xz --threads=1 -9 ;;
    zstd) zstd -q -19 ;;
    esac
}

ending_of() {
    case $1 in gzip) echo gz ;; xz) echo xz ;; zstd) echo zst ;; esac
}

archived() {
    LC_ALL=C tar -C "$1" --create --sort=name --owner=root:0 --group=root:0 --mtime="@$SOURCE_DATE_EPOCH" \
        --format=gnu "${@:2}"
}

# Makes a .deb of ROOT: of its DEBIAN/control, and of the paths in it that are named. Not with dpkg-deb, which would have the
# package hold every folder above, up to /opt, and so dpkg remove them with the last package in there.
make_deb() {
    local root=$1 kind=$2 package=$3 compression=$4 deb=$5 folder name ending
    folder=$(mktemp -d "$(dirname "$root")/parts.XXXXXX")
    ending=$(ending_of "$compression")
    for name in "${!moments[@]}"; do
        maintainer_script "$kind" "$package" "${moments[$name]}" >"$root/DEBIAN/$name"
    done
    (cd "$root" && find "${@:6}" -type f -print0 | sed -z 's#^[.]/##' | LC_ALL=C sort -z | xargs -0 -r md5sum) >"$root/DEBIAN/md5sums"
    chmod 644 "$root"/DEBIAN/*
    chmod 755 "$root"/DEBIAN/p*
    archived "$root/DEBIAN" . | compressed "$compression" >"$folder/control.tar.$ending"
    archived "$root" "${@:6}" | compressed "$compression" >"$folder/data.tar.$ending"
    printf '2.0\n' >"$folder/debian-binary"
    (cd "$folder" && ar rcD package.deb debian-binary "control.tar.$ending" "data.tar.$ending")
    mv -- "$folder/package.deb" "$deb"
    write_sha256 "$deb"
}
