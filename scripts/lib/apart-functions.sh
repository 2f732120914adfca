# shellcheck shell=bash
# How a command of a build runs: apart from the machine, with an end to what it writes, and nothing of it is left when it
# ends. Sourced after user-functions.sh, whose drop says as whom.
: "${scripts:?}"

# Fills the array apart with the command that gives others namespaces of their own; whoever is not root is root in there
# and becomes himself again. In a chroot, whose root is no mount point, without mounts. Empty where nothing is allowed.
set_apart() {
    local himself=("${drop[@]}") namespaces=(--pid --fork --kill-child --ipc --net)
    if [ "$(id -u)" -ne 0 ]; then
        namespaces=(--user --map-root-user "${namespaces[@]}")
        himself=(unshare --user "--map-user=$(id -u)" "--map-group=$(id -g)")
    fi
    # shellcheck disable=SC2016 # that shell expands it
    if unshare "${namespaces[@]}" --mount sh -c 'mount -t proc proc /proc && exec "$@"' sh "${himself[@]}" true 2>/dev/null; then
        apart=(unshare "${namespaces[@]}" --mount "$scripts/lib/in-namespaces.sh" mounts)
    elif unshare "${namespaces[@]}" "${himself[@]}" true 2>/dev/null; then
        apart=(unshare "${namespaces[@]}" "$scripts/lib/in-namespaces.sh" no-mounts)
    else
        apart=()
        return
    fi
    drop=("${himself[@]}")
}

# In a worker's container nobody may make namespaces, and the container is one build's: what is left of a user is that
# build's. Killed by the kernel in one go, so that nothing can fork away from it.
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

# Passes on what a command writes, and no more of it than a log may have: it ends in the farm's database. The command then
# writes to nobody, of which most die. Compiling CPython with all its tests says 3 million bytes.
most_output=$((16 * 1024 * 1024))
bounded() {
    stdbuf -o0 head -c "$most_output" # as it comes: people watch it
    if [ -n "$(head -c 1 | tr '\0' 0)" ]; then printf '\n%s: what follows the first %s bytes is not shown\n' "${0##*/}" "$most_output"; fi
}

# Runs a command as the user of set_drop.
run_apart() {
    local apart=() status=0
    set_apart
    set +e
    {
        {
            run_to_its_end "$@" 2>&1 >&3 3>&- | bounded >&2 3>&-
            exit "${PIPESTATUS[0]}"
        } 3>&1 | bounded
        status=${PIPESTATUS[0]}
    }
    exit "$status"
}

run_to_its_end() {
    local status
    "${apart[@]}" "${drop[@]}" "$@"
    status=$?
    if [[ ${#apart[@]} -eq 0 && ${#drop[@]} -gt 0 ]]; then end_processes_of_user "${drop[2]}"; fi
    return "$status"
}
