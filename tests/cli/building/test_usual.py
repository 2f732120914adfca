"""How long steps usually take, from the records of a store."""

from pathlib import Path
from typing import Any

import pytest

from python_builds.adapters.store.directory_store import DirectoryStore
from python_builds.adapters.store.objects import MAX_READ_BYTES
from python_builds.cli.building.usual import READ_AT_MOST, from_records
from python_builds.core.documents import dump
from python_builds.core.publishing.record_keys import record_key, records_prefix


class Store(DirectoryStore):
    """A store that notes what is read of it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.reads: list[str] = []

    def read(self, key: str, at_most: int = MAX_READ_BYTES) -> bytes:
        self.reads.append(key)
        return super().read(key, at_most)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


@pytest.fixture
def keep(store: Store, make_record: Any) -> Any:
    """Keep a record in the store whose compile step took so many seconds."""

    def do(seconds: float | None, *product: str, **named: Any) -> str:
        durations = {} if seconds is None else {"compile": seconds}
        record = make_record(*product, **named).model_copy(update={"durations": durations})
        key = record_key(record.product, record.revision)
        store.create(key, dump(record))
        return key

    return do


def test_without_any_record_nothing_is_known(store: Store, make_product: Any) -> None:
    assert from_records(store, make_product()) == {}
    assert store.reads == []


def test_of_many_records_of_the_platform_the_nearest_one_is_read(store: Store, keep: Any, make_product: Any) -> None:
    for version in ("3.12.10", "3.14.0", "3.9.20"):
        keep(1, version)
    keep(2, "3.13.1")
    nearest = keep(3, "3.13.1", revision=2)
    keep(4, "3.13.9", architecture="arm64")

    assert from_records(store, make_product("3.13.5")) == {"compile": 3}
    assert store.reads == [nearest]


def test_a_record_of_another_minor_is_better_than_one_of_another_platform(
    store: Store, keep: Any, make_product: Any
) -> None:
    keep(1, "3.13.5", "debian-13")
    keep(2, "3.9.20")

    assert from_records(store, make_product("3.13.5")) == {"compile": 2}


def test_a_record_of_another_platform_is_better_than_none(store: Store, keep: Any, make_product: Any) -> None:
    keep(5, "3.13.5", "rhel-9")

    assert from_records(store, make_product("3.13.5")) == {"compile": 5}


def test_a_record_of_another_profile_says_nothing(store: Store, keep: Any, make_product: Any) -> None:
    keep(5, "3.13.5", profile="quick")

    assert from_records(store, make_product("3.13.5")) == {}


def test_records_without_durations_are_passed_over_but_only_a_few_are_read(
    store: Store, keep: Any, make_product: Any
) -> None:
    keep(None, "3.13.5")
    keep(7, "3.13.4")
    assert from_records(store, make_product("3.13.6")) == {"compile": 7}

    for patch in range(10, 20):
        keep(None, f"3.13.{patch}")
    store.reads.clear()
    assert from_records(store, make_product("3.13.6")) == {}
    assert len(store.reads) == READ_AT_MOST


def test_what_lies_among_the_records_and_is_none_is_passed_over(store: Store, keep: Any, make_product: Any) -> None:
    product = make_product()
    store.create(f"{records_prefix(product.profile, product.platform)}notes.json", b"{}")
    keep(5, "3.13.5")

    assert from_records(store, product) == {"compile": 5}


def test_a_record_that_is_damaged_is_passed_over(store: Store, keep: Any, make_product: Any) -> None:
    store.create(record_key(make_product(), 1), b"<html>")
    keep(5, "3.13.4")

    assert from_records(store, make_product()) == {"compile": 5}
