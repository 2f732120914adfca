"""Reservations below a product's newest record go, and no number comes twice for it."""

from pathlib import Path

import pytest
from packaging.version import Version

from python_builds.adapters.publishing.reservations import clean_reservations
from python_builds.adapters.publishing.revisions import reserve_revision
from python_builds.adapters.store.directory_store import DirectoryStore
from python_builds.core.platforms.platforms import platform_named
from python_builds.core.publishing.artifacts import Product
from python_builds.core.publishing.record_keys import record_key, reservation_key


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path)


def product(version: str = "3.13.5", platform: str = "debian-12") -> Product:
    return Product(
        version=Version(version),
        platform=platform_named(platform),
        architecture="amd64",
        profile="optimized",
        variant="",
    )


def test_what_is_below_the_newest_record_goes_and_its_own_and_all_above_stay(store: DirectoryStore) -> None:
    for _ in range(5):
        reserve_revision(store, product(), "test/1")
    for revision in (1, 3):
        store.create(record_key(product(), revision), b"{}")

    assert clean_reservations(store) == 2
    assert [n for n in range(1, 7) if store.exists(reservation_key(product(), n))] == [3, 4, 5]
    assert reserve_revision(store, product(), "test/2") == 6


def test_a_product_without_a_record_keeps_all_and_so_does_another_version(store: DirectoryStore) -> None:
    for what in (product("3.13.4"), product(), product(platform="debian-13")):
        reserve_revision(store, what, "test/1")
        reserve_revision(store, what, "test/1")
    store.create(record_key(product(), 2), b"{}")
    store.create(f"{product().folder}/reservations/notes", b"somebody else's")

    assert clean_reservations(store) == 1
    assert not store.exists(reservation_key(product(), 1))
    assert store.exists(reservation_key(product("3.13.4"), 1))
    assert store.exists(reservation_key(product(platform="debian-13"), 1))


def test_a_newest_record_that_is_lost_leaves_its_number_taken(store: DirectoryStore) -> None:
    for _ in range(3):
        reserve_revision(store, product(), "test/1")
    store.create(record_key(product(), 3), b"{}")
    clean_reservations(store)
    store.delete(record_key(product(), 3))

    assert reserve_revision(store, product(), "test/2") == 4
