"""A release that a person asks for by the form, as a whole: what is open is filled in, too much refused."""

import datetime
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from python_builds.adapters.publishing.publishing import newest_record
from python_builds.adapters.store.store import make_store
from python_builds.adapters.upstream import release_list
from python_builds.core.advice import too_many
from python_builds.core.building.requests import ReleaseRequest, parse_release_request
from python_builds.core.errors import PythonBuildsError
from python_builds.core.planning.asked import Builders, nobody_has, products_of, usual_platforms
from python_builds.core.platforms.platform import Platform
from python_builds.core.settings.settings import Settings
from python_builds.core.upstream.release_list import ReleaseList

MANY = "many"
"""The field by which a person says that they mean that many builds."""


class InvalidField(Exception):
    """What is wrong with one field, as a sentence, seen beside the others."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True, kw_only=True)
class AskedRelease:
    """Completes the properties of the form; blocks, as it may read the store."""

    settings: Settings
    builders: Builders

    def __call__(self, values: Mapping[str, Any], without_image: Collection[str] = ()) -> dict[str, object]:
        """Name the platforms that are meant where none is chosen; builders `without_image` build nothing.

        Raises:
            InvalidField: if nobody has that version, or it would be more builds than a person may have meant.
        """
        now = datetime.datetime.now(datetime.UTC)
        known = release_list.read(release_list.release_list_path(self.settings.state_dir)) or ReleaseList()
        able = {name: about for name, about in self.builders.items() if name not in without_image}
        usual = asked_platforms(able, self.settings) or asked_platforms(self.builders, self.settings)
        names = values["platforms"] or [platform.name for platform in usual]
        if not names:
            raise InvalidField("platforms", "no platform that is supported has a worker here: choose one by name")
        request = parse_release_request({**values, "platforms": names})
        if request.tag and not self._has_folders() and (sentence := nobody_has(request.tag.version, known, now)):
            raise InvalidField("python_version", sentence)
        count = self._count(request, able, known)
        if count > self.settings.confirm_above and not values[MANY]:
            # Buildbot's page shows nothing at a box.
            raise InvalidField("platforms", too_many(count, self.settings.confirm_above))
        return {"platforms": names}

    def _count(self, request: ReleaseRequest, able: Builders, known: ReleaseList) -> int:
        """Count the builds; the store is asked for what exists only where that may matter."""
        products = products_of(request, able, known.complete())
        if request.force or request.tag is None or len(products) <= self.settings.confirm_above:
            return len(products)
        try:
            store = make_store(self.settings)
            return sum(newest_record(store, product) is None for product in products)
        except (PythonBuildsError, OSError) as error:
            raise InvalidField("platforms", f"what exists already cannot be read from the store: {error}") from error

    def _has_folders(self) -> bool:
        """Say whether there are sources by hand, which may hold what python.org does not know."""
        return any(source.startswith("/") for source in self.settings.sources.split())


def asked_platforms(builders: Builders, settings: Settings) -> tuple[Platform, ...]:
    """Say which platforms are meant where a person chooses none."""
    today = datetime.datetime.now(datetime.UTC).date()
    return usual_platforms(builders, today, settings.keep_platforms.split())
