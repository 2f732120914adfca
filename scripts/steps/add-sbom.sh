#!/usr/bin/env bash
# Puts the document that says what is in the sealed tree, which the master has made, into the tree: into share/sbom/.
. "$(dirname "${BASH_SOURCE[0]}")/../lib/build-environment.sh"

main() {
    [ $# -eq 2 ] || usage "PREFIX FILE"
    local file=$2 tree folder
    tree=$(staged_prefix "$1")
    require_folder "$tree" "run seal-stage.sh first"
    folder=$tree/share/sbom
    [[ ! -L $tree/share && ! -e $folder && ! -L $folder ]] || die "the tree has a share/sbom, or a link for it, already"
    export_source_date_epoch
    mkdir -p "$folder"
    # Sent by the master to the folder above, where the packaging user may read only.
    cat "../$file" >"$folder/$file"
    chmod 755 "$tree/share" "$folder"
    chmod 644 "$folder/$file"
    touch --date="@$SOURCE_DATE_EPOCH" "$folder/$file" "$folder" "$tree/share"
    say "$(sha256sum <"$folder/$file") $folder/$file"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
