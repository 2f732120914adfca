"""The store in a bucket: the contract that it shares with a folder, and what goes wrong with S3 servers."""

import hashlib
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from python_builds.adapters.store import s3_store
from python_builds.adapters.store.directory_store import DirectoryStore
from python_builds.adapters.store.s3_client import make_client
from python_builds.adapters.store.s3_probe import Probed, probe
from python_builds.adapters.store.store import make_store
from python_builds.core.errors import InvalidKey, StoreConflict, StoreError
from python_builds.core.settings.settings import Settings
from tests.s3 import BUCKET, CONDITIONS, s3_server

KEY = "python/debian-12/pkgs/a.deb"
LARGE = random.Random(1).randbytes(40 * 2**20)


@pytest.fixture
def s3(monkeypatch):
    with s3_server() as server:
        yield server


@pytest.fixture(params=["directory", "s3", "an older s3", "radosgw", "radosgw by https"])
def any_store(request, s3_of, tmp_path):
    kind = request.param
    if kind == "directory":
        return DirectoryStore(tmp_path / "store")
    checksums = kind in ("s3", "radosgw")
    return s3_of(kind).store(conditional_writes=kind != "an older s3", checksums=checksums)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.deb"
    path.write_bytes(b"a package")
    return path, hashlib.sha256(b"a package").hexdigest()


@pytest.fixture
def large(tmp_path):
    path = tmp_path / "large.tar.gz"
    path.write_bytes(LARGE)
    return path, hashlib.sha256(LARGE).hexdigest()


def sha256(content):
    return hashlib.sha256(content).hexdigest()


def test_an_object_is_read_back_as_it_was_created_and_never_replaced_by_create(any_store):
    assert not any_store.exists(KEY)
    assert any_store.stat(KEY) is None
    assert any_store.create(KEY, b"one\n\0")
    assert not any_store.create(KEY, b"two")

    assert any_store.read(KEY) == b"one\n\0"
    assert (any_store.stat(KEY).sha256, any_store.stat(KEY).size) == (sha256(b"one\n\0"), 5)


def test_an_object_is_replaced_only_if_it_is_the_one_that_was_seen(any_store):
    any_store.replace_if(KEY, b"one", None)
    with pytest.raises(StoreConflict, match="was changed by somebody else in the meantime; nothing was overwritten"):
        any_store.replace_if(KEY, b"two", None)
    seen = any_store.stat(KEY).tag
    any_store.replace_if(KEY, b"two", seen)
    with pytest.raises(StoreConflict):
        any_store.replace_if(KEY, b"three", seen)
    assert any_store.read(KEY) == b"two"

    seen = any_store.stat(KEY).tag
    any_store.delete(KEY)
    with pytest.raises(StoreConflict):
        any_store.replace_if(KEY, b"three", seen)
    assert not any_store.exists(KEY)


def test_keys_are_listed_by_prefix_in_order(any_store):
    for name in ("b/2", "a/10", "a/1", "ab"):
        any_store.create(name, b"")

    assert any_store.keys("a/") == ["a/1", "a/10"]
    assert any_store.keys("") == ["a/1", "a/10", "ab", "b/2"]
    assert any_store.keys("nothing/") == []


def test_what_is_not_there_is_an_error_that_names_it(any_store, tmp_path):
    for ask in (any_store.read, lambda key: any_store.download(key, tmp_path / "x")):
        with pytest.raises(StoreError, match=f"^the store .* holds no {KEY}$"):
            ask(KEY)
    any_store.delete(KEY)


def test_a_file_is_uploaded_once_and_downloaded_as_it_was(any_store, file, tmp_path):
    path, digest = file
    any_store.upload(path, KEY, digest)
    any_store.download(KEY, tmp_path / "back")
    path.write_bytes(b"another")

    assert (tmp_path / "back").read_bytes() == b"a package"
    with pytest.raises(StoreError, match=f"{KEY} exists already and is never overwritten"):
        any_store.upload(path, KEY, sha256(b"another"))
    any_store.delete(KEY)
    assert not any_store.exists(KEY)


def test_a_file_that_is_not_what_was_meant_is_not_published(any_store, file):
    with pytest.raises(StoreError, match="nothing was published"):
        any_store.upload(file[0], KEY, sha256(b"something else"))

    assert any_store.keys("") == []


@pytest.mark.parametrize("key", ["../a", "a//b", "/a", "a/.hidden", "a b", "-a", "a\nb", ""])
def test_a_key_that_could_mean_something_else_is_refused(any_store, key):
    with pytest.raises(InvalidKey):
        any_store.create(key, b"")


def test_a_large_file_goes_in_parts(s3, large):
    store = s3.store()
    store.upload(large[0], KEY, large[1])

    assert sum("partNumber" in request for request in s3.requests) == 3
    assert store.read(KEY) == LARGE


def test_what_is_published_says_what_it_is_and_how_long_it_holds(s3, file):
    store = s3.store()
    store.upload(file[0], KEY, file[1])
    store.replace("python/index.json", b"{}")
    for name in ("uv.json.asc", "SHA256SUMS.asc", "SHA256SUMS.3.14t", "SHA256SUMS.3.14t.asc"):
        store.replace(f"python/debian-12/{name}", b"")

    heads = {key: s3.client().head_object(Bucket=BUCKET, Key=f"some/where/{key}") for key in store.keys("")}
    assert {key: (head["ContentType"], head["CacheControl"]) for key, head in heads.items()} == {
        KEY: ("application/vnd.debian.binary-package", "public, max-age=31536000, immutable"),
        "python/index.json": ("application/json", "public, max-age=300"),
        "python/debian-12/SHA256SUMS.3.14t": ("text/plain; charset=utf-8", "public, max-age=300"),
        **dict.fromkeys(
            [f"python/debian-12/{name}.asc" for name in ("uv.json", "SHA256SUMS", "SHA256SUMS.3.14t")],
            ("application/pgp-signature", "public, max-age=300"),
        ),
    }
    checked = s3.client().head_object(Bucket=BUCKET, Key=f"some/where/{KEY}", ChecksumMode="ENABLED")
    assert checked["ChecksumSHA256"], "S3 itself was given a checksum"


def test_of_many_that_create_one_key_one_does(s3):
    store = s3.store()
    barrier = threading.Barrier(8)

    def create(n):
        barrier.wait()
        return store.create("reservations/1", b"%d" % n)

    with ThreadPoolExecutor(8) as pool:
        created = [n for n, done in enumerate(pool.map(create, range(8))) if done]

    assert [b"%d" % n for n in created] == [store.read("reservations/1")]


@pytest.mark.parametrize("status, code", [("500 Internal Server Error", "InternalError"), ("503 Slow", "SlowDown")])
def test_an_error_of_the_server_is_tried_again(s3, large, status, code):
    store = s3.store()
    for method, text in (("PUT", "partNumber=2"), ("POST", "uploads"), ("PUT", "one"), ("GET", "one")):
        s3.fault(method, text, status=status, code=code)
    store.upload(large[0], KEY, large[1])
    store.create("one", b"1")

    assert (store.read(KEY), store.read("one")) == (LARGE, b"1")


def test_a_lost_answer_is_no_conflict_with_oneself(s3):
    store = s3.store()
    for text in ("one", "two"):
        s3.fault("PUT", text, drops=True)

    assert store.create("one", b"1")
    store.replace_if("two", b"2", None)
    s3.fault("PUT", "two", drops=True)
    store.replace_if("two", b"3", store.stat("two").tag)
    assert store.read("two") == b"3"


def test_two_writers_at_the_same_moment_are_tried_again(s3):
    s3.fault("PUT", "one", status="409 Conflict", code="ConditionalRequestConflict")

    assert s3.store().create("one", b"1")


def test_a_connection_that_breaks_off_is_made_again(s3, large, tmp_path):
    store = s3.store()
    s3.fault("PUT", "partNumber=3", drops=True)
    store.upload(large[0], KEY, large[1])
    for _ in range(2):
        s3.fault("GET", KEY, drops=True)
        store.download(KEY, tmp_path / "back")
        s3.fault("GET", KEY, drops=True)

        assert store.read(KEY) == LARGE
        assert (tmp_path / "back").read_bytes() == LARGE
        s3.fault("GET", KEY, drops=True)
        assert store.digest(KEY) == large[1]


@pytest.mark.parametrize("validation, said", [("when_required", "reads back as"), ("when_supported", "checksum")])
def test_what_reads_back_changed_is_not_published(s3, file, validation, said):
    s3.fault("GET", "a.deb", changes=True)
    store = s3.store(make_client=lambda: s3.client(response_checksum_validation=validation))
    with pytest.raises(StoreError, match=f"{KEY}.* {said}"):
        store.upload(file[0], KEY, file[1])

    assert store.keys("") == []
    store.upload(file[0], KEY, file[1])


def test_an_upload_that_is_lost_for_good_leaves_nothing_that_anyone_sees(s3, large):
    store = s3.store()
    s3.fault("PUT", "partNumber=2", status="403 Forbidden", code="AccessDenied", times=99)
    with pytest.raises(StoreError, match=f"could not upload {KEY}: .*AccessDenied.*; the account may not do that"):
        store.upload(large[0], KEY, large[1])

    assert store.keys("") == []
    assert "Uploads" not in s3.client().list_multipart_uploads(Bucket=BUCKET)
    s3.faults.clear()
    store.upload(large[0], KEY, large[1])


@pytest.mark.parametrize(
    "code, said",
    [
        ("ExpiredToken", "its credentials have expired"),
        ("InvalidAccessKeyId", "the server does not know the account"),
        ("NotImplemented", "PYTHON_BUILDS_S3_CONDITIONAL_WRITES=false"),
    ],
)
def test_an_error_says_what_may_help_and_no_secret(s3, code, said):
    s3.fault("PUT", "one", status="400 Bad Request", code=code, times=99)
    with pytest.raises(StoreError) as error:
        s3.store().create("one", b"1")

    assert str(error.value).startswith(f"the store s3://{BUCKET}/some/where could not write one: ")
    assert said in str(error.value)
    assert "a-secret-key" not in str(error.value)


def test_a_bucket_that_is_not_there_is_named(s3):
    with pytest.raises(StoreError, match="could not list : .*there is no such bucket: see PYTHON_BUILDS_S3_BUCKET"):
        s3.store(bucket="nobody-s").keys("")


def test_a_server_that_is_slow_is_waited_for_and_a_silent_one_is_not(s3, monkeypatch):
    monkeypatch.setattr(s3_store, "TRIES", 1)
    store = s3.store(make_client=lambda: s3.client(read_timeout=2))
    store.create("slow", b"1")
    store.create("silent", b"1")
    s3.fault("GET", "slow", seconds=1)
    s3.fault("GET", "silent", seconds=4, times=99)

    assert store.read("slow") == b"1"
    with pytest.raises(StoreError, match="could not read silent: Read timeout"):
        store.read("silent")


def settings(s3, tmp_path, **values):
    credentials = tmp_path / "credentials"
    credentials.write_text("[default]\naws_access_key_id = mine\naws_secret_access_key = secret\n")
    credentials.chmod(0o600)
    given = {"s3_bucket": BUCKET, "s3_endpoint_url": s3.url, "s3_region": "eu-central-1", "s3_path_style": True}
    return Settings(_env_file=None, state_dir=tmp_path, s3_credentials_file=credentials, **{**given, **values})


def test_the_settings_make_a_store_with_credentials_from_a_file(s3, tmp_path):
    made = settings(s3, tmp_path, cdn_url="https://cdn.example.org/pythons", s3_prefix="p")
    store = make_store(made)
    store.create(KEY, b"1")

    assert store.client._request_signer._credentials.access_key == "mine"
    assert store.url(KEY) == f"https://cdn.example.org/pythons/{KEY}"
    assert s3.client().get_object(Bucket=BUCKET, Key=f"p/{KEY}")["Body"].read() == b"1"


def test_renewed_credentials_are_taken_without_a_restart(s3, tmp_path):
    made = settings(s3, tmp_path)
    store = make_store(made)
    s3.fault("PUT", "one", status="400 Bad Request", code="ExpiredToken")
    with pytest.raises(StoreError, match="its credentials have expired"):
        store.create("one", b"1")
    text = made.s3_credentials_file.read_text()
    made.s3_credentials_file.write_text(text.replace("mine", "renewed"))

    assert store.create("one", b"1")
    assert store.client._request_signer._credentials.access_key == "renewed"


def test_without_a_cdn_clients_fetch_from_the_bucket(s3, tmp_path):
    elsewhere = make_store(settings(s3, tmp_path))
    aws = make_store(settings(s3, tmp_path, s3_endpoint_url=None, s3_path_style=False, s3_prefix="p/q"))

    assert elsewhere.url(KEY) == f"{s3.url}/{BUCKET}/{KEY}"
    assert aws.url(KEY) == f"https://{BUCKET}.s3.eu-central-1.amazonaws.com/p/q/{KEY}"


def test_the_client_is_patient_within_bounds(s3, tmp_path):
    config = make_client(settings(s3, tmp_path, s3_checksums=False)).meta.config

    assert (config.connect_timeout, config.read_timeout) == (10, 60)
    assert config.retries == {"mode": "standard", "total_max_attempts": 8}
    assert config.request_checksum_calculation == "when_required"


def test_a_server_that_wants_tags_without_quotation_marks_gets_them(s3):
    s3.unquoted = True
    store = s3.store()
    store.create("index.json", b"one")
    seen = store.stat("index.json").tag
    store.replace_if("index.json", b"two", seen)

    assert store.read("index.json") == b"two"
    with pytest.raises(StoreConflict):
        store.replace_if("index.json", b"three", seen)
    assert store.read("index.json") == b"two"


@pytest.mark.parametrize("write", ["create", "replace"])
def test_a_small_object_that_reads_back_as_something_else_is_told(s3, write):
    s3.fault("GET", "index.json", changes=True)
    with pytest.raises(StoreError, match=r"index.json was written and reads back as something else"):
        store = s3.store(make_client=lambda: s3.client(response_checksum_validation="when_required"), checksums=False)
        getattr(store, write)("index.json", b"one")


@pytest.mark.parametrize(("unquoted", "how"), [(False, "in"), (True, "without")])
def test_what_a_server_can_is_known_and_said_before_it_is_needed(s3, unquoted, how):
    s3.unquoted = unquoted
    said = f"it writes on a condition, If-Match's tag {how} quotation marks, and takes checksums"
    assert probe(s3.store()) == Probed(can=f"the store s3://pythons/some/where: {said}")
    assert s3.client().list_objects_v2(Bucket=BUCKET).get("Contents", []) == [], "nothing is left"


def test_what_a_server_is_not_asked_for_is_said(s3):
    said = probe(s3.store(conditional_writes=False, checksums=False)).can
    assert "no conditions are asked for (PYTHON_BUILDS_S3_CONDITIONAL_WRITES=false)" in said
    assert said.endswith("is sent no checksums (PYTHON_BUILDS_S3_CHECKSUMS=false)")


@pytest.mark.parametrize(
    ("header", "unquoted"),
    [("HTTP_IF_MATCH", False), ("HTTP_IF_NONE_MATCH", False), pytest.param("HTTP_IF_MATCH", True, id="without quotes")],
)
def test_a_server_that_does_not_look_at_one_kind_of_condition_is_refused(s3, header, unquoted):
    s3.careless, s3.unquoted = (header,), unquoted
    with pytest.raises(StoreError, match="takes no notice of conditions"):
        probe(s3.store())


def test_a_server_that_takes_no_tag_is_refused(s3):
    s3.unquoted = True
    s3.fault("PUT", "probe", status="412 Precondition Failed", code="PreconditionFailed", after=1, times=99)
    with pytest.raises(StoreError, match="replaces nothing on a condition"):
        probe(s3.store())


def test_a_server_that_does_not_look_at_conditions_is_refused(s3):
    s3.careless = CONDITIONS
    with pytest.raises(StoreError, match="takes no notice of conditions.*PYTHON_BUILDS_S3_CONDITIONAL_WRITES=false"):
        probe(s3.store())
    assert probe(s3.store(conditional_writes=False)).problems == []


def test_a_bucket_that_denies_removing_is_told_and_used(s3):
    s3.fault("DELETE", "probe", status="403 Forbidden", code="AccessDenied", times=9)

    (sentence,) = probe(s3.store()).problems
    assert sentence.startswith("nothing can be removed from the store s3://pythons/some/where")


@pytest.mark.parametrize(("method", "said"), [("PUT", "could not write probe"), ("GET", "could not read probe")])
def test_an_account_that_may_not_do_what_it_takes_is_told_at_once(s3, method, said):
    s3.fault(method, "probe", status="403 Forbidden", code="AccessDenied", times=9)

    with pytest.raises(StoreError, match=f"{said}.*the account may not do that"):
        probe(s3.store())
