"""What the overview takes from an index: which revision of each product clients find, and since when."""

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from packaging.version import Version

from python_builds.core.planning.overview import Published
from python_builds.core.upstream.tags import Tag


def published_in(builds: Iterable[Mapping[str, Any]]) -> dict[str, dict[Tag, Published]]:
    """Group the builds of an index.json by builder and tag; each product has several files, which say the same."""
    found: dict[str, dict[Tag, Published]] = {}
    names: set[tuple[str, ...]] = set()
    for build in builds:
        name = (build["platform"], build["arch"], build["python_version"], build["variant"])
        if name not in names:
            names.add(name)
            tag = Tag(Version(build["python_version"]), build["variant"])
            found.setdefault(f"{build['platform']}-{build['arch']}", {})[tag] = Published(
                revision=build["revision"],
                at=datetime.datetime.fromisoformat(build["built_at"]),
                checked=build["checked"],
            )
    return found
