# shellcheck shell=bash
# How check-package.sh tries what was built, in the scratch root. Sourced after scratch-root.sh and the installer.
: "${root:=}" "${scratch:=}" "${scripts:?}"

# The worker's own Python, which no build has touched: that of a worker image, or this machine's.
trusted_python() {
    local python
    for python in /opt/buildbot-worker/bin/python python3; do
        if command -v "$python"; then return; fi
    done
    die "there is no python3 beside the one that is tried: what it says of itself cannot be compared with anything"
}

# An interpreter that does nothing would succeed too, and so would one that prints what others do: each check ends with the
# answer to a challenge that nobody has seen before, and that takes a Python to find.
check_as_user() {
    local script=$1 interpreter=$2 nonce expected
    shift 2
    nonce=$(od -A n -N 16 -t x1 /dev/urandom | tr -d ' \n')
    expected=$("$(trusted_python)" -I "$scripts/checks/challenge.py" "$nonce")
    challenge=$nonce in_root_as_user "$interpreter" "/check/$script" "$@" | tee "$scratch/output"
    grep -q -x "$script: all [1-9][0-9]* checks passed, $expected" "$scratch/output" ||
        die "$script did not run to its end, or not in a CPython: its last line is not the answer to the challenge $nonce"
}

# Files in the scratch root, as users do.
try_package() {
    local file=$1 prefix=$2 metapackage=${3:-}
    say "installing ${file##*/}${metapackage:+ and ${metapackage##*/}}"
    install_package "$file" ${metapackage:+"$metapackage"}
    say "trying the interpreter"
    check_as_user check_interpreter.py "$prefix/bin/python" "$prefix"
    say "building with it"
    install_compiler
    check_as_user check_development.py "$prefix/bin/python" "$prefix"
    if [ -n "$metapackage" ]; then try_metapackage "$metapackage" "${prefix##*/}"; fi
    say "removing ${file##*/}"
    remove_package "$file"
    report_leftovers "$prefix" /opt/python
}

# By its name on the PATH, which leads through the minor's folder.
try_metapackage() {
    local file=$1 tag=$2 rest=${2#*.*.} minor
    minor=${tag%."$rest"}
    [[ $tag != *t ]] || minor+=t
    say "trying python$minor"
    check_as_user check_interpreter.py "/usr/local/bin/python$minor" "/opt/python/$minor"
    say "removing ${file##*/}"
    remove_package "$file"
    report_leftovers "/opt/python/$minor" "/usr/local/bin/python$minor" "/usr/local/share/man/man1/python${minor%t}.1"
}

report_leftovers() {
    local path
    for path in "$@"; do
        [ -e "$root$path" ] || [ -L "$root$path" ] || continue
        find "$root$path" | sed -n 1,20p
        die "removing the package left $path behind"
    done
}

# A tree from the tarball must work wherever it is, with white space in its path, and once more after it was moved; build
# systems alone cannot do with white space. Folders of root's: no process of the package's can put links in there.
try_tarball() {
    local tarball=$1 prefix=$2 tree=${2##*/} folder="/srv/any where" deeper=/srv/moved/once/more
    say "trying ${tarball##*/} in '$folder'"
    (
        umask 022
        mkdir -p "$root$folder" "$root$deeper"
        tar -C "$root$folder" -xzf "$tarball" --no-same-owner --no-same-permissions
    )
    check_as_user check_interpreter.py "$folder/$tree/bin/python" "$folder/$tree"
    say "building with it in $deeper"
    mv -- "$root$folder/$tree" "$root$deeper/$tree"
    check_as_user check_development.py "$deeper/$tree/bin/python" "$deeper/$tree" "$prefix"
}
