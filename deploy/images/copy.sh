#!/usr/bin/env bash
# Copies the bucket S3_BUCKET out into /backup, or from there back in; RCLONE_S3_… say where it is. Nothing is removed.
# What goes with an object (content type, caching, digest) are extended attributes of its file.
set -euo pipefail

folder=/backup
bucket=:s3:${S3_BUCKET:?is the name of the bucket}

usage() {
    echo "usage: copy.sh out|in" >&2
    exit 2
}

# A server that has just been started is waited for.
copy() {
    rclone copy --config= --metadata --s3-no-check-bucket --retries=30 --retries-sleep=2s "$@"
}

# The farm writes files, then the record that names them, then the indexes that name the record. So of a bucket that is
# written meanwhile, records come after the indexes, and then the files that are newer than the first look.
copy_out() {
    copy --exclude='**/records/**' "$bucket" "$folder"
    copy --include='**/records/**' "$bucket" "$folder"
    copy --exclude='**/records/**' --ignore-existing "$bucket" "$folder"
}

copy_in() {
    copy --exclude='**/records/**' "$folder" "$bucket"
    copy --include='**/records/**' "$folder" "$bucket"
}

case ${1:-} in
    out) copy_out ;;
    in) copy_in ;;
    *) usage ;;
esac
