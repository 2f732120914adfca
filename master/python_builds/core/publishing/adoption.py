"""What the predecessor has published, told by its keys, so that records can be made of it.

Its layout (one architecture, one revision): python/<platform>/pkgs/python-3.9.5_1_amd64.deb or
python-3.9.5-1-1.x86_64.rpm, and python/<platform>/python-3.9.5-<platform>.tar.gz.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from packaging.version import Version

from python_builds.core.platforms.platforms import PLATFORMS
from python_builds.core.publishing.artifacts import Product, artifact_keys
from python_builds.core.publishing.record_keys import record_key, reservation_key

ARCHITECTURE, REVISION = "amd64", 1
_ROWS = {platform.name: platform for platform in PLATFORMS}
_PYTHON = re.compile(r"python-(?P<version>[0-9]+\.[0-9]+\.[0-9]+(?:(?:a|b|rc)[0-9]+)?)[-_]", re.ASCII)
JUPYTER = "jupyter"
"""In the name of tarballs that also hold Jupyter, which this farm does not make."""


@dataclass(frozen=True, kw_only=True)
class Adoptable:
    """A product with the files that the predecessor has left of it."""

    product: Product
    keys: tuple[str, ...]

    @property
    def record(self) -> str:
        """Name its record."""
        return record_key(self.product, REVISION)


@dataclass(frozen=True, kw_only=True)
class Found:
    """What there is."""

    products: tuple[Adoptable, ...]
    """That have no record yet, in the order of the platform table and by version."""
    recorded: int
    """How many have one."""
    left_out: dict[str, list[str]] = field(default_factory=dict)
    """Keys that nothing is made of, by the reason."""


def adoptable(keys: Collection[str]) -> Found:
    """Sort the keys below python/ of a bucket."""
    there = {*keys}
    found: dict[Product, list[str]] = {}
    left_out: dict[str, list[str]] = {}
    for key in sorted(there):
        file = key.rpartition("/")[2]
        match = _PYTHON.match(file)
        if match is None:
            continue  # an index, or what somebody keeps for themselves
        platform = _ROWS.get(key.split("/")[1])
        if platform is None:
            left_out.setdefault(f"{key.split('/')[1]} is no row of the platform table", []).append(key)
            continue
        version = Version(match["version"])
        product = Product(version=version, platform=platform, architecture=ARCHITECTURE, profile="optimized")
        if reservation_key(product, REVISION) in there:
            continue  # this farm's own, or of a build of its that failed
        if f"-{JUPYTER}-" in file:
            left_out.setdefault("tarballs with Jupyter", []).append(key)
        elif key in artifact_keys(product, REVISION).values():
            found.setdefault(product, []).append(key)
        elif record_key(product, REVISION) not in there:
            left_out.setdefault("named as nothing that the predecessor made", []).append(key)
    order = {platform.name: number for number, platform in enumerate(PLATFORMS)}
    products = [Adoptable(product=p, keys=tuple(_files(found[p]))) for p in found]
    new = sorted(
        (a for a in products if a.record not in there),
        key=lambda a: (order[a.product.platform.name], a.product.version),
    )
    return Found(products=tuple(new), recorded=len(products) - len(new), left_out=left_out)


def lost_versions(listed: Iterable[str], adopted: Iterable[Adoptable], recorded: Iterable[str]) -> list[str]:
    """Say which versions versions.json lists and nothing that was found has."""
    have = {*recorded, *(str(one.product.version) for one in adopted)}
    return [version for version in listed if version not in have]


def _files(keys: Sequence[str]) -> list[str]:
    return sorted(keys, key=lambda key: ("/pkgs/" not in key, key))
