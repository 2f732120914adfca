"""How long steps usually take: from this farm's newest good build of the same, or else from a record in the store."""

from collections.abc import Iterable, Mapping
from typing import Any

from buildbot.process.results import SKIPPED, SUCCESS, WARNINGS
from packaging.version import Version

from python_builds.adapters.publishing.publishing import read_records
from python_builds.adapters.store.store import Store
from python_builds.cli.master.client import Client
from python_builds.core.building.requests import parse_platform_request
from python_builds.core.errors import InvalidKey
from python_builds.core.platforms.platform import Platform
from python_builds.core.platforms.platforms import PLATFORMS
from python_builds.core.publishing.artifacts import Product, builder_name
from python_builds.core.publishing.record_keys import product_of_record, records_prefix
from python_builds.core.upstream.releases import minor

LOOKED_BACK = 20
"""Builds of the same builder among which one of the same profile is looked for."""

READ_AT_MOST = 3
"""Records of a platform: the nearest may be the predecessor's, which tell no durations."""

BUILDERS = {builder_name(p, a): (p, a) for p in PLATFORMS for a in p.architectures}


class UsualTimes:
    """Looks each thing up once, when it is asked for."""

    def __init__(self, client: Client, store: Store) -> None:
        self.client = client
        self.store = store
        self._history: dict[int, Mapping[str, float]] = {}
        self._records: dict[int, Mapping[str, float]] = {}

    def of(self, build: Mapping[str, Any], step: str) -> float | None:
        """Say how long a step of a build usually takes; None if nobody knows.

        Raises:
            PythonBuildsError, OSError: if the store cannot be read.
        """
        number = build["buildid"]
        if number not in self._history:
            asked = self.client.asked(build["buildrequestid"])
            self._history[number] = from_history(self.client, build["builderid"], asked["profile"])
        if step in self._history[number]:
            return self._history[number][step]
        if number not in self._records:
            self._records[number] = {}  # what cannot be read is not tried again
            builder = self.client.builder_name(build["builderid"])
            if builder in BUILDERS:
                product = parse_platform_request(self.client.asked(build["buildrequestid"]), *BUILDERS[builder]).product
                self._records[number] = from_records(self.store, product)
        return self._records[number].get(step)


def from_history(client: Client, builder: int, profile: str) -> dict[str, float]:
    """Ask how long the steps took in a builder's newest successful build of a profile."""
    query = {"complete": True, "order": "-number", "limit": LOOKED_BACK}
    for earlier in client.get(f"builders/{builder}/builds", **query)["builds"]:
        good = earlier["results"] in (SUCCESS, WARNINGS)
        if good and client.properties(earlier["buildid"]).get("profile") == profile:
            ran = [s for s in client.steps(earlier["buildid"]) if s["complete"] and s["results"] != SKIPPED]
            return {s["name"]: s["complete_at"] - s["started_at"] for s in ran}
    return {}


def from_records(store: Store, product: Product) -> dict[str, float]:
    """Read how long the steps took from the record that is nearest to a product: of its platform, or else of any.

    It costs a list of names and, as a rule, one record.
    """
    others = [platform for platform in PLATFORMS if platform != product.platform]
    for platform in (product.platform, *others):
        keys = store.keys(records_prefix(product.profile, platform))
        for key in nearest(keys, platform, product)[:READ_AT_MOST]:
            record = read_records(store, [key])[0].record
            if record and record.durations:
                return record.durations
    return {}


def nearest(keys: Iterable[str], platform: Platform, product: Product) -> list[str]:
    """Order the keys of a platform's records by how much they tell about a product, by their names alone."""
    found: list[tuple[tuple[bool, bool, bool, Version, int], str]] = []
    for key in keys:
        try:
            other, revision = product_of_record(product.profile, platform, key)
        except InvalidKey:
            continue  # the planner and the indexes say so
        near = (
            other.architecture == product.architecture,
            other.variant == product.variant,
            minor(other.version) == minor(product.version),
        )
        found.append(((*near, other.version, revision), key))
    return [key for _, key in sorted(found, reverse=True)]
