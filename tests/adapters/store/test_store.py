"""The store's contract: an object is there whole or not at all, and what is published is never overwritten."""

import hashlib
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from python_builds.adapters.digests import file_sha256
from python_builds.adapters.store.directory_store import DirectoryStore
from python_builds.core.errors import InvalidKey, StoreError

KEY = "python/debian-12/pkgs/a.deb"


def files_in(store):
    return sorted(p.relative_to(store.root).as_posix() for p in store.root.rglob("*") if p.is_file())


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.deb"
    path.write_bytes(b"a package")
    return path


def test_an_object_is_read_back_as_it_was_created(store):
    assert not store.exists(KEY)
    assert store.create(KEY, b"one\n\0")

    assert store.exists(KEY)
    assert store.read(KEY) == b"one\n\0"


def test_create_never_replaces(store):
    store.create(KEY, b"one")

    assert not store.create(KEY, b"two")
    assert store.read(KEY) == b"one"
    assert files_in(store) == [KEY]


def test_of_many_threads_that_create_one_key_one_does(store):
    for n in range(20):
        barrier = threading.Barrier(8)

        def create(content, key=f"reservations/{n}", barrier=barrier):
            barrier.wait()
            return store.create(key, content)

        contents = [bytes([i]) * 10_000 for i in range(8)]
        with ThreadPoolExecutor(8) as pool:
            created = [content for content, done in zip(contents, pool.map(create, contents), strict=True) if done]

        assert created == [store.read(f"reservations/{n}")]


def test_of_two_processes_that_create_the_same_keys_one_gets_each(store):
    code = """
import pathlib, sys
from python_builds.adapters.store.directory_store import DirectoryStore
sys.stdin.readline()
store = DirectoryStore(pathlib.Path(sys.argv[1]))
print(*[n for n in range(200) if store.create(f"reservations/{n}", sys.argv[2].encode())])
"""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [
        subprocess.Popen([sys.executable, "-c", code, store.root, who], env={"PYTHONPATH": ":".join(sys.path)}, **pipes)
        for who in ("first", "second")
    ]
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    won = [process.communicate()[0].split() for process in processes]

    assert sorted(map(int, won[0] + won[1])) == list(range(200))
    assert {store.read(f"reservations/{n}") for n in won[0]} <= {b"first"}
    assert {store.read(f"reservations/{n}") for n in won[1]} <= {b"second"}


def test_replace_writes_what_is_new_and_replaces_what_is_old(store):
    store.replace(KEY, b"one")
    store.replace(KEY, b"two")

    assert store.read(KEY) == b"two"
    assert files_in(store) == [KEY]


def test_who_reads_while_it_is_replaced_gets_the_old_or_the_new_whole(store):
    versions = [bytes([i]) * 300_000 for i in range(2)]
    store.replace(KEY, versions[0])

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(lambda: [store.replace(KEY, versions[n % 2]) for n in range(60)])
        seen = set()
        while not writing.done():
            seen.add(store.read(KEY))

    assert seen <= {*versions}


def test_an_uploaded_file_is_in_the_store_and_still_in_its_place(store, file):
    store.upload(file, KEY, file_sha256(file))

    assert store.read(KEY) == file.read_bytes() == b"a package"
    assert files_in(store) == [KEY]


def test_an_upload_that_is_not_what_was_meant_leaves_nothing(store, file):
    meant = hashlib.sha256(b"another").hexdigest()

    with pytest.raises(StoreError) as refused:
        store.upload(file, KEY, meant)

    assert (
        str(refused.value) == f"{KEY} was to be {meant} and was written as {file_sha256(file)}; nothing was published"
    )
    assert files_in(store) == []


def test_an_upload_never_overwrites(store, file):
    store.create(KEY, b"published")

    with pytest.raises(StoreError, match=f"^{KEY} exists already and is never overwritten$"):
        store.upload(file, KEY, file_sha256(file))

    assert store.read(KEY) == b"published"
    assert files_in(store) == [KEY]


def test_an_object_is_downloaded_into_a_file(store, file, tmp_path):
    store.upload(file, KEY, file_sha256(file))

    store.download(KEY, tmp_path / "copy")

    assert (tmp_path / "copy").read_bytes() == b"a package"


def test_what_is_not_there_is_an_error_that_names_it(store, tmp_path):
    with pytest.raises(StoreError, match=f"holds no {KEY}$"):
        store.read(KEY)
    with pytest.raises(StoreError, match=f"holds no {KEY}$"):
        store.download(KEY, tmp_path / "copy")

    assert not (tmp_path / "copy").exists()


def test_keys_are_listed_by_prefix_in_order(store):
    for key in ("a/2", "a/10", "a/1/x", "ab/1", "b", "a/1-y"):
        store.create(key, b"")

    assert store.keys("a/") == ["a/1-y", "a/1/x", "a/10", "a/2"]
    assert store.keys("a/1") == ["a/1-y", "a/1/x", "a/10"]
    assert store.keys("a") == ["a/1-y", "a/1/x", "a/10", "a/2", "ab/1"]
    assert store.keys("") == ["a/1-y", "a/1/x", "a/10", "a/2", "ab/1", "b"]
    assert store.keys("none/") == []


def test_a_store_that_nobody_has_written_to_is_empty(store):
    assert store.keys("python/") == []
    assert not store.exists(KEY)


def test_what_a_crash_left_half_written_is_no_object(store):
    store.create(KEY, b"one")
    (store.root / KEY).with_name(".partial-x7f").write_bytes(b"half")

    assert store.keys("python/") == [KEY]


@pytest.mark.parametrize("key", ["../outside", "/etc/passwd", "a/../../outside", ".partial-x", "a b", ""])
def test_a_key_that_leads_elsewhere_is_refused_by_every_call(store, file, key):
    calls = [
        lambda: store.exists(key),
        lambda: store.read(key),
        lambda: store.create(key, b""),
        lambda: store.replace(key, b""),
        lambda: store.upload(file, key, file_sha256(file)),
        lambda: store.download(key, file),
        lambda: store.location(key),
    ]
    for call in calls:
        with pytest.raises(InvalidKey):
            call()

    assert file.read_bytes() == b"a package"
    assert not store.root.exists()


def test_a_web_server_may_read_what_is_published(store, file):
    store.create("a", b"")
    store.replace("b", b"")
    store.upload(file, "c", file_sha256(file))

    assert {stat.S_IMODE((store.root / name).stat().st_mode) for name in "abc"} == {0o644}


LOCKED = """
import pathlib, sys
from python_builds.adapters.store.directory_store import DirectoryStore
from python_builds.core.errors import StoreConflict
store, won = DirectoryStore(pathlib.Path(sys.argv[1])), 0
sys.stdin.readline()
while won < 100:
    seen = store.stat("counter")
    number = int(store.read("counter")) + 1 if seen else 1
    try:
        store.replace_if("counter", b"%d" % number, seen and seen.tag)
        won += 1
    except StoreConflict:
        pass
"""


def test_of_two_processes_that_replace_what_they_saw_each_loses_nothing_of_the_other_s(store):
    pipes = {"stdin": subprocess.PIPE, "env": {"PYTHONPATH": ":".join(sys.path)}}
    both = [subprocess.Popen([sys.executable, "-c", LOCKED, store.root], **pipes) for _ in range(2)]
    for process in both:
        process.stdin.write(b"go\n")
        process.stdin.flush()

    assert [process.wait() for process in both] == [0, 0]
    assert store.read("counter") == b"200"


def test_no_lock_lies_among_what_is_served_not_even_an_older_release_s(store):
    store.create(KEY, b"one")
    (store.root / ".lock").touch()
    store.replace_if("a", b"", None)

    assert files_in(store) == ["a", KEY]


def test_a_file_that_is_being_written_is_for_nobody_yet(store):
    with store._partial(KEY) as partial:
        assert stat.S_IMODE(partial.stat().st_mode) == 0o600


def test_a_person_finds_an_object_by_its_path(store):
    store.create(KEY, b"one")

    assert store.location(KEY) == str(store.root / KEY)


FULL_DISK = """
import pathlib, resource, signal, sys
from python_builds.adapters.digests import file_sha256
from python_builds.adapters.store.directory_store import DirectoryStore
store, file, call = DirectoryStore(pathlib.Path(sys.argv[1])), pathlib.Path(sys.argv[2]), sys.argv[3]
digest = file_sha256(file)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))  # as on a full disk, write(2) writes a part and then fails
try:
    if call == "upload":
        store.upload(file, "new", digest)
    elif call == "create":
        store.create("new", file.read_bytes())
    else:
        store.replace("old", file.read_bytes())
except OSError as error:
    print(type(error).__name__, error.strerror)
"""


@pytest.mark.parametrize("call", ["upload", "create", "replace"])
def test_a_full_disk_is_an_error_and_leaves_nothing_half(store, file, call):
    file.write_bytes(b"x" * 5000)
    store.create("old", b"old")

    command = [sys.executable, "-c", FULL_DISK, store.root, file, call]
    said = subprocess.check_output(command, env={"PYTHONPATH": ":".join(sys.path)}, text=True)

    assert said == "OSError File too large\n"
    assert files_in(store) == ["old"]
    assert store.read("old") == b"old"


def test_a_digest_is_that_of_the_whole_file(tmp_path):
    path = tmp_path / "big"
    path.write_bytes(b"0123456789" * 100_000)

    assert file_sha256(path) == hashlib.sha256(path.read_bytes()).hexdigest()


def test_two_stores_in_one_folder_are_the_same_store(store):
    store.create(KEY, b"one")

    assert DirectoryStore(store.root).read(KEY) == b"one"
