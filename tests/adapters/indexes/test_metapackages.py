"""Which patch the package of a minor brings is what package indexes name: none that nobody could try."""

import gzip
import re

import pytest

from python_builds.adapters.indexes.indexing import Indexing
from python_builds.core.platforms.platforms import platform_named
from tests.published import Crawler, from_store, publish

FILES = {
    "debian-12": ["python-3.13_3.13.5-1_amd64.deb", "python-3.13.5_1_amd64.deb", "python-3.13.6_1_amd64.deb"],
    "rhel-9": ["python-3.13-3.13.5-1.x86_64.rpm", "python-3.13.5-1-1.x86_64.rpm", "python-3.13.6-1-1.x86_64.rpm"],
}


def named(store, name):
    """Read from a platform's package index which files it names."""
    folder = f"python/{name}"
    if name.startswith("debian"):
        (index,) = [key for key in store.keys(f"{folder}/dists/") if key.endswith("-amd64/Packages")]
        return set(re.findall(r"^Filename: pkgs/(.*)$", store.read(index).decode(), re.MULTILINE))
    (index,) = re.findall(r'href="(.*-primary[.]xml[.]gz)"', store.read(f"{folder}/repodata/repomd.xml").decode())
    return set(re.findall(r'href="pkgs/(.*?)"', gzip.decompress(store.read(f"{folder}/{index}")).decode()))


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("unchecked", [False, True])
def test_a_minor_stays_where_nobody_could_try_the_next_patch(store, make_product, name, unchecked):
    publish(store, make_product("3.13.5", name))
    publish(store, make_product("3.13.6", name), checked=False, day=2)
    platforms = [platform_named(name)]
    Indexing(store=store, profile="optimized", platforms=platforms, unchecked=unchecked).run()

    assert named(store, name) == {*(FILES[name] if unchecked else FILES[name][:2])}
    Crawler(from_store(store)).crawl(platforms)
