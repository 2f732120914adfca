"""Revisions: their numbers are counted by the store, so that none comes twice, whoever publishes."""

import datetime
import json
import uuid
from collections.abc import Callable

from python_builds.adapters.store.store import Store
from python_builds.core.publishing.artifacts import Product
from python_builds.core.publishing.record_keys import record_key, reservation_key, revision_of_key


def reserve_revision(store: Store, product: Product, build: str) -> int:
    """Reserve the next revision of a product for a build, which alone may then publish under it."""
    taken = [*revisions(store, product, reservation_key), *revisions(store, product, record_key)]
    revision = max(taken, default=0) + 1
    # The token tells two masters apart whose builds have the same name.
    content = json.dumps({"build": build, "at": now(), "token": uuid.uuid4().hex}).encode()
    while not store.create(reservation_key(product, revision), content):
        revision += 1
    return revision


def revisions(store: Store, product: Product, key_of: Callable[[Product, int], str]) -> list[int]:
    """List the revisions of a product that have an object under such a key."""
    keys = store.keys(key_of(product, 1).removesuffix("1.json"))
    return [revision for key in keys if (revision := revision_of_key(product, key)) is not None]


def now() -> str:
    """Give the time, as objects say it."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
