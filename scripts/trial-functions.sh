# shellcheck shell=bash
# How check-package.sh tries what was built, in the scratch root. Sourced after scratch-root.sh and the installer.
: "${root:=}" "${scratch:=}"

# An interpreter that does nothing would succeed too: each check ends with a line that only a run to the end can write.
check_as_user() {
    local script=$1 interpreter=$2
    shift 2
    in_root_as_user "$interpreter" "/check/$script" "$@" | tee "$scratch/output"
    grep -q -x "$script: all [1-9][0-9]* checks passed" "$scratch/output" || die "$script did not run to its end"
}

# A file in the scratch root, as users do.
try_package() {
    local file=$1 prefix=$2
    say "installing ${file##*/}"
    install_package "$file"
    say "trying the interpreter"
    check_as_user check_interpreter.py "$prefix/bin/python" "$prefix"
    say "building with it"
    install_compiler
    check_as_user check_development.py "$prefix/bin/python" "$prefix"
    say "removing ${file##*/}"
    remove_package "$file"
    report_leftovers "$prefix"
}

report_leftovers() {
    local prefix=$1
    [ -e "$root$prefix" ] || [ -L "$root$prefix" ] || return 0
    find "$root$prefix" | head -n 20
    die "removing the package left $prefix behind"
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
