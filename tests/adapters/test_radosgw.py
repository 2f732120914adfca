"""What a real S3 server that is not AWS's makes of the farm's requests: Ceph's, from Debian.

The store's contract is tried with it as well, in test_s3_store.py, test_indexing.py and test_keeping.py.
"""

import hashlib
import json
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from python_builds.adapters.indexes.indexing import Indexing
from python_builds.adapters.store.s3_probe import probe
from python_builds.core.errors import StoreConflict, StoreError
from python_builds.core.settings.settings import variable
from tests.command_line import typed
from tests.preconditions import needs
from tests.published import objects, publish
from tests.s3 import KEYS

WRITERS = 20


@pytest.fixture
def server(radosgw):
    return radosgw.bucket()


@pytest.fixture
def as_tried(radosgw):
    """For what a later version may do otherwise, which is then worth a look: the store and the README speak of it."""
    needs(radosgw.version.startswith("16."), f"radosgw is {radosgw.version}; how 16.2 behaves was tried")


def all_at_once(write):
    """Have many write at the same moment; give those who succeeded."""
    barrier = threading.Barrier(WRITERS)

    def one(number):
        barrier.wait()
        return write(number)

    with ThreadPoolExecutor(WRITERS) as pool:
        return [number for number, done in enumerate(pool.map(one, range(WRITERS))) if done]


def deny(server, *actions):
    """Have the bucket deny something to everybody, its owner too."""
    statement = {"Effect": "Deny", "Principal": "*", "Action": actions, "Resource": f"arn:aws:s3:::{server.bucket}/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    server.client().put_bucket_policy(Bucket=server.bucket, Policy=policy)


def test_it_compares_tags_without_quotation_marks_alone(server, as_tried):
    client, one = server.client(), {"Bucket": server.bucket, "Key": "index.json"}
    tag = client.put_object(**one, Body=b"one")["ETag"]
    with pytest.raises(client.exceptions.ClientError, match="PreconditionFailed"):
        client.put_object(**one, Body=b"two", IfMatch=tag)
    client.put_object(**one, Body=b"two", IfMatch=tag.strip('"'))

    assert client.get_object(**one)["Body"].read() == b"two"


def test_of_many_that_replace_what_they_have_seen_one_does(server):
    store = server.store()
    for text in ("one", "two", "three"):
        store.replace("index.json", text.encode())
        seen = store.stat("index.json").tag

        def replace(number, text=text, seen=seen):
            try:
                store.replace_if("index.json", f"{text} {number}".encode(), seen)
            except StoreConflict:
                return False
            return True

        replaced = all_at_once(replace)
        assert [store.read("index.json")] == [f"{text} {number}".encode() for number in replaced]


def test_of_many_that_create_one_key_one_does(server):
    store = server.store()
    for key in ("reservations/1", "reservations/2", "reservations/3"):
        created = all_at_once(lambda number, key=key: store.create(key, b"%d" % number))
        assert [store.read(key)] == [b"%d" % number for number in created]


@pytest.mark.parametrize("https", [False, True])
def test_it_is_used_as_it_is(radosgw, https):
    server = radosgw.bucket(https=https)

    probed = probe(server.store(checksums=not https))
    assert "If-Match's tag without quotation marks" in probed.can and probed.problems == []
    assert server.store().keys("") == [], "nothing is left"


@pytest.mark.parametrize("https", [False, True])
def test_a_large_file_goes_in_parts(radosgw, tmp_path, https):
    server = radosgw.bucket(https=https)
    store = server.store(checksums=not https)
    content = random.Random(1).randbytes(17 * 2**20)
    (tmp_path / "large").write_bytes(content)
    store.upload(tmp_path / "large", "large", hashlib.sha256(content).hexdigest())

    assert store.stat("large").tag.endswith('-2"')
    assert store.read("large") == content


def test_checksums_that_it_does_not_know_are_told_before_anything_is_built(radosgw, as_tried):
    with pytest.raises(StoreError, match=r"\(MissingContentLength\).* set PYTHON_BUILDS_S3_CHECKSUMS=false"):
        probe(radosgw.bucket(https=True).store())


def test_bytes_that_change_on_their_way_are_refused_with_checksums_and_without(server):
    def change(request, **_):
        request.body = b"two"

    for checksums in (True, False):
        store = server.store(checksums=checksums)
        store.client.meta.events.register("before-send.s3.PutObject", change)
        with pytest.raises(StoreError, match="XAmzContentSHA256Mismatch"):
            store.replace("index.json", b"one")

    assert server.store().keys("") == []


def test_a_bucket_that_keeps_versions_is_refused_until_that_is_suspended(server, as_tried):
    client = server.client()
    client.put_bucket_versioning(Bucket=server.bucket, VersioningConfiguration={"Status": "Enabled"})
    with pytest.raises(StoreError, match="takes no notice of conditions.* keeps versions, suspend that"):
        probe(server.store())

    client.put_bucket_versioning(Bucket=server.bucket, VersioningConfiguration={"Status": "Suspended"})
    assert probe(server.store()).problems == []


@pytest.fixture
def operator(server, tmp_path, monkeypatch):
    """Have commands take their settings for the bucket from the environment, as an operator's do."""
    credentials = tmp_path / "credentials"
    credentials.write_text("[default]\n" + "".join(f"{name} = {value}\n" for name, value in KEYS.items()))
    credentials.chmod(0o600)
    settings = {
        "state_dir": tmp_path / "state",
        "s3_bucket": server.bucket,
        "s3_prefix": "some/where",
        "s3_endpoint_url": server.url,
        "s3_region": "us-east-1",
        "s3_path_style": "true",
        "s3_credentials_file": credentials,
    }
    for name, value in settings.items():
        monkeypatch.setenv(variable(name), str(value))


def test_what_a_bucket_denies_to_remove_stays_whole_and_prune_says_so(server, operator, make_product, capsys):
    store = server.store()
    for revision in (1, 2, 3):
        publish(store, make_product(), revision, day=revision)
    Indexing(store=store, profile="optimized").run()
    before = dict(objects(store))
    deny(server, "s3:DeleteObject")

    assert typed("prune", "--yes") == 1
    told = capsys.readouterr().err
    assert "could not delete python/debian-12/" in told
    assert "it needs s3:GetObject, s3:PutObject, s3:DeleteObject" in told
    assert dict(objects(store)) == before
    (sentence,) = probe(store).problems
    (left,) = store.keys("probe-")
    assert sentence.startswith(f"nothing can be removed from {store}, so {left} stays")
