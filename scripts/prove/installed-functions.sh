# shellcheck shell=bash
# What is looked at once something is installed. Sourced after `here` is set.
: "${here:?}"

as_nobody() {
    chroot --userspec=65534:65534 --groups=65534 / env HOME=/tmp LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1 "$@"
}

check_interpreter() { as_nobody "$1/bin/python3" "$here/../checks/check_interpreter.py" "$1"; }

nothing_left() {
    [ ! -e /opt/python ] || { echo "left behind: $(find /opt/python | sed -n 1,5p)" >&2 && exit 1; }
}
