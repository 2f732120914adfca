"""What counts as an error of the store, and what is an answer."""

import pytest

from python_builds.adapters.store.directory_store import DirectoryStore
from python_builds.adapters.store.s3_client import explain_error
from python_builds.adapters.store.store_errors import OPERATIONS, STORE_ERRORS
from python_builds.core.errors import StoreError


@pytest.fixture
def errors():
    """Give what was counted since the test began."""
    before = STORE_ERRORS.counted()
    return lambda: {doing: n - before[doing] for doing, n in STORE_ERRORS.counted().items() if n != before[doing]}


def client_error(code):
    from botocore.exceptions import ClientError

    return ClientError({"Error": {"Code": code}}, "PutObject")


@pytest.mark.parametrize("code", ["AccessDenied", "SlowDown", "ExpiredToken", "InternalError"])
def test_what_a_bucket_refuses_is_counted_by_what_was_done(errors, code):
    explain_error(client_error(code), "the store", "write", "a.deb")

    assert errors() == {"write": 1}


@pytest.mark.parametrize("code", ["NoSuchKey", "PreconditionFailed", "ConditionalRequestConflict"])
def test_what_is_not_there_or_was_written_by_another_is_not(errors, code):
    explain_error(client_error(code), "the store", "write", "a.deb")

    assert errors() == {}


def test_what_a_file_system_refuses_is_counted_and_what_is_not_there_is_not(errors, tmp_path):
    store = DirectoryStore(tmp_path / "store")
    store.create("a/b.txt", b"one")
    with pytest.raises(StoreError):
        store.read("a/c.txt")
    store.create("a/b.txt", b"two")
    assert store.stat("a/c.txt") is None
    assert errors() == {}

    (store.root / "a" / "loop.txt").symlink_to("loop.txt")
    (store.root / "sys").symlink_to("/sys")  # where nobody can make a file, root neither
    for ask in (store.read, store.stat):
        with pytest.raises(OSError, match="symbolic links"):
            ask("a/loop.txt")
    with pytest.raises(PermissionError):
        store.create("sys/b.txt", b"one")
    assert errors() == {"read": 1, "write": 1, "look at": 1}


def test_every_word_by_which_a_bucket_s_errors_name_what_was_done_is_counted():
    import inspect
    import re

    from python_builds.adapters.store import s3_store

    assert {*re.findall(r'self\._named\("([a-z ]+)"', inspect.getsource(s3_store))} == {*OPERATIONS}
