"""Who else has built an artifact and got the same, as its platform's index tells it."""

import json

import pytest

from python_builds.adapters.indexes.indexing import Indexing
from python_builds.adapters.publishing.rebuilt import add_rebuilt, read_rebuilt
from python_builds.core.errors import DamagedObject
from python_builds.core.publishing.artifacts import rebuilds_key
from python_builds.core.publishing.record_keys import unindexed_key
from tests.published import publish

OTHER = "https://two.example.org"


@pytest.fixture
def published(store, make_product):
    product = make_product()
    record = publish(store, product)
    publish(store, make_product("3.12.1", "rhel-9"))
    run(store)
    return product, record.artifacts[0].sha256


def run(store):
    indexing = Indexing(store=store, profile="optimized")
    return indexing, indexing.run()


def told(store):
    index = json.loads(store.read("python/index.json"))
    return {build["sha256"]: build["reproduced_by"] for build in index["builds"] if build["reproduced_by"]}


def test_an_index_names_who_got_the_same_and_no_other_platform_is_written(store, published):
    product, digest = published
    assert told(store) == {}
    for builder in (OTHER, "https://a.example.org", OTHER):
        add_rebuilt(store, "optimized", product.platform, digest, builder)
    store.create(unindexed_key(product, 1), b"{}")
    indexing, written = run(store)

    assert told(store) == {digest: ["https://a.example.org", OTHER]}
    assert indexing.damaged == {}
    assert "python/debian-12/index.json" in written
    assert not [key for key in written if key.startswith("python/rhel-9/")]
    assert run(store)[1] == []


def test_a_damaged_list_of_builders_is_told_and_stops_no_index(store, published, make_product):
    product, _ = published
    key = rebuilds_key("optimized", product.platform)
    store.replace(key, b"[]")
    publish(store, make_product("3.13.6"))
    indexing, _ = run(store)

    assert [*indexing.damaged] == [key] and "does not say who built what again" in indexing.damaged[key]
    assert "3.13.6" in store.read("python/index.json").decode() and told(store) == {}
    with pytest.raises(DamagedObject):
        read_rebuilt(store, "optimized", product.platform)
