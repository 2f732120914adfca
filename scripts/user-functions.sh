# shellcheck shell=bash
# How a command of a build runs: as a user who is not root, apart from the machine, and nothing of it is left when it ends.
# Sourced after build-environment.sh.
: "${work:?}" "${scripts:?}"

# Fills the array drop with the command that becomes USER, or leaves it empty where we are not root.
set_drop() {
    local user=$1 advice=$2
    drop=()
    [ "$(id -u)" -eq 0 ] || return 0
    id -u "$user" >/dev/null 2>&1 || die "there is no user '$user' on this machine: $advice"
    [ "$(id -u "$user")" -ne 0 ] || die "the user '$user' is root: $advice"
    # Numbers, since older setpriv takes no names.
    drop=(setpriv --reuid "$(id -u "$user")" --regid "$(id -g "$user")" --clear-groups --no-new-privs)
}

# nobody in containers too: it is there on every system, and what is in a shared ccache has one owner everywhere.
set_drop_to_build_user() {
    set_drop "${PYTHON_BUILDS_BUILD_USER:-nobody}" "set PYTHON_BUILDS_BUILD_USER to an unprivileged user that exists"
}

# On every system too, by the LSB.
packager=daemon
set_drop_to_packager() {
    [ "${PYTHON_BUILDS_BUILD_USER:-nobody}" != "$packager" ] || die "PYTHON_BUILDS_BUILD_USER must not be $packager, who makes packages of what the build user built"
    set_drop "$packager" "packages are made by it"
}

# Fills the array apart with the command that gives others namespaces of their own; whoever is not root is root in there
# and becomes himself again. Empty where the machine does not allow it.
set_apart() {
    local himself=("${drop[@]}")
    apart=(unshare --pid --fork --kill-child --mount --ipc --net)
    if [ "$(id -u)" -ne 0 ]; then
        apart=(unshare --user --map-root-user "${apart[@]:1}")
        himself=(unshare --user "--map-user=$(id -u)" "--map-group=$(id -g)")
    fi
    # shellcheck disable=SC2016 # that shell expands it
    if "${apart[@]}" sh -c 'mount -t proc proc /proc && exec "$@"' sh "${himself[@]}" true 2>/dev/null; then
        apart+=("$scripts/in-namespaces.sh")
        drop=("${himself[@]}")
    else
        apart=()
    fi
}

# In a container nobody may make namespaces, and the container is one build's: what is left of a user is that build's. Killed
# by the kernel in one go, so that nothing can fork away from it.
end_processes_of_user() {
    local user=$1 left
    setpriv --reuid "$user" --clear-groups bash -c 'kill -KILL -1' 2>/dev/null || true # 1: there was none
    for _ in {1..50}; do
        left=$(processes_of_user "$user")
        [ -n "$left" ] || return 0
        sleep 0.1
    done
    die "these processes of the user $user do not end: $left"
}

# Without the dead that nobody has waited for yet.
processes_of_user() {
    local user=$1
    awk -v user="$user" 'FNR == 1 { state = "" } $1 == "State:" { state = $2 }
        $1 == "Uid:" && state != "Z" && state != "X" { for (i = 2; i <= 5; i++) if ($i == user) { print FILENAME; next } }' \
        /proc/[0-9]*/status 2>/dev/null | sed 's|/proc/\([0-9]*\)/status|\1|' | paste -s -d ' '
}

# Runs a command as the user of set_drop.
run_apart() {
    local apart=() status=0
    set_apart
    if [ ${#apart[@]} -gt 0 ]; then exec "${apart[@]}" "${drop[@]}" "$@"; fi
    if [ ${#drop[@]} -eq 0 ]; then exec "$@"; fi
    "${drop[@]}" "$@" || status=$?
    end_processes_of_user "${drop[2]}"
    exit "$status"
}
