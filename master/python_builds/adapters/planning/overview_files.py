"""What the overview reads: the planner's and the poller's files, and the index, again only where it changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from python_builds.adapters.indexes.index_guard import read_index
from python_builds.adapters.planning.report_file import read_report
from python_builds.adapters.store.store import Store
from python_builds.adapters.upstream import release_list
from python_builds.core.errors import PythonBuildsError
from python_builds.core.planning.overview import Published
from python_builds.core.planning.plan_report import PlanReport
from python_builds.core.planning.published_index import published_in
from python_builds.core.publishing.artifacts import INDEX_JSON
from python_builds.core.upstream.release_list import ReleaseList
from python_builds.core.upstream.tags import Tag


@dataclass(frozen=True, kw_only=True)
class Index:
    """What clients find, as it was read."""

    tag: str | None = None
    """The object's, which changes with it; None where there is none."""
    published: Mapping[str, Mapping[Tag, Published]]
    problem: str = ""
    """Why it is not what is there now."""


NO_INDEX = Index(published={})


def index_now(store: Store, before: Index = NO_INDEX) -> Index:
    """Read the index, unless it is what it was; what cannot be read leaves what is known, with a sentence."""
    try:
        there = store.stat(INDEX_JSON)
        if there is None:
            return NO_INDEX
        if there.tag == before.tag and not before.problem:
            return before
        return Index(tag=there.tag, published=published_in(read_index(store, INDEX_JSON)["builds"]))
    except (PythonBuildsError, OSError, ValueError, TypeError) as error:
        return Index(
            tag=before.tag,
            published=before.published,
            problem=f"what is published may have changed, as the store cannot be read: {error}",
        )


def read_looks(state_dir: Path) -> tuple[PlanReport | None, ReleaseList | None]:
    """Read what the planner and the poller left at their last looks."""
    return read_report(state_dir), release_list.read(release_list.release_list_path(state_dir))
