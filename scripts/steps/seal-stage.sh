#!/usr/bin/env bash
# Copies the staged trees to sealed/, for run-as-packaging-user.sh, after the last process of the build has ended: from here on
# nothing that the build made can write, read or change anything.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/build-environment.sh"
. "$scripts/lib/user-functions.sh"
. "$scripts/lib/apart-functions.sh"

trees=(stage stage-test stage-debug)

# What a step that was killed may have left. Processes of namespaces are gone with them.
end_build() {
    local apart
    set_drop_to_build_user
    set_apart
    if [[ ${#apart[@]} -eq 0 && ${#drop[@]} -gt 0 ]]; then end_processes_of_user "${drop[2]}"; fi
}

make_folders() {
    rm -rf --one-file-system -- sealed
    mkdir -m 755 sealed sealed/logs
    mkdir -m 755 sealed/dist sealed/home sealed/tmp sealed/stage{,-test,-debug}
    set_drop_to_packager
    [ ${#drop[@]} -eq 0 ] || chown "${drop[2]}:${drop[4]}" sealed/dist sealed/home sealed/tmp sealed/stage{,-test,-debug}
}

as_packager() {
    (
        cd sealed
        set_drop_to_packager
        run_apart "$@"
    )
}

# As the packager: root does not follow the paths of a tree that a stranger made. Without attributes and access lists.
copy_tree() {
    as_packager cp -R -P --preserve=mode,timestamps,links --reflink=auto -- "../$1/." "$1"
    as_packager chmod -R go-w "$1"
}

main() {
    [ $# -eq 0 ] || usage "(no arguments)"
    local name
    for name in "${trees[@]}"; do require_folder "$name" "run install-to-stage.sh first"; done
    export_source_date_epoch
    end_build
    make_folders
    for name in "${trees[@]}"; do copy_tree "$name"; done
    printf '%s\n' "$SOURCE_DATE_EPOCH" >sealed/logs/source-date-epoch
    say "$(du -sm sealed | cut -f1) MB of $(find sealed -type f | wc -l) files"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
