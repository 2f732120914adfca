#!/usr/bin/env bash
# Starts Ceph's S3 server in a container. S3_CREDENTIALS_FILE holds the account, in the form of ~/.aws/credentials, and
# S3_BUCKET names the bucket, which everybody may read and that account alone write.
set -euo pipefail

data=/var/lib/store
url=http://127.0.0.1:7480

# Else a process that starts again is taken for the one before: in a container its id is the same.
export CEPH_USE_RANDOM_NONCE=1

as_ceph() {
    setpriv --reuid=ceph --regid=ceph --clear-groups "$@"
}

credential() {
    awk -F ' *= *' -v name="$1" '$1 == name { print $2; exit }' "$S3_CREDENTIALS_FILE"
}

make_cluster() {
    rm -rf -- "${data:?}/mon" "${data:?}/osd"
    as_ceph mkdir "$data/mon" "$data/osd"
    as_ceph monmaptool --clobber --create --fsid "$(ceph_setting fsid)" --addv a '[v2:127.0.0.1:3300]' /run/store/monmap
    as_ceph osdmaptool --clobber --createsimple 1 /run/store/osdmap
    as_ceph ceph-mon -i a --mkfs --monmap /run/store/monmap --osdmap /run/store/osdmap
    as_ceph ceph-mon -f -i a &
    as_ceph ceph-osd -i 0 --mkfs
    touch "$data/made"
}

ceph_setting() {
    awk -F ' = ' -v name="$1" '$1 == name { print $2; exit }' /etc/ceph/ceph.conf
}

make_account() {
    radosgw-admin user info --uid=farm >/dev/null 2>&1 ||
        radosgw-admin user create --uid=farm --display-name=farm --access-key="$(credential aws_access_key_id)" \
            --secret="$(credential aws_secret_access_key)" >/dev/null
}

# Puts BODY at PATH. The account goes by standard input, as arguments are for everybody on the machine to see. This curl (7.88)
# does not send the body's digest by itself, which radosgw wants.
put() {
    local path=$1 body=$2
    printf 'user = "%s:%s"\n' "$(credential aws_access_key_id)" "$(credential aws_secret_access_key)" |
        curl --config - --aws-sigv4 aws:amz:default:s3 --silent --show-error --fail-with-body --retry 60 --retry-delay 1 \
            --retry-connrefused --request PUT --data-binary "$body" \
            --header "X-Amz-Content-Sha256: $(printf %s "$body" | sha256sum | cut -d' ' -f1)" "$url/$path"
}

make_bucket() {
    put "$S3_BUCKET" ''
    put "$S3_BUCKET?policy=" '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": ["*"]},
        "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::'"$S3_BUCKET"'/*"]}]}'
    touch /run/store/ready
}

end() {
    local process
    for process in $(jobs -p); do kill "$process" 2>/dev/null || true; done
    wait
    exit "$1"
}

main() {
    install -d -o ceph -g ceph -m 750 /run/store "$data"
    rm -f /run/store/ready
    if [ -e "$data/made" ]; then as_ceph ceph-mon -f -i a & else make_cluster; fi
    as_ceph ceph-osd -f -i 0 &
    make_account
    as_ceph radosgw -f -n client.rgw &
    make_bucket
    trap 'end 0' TERM INT
    wait -n || true
    echo "store.sh: one of the server's processes ended" >&2
    end 1
}

main
