"""Marks in the store: of records that no index has taken up yet, and of records that are damaged.

Both are found without reading what is published. A mark that cannot be removed costs each run a look, and nothing else.
"""

import datetime
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from python_builds.adapters.store.store import Store
from python_builds.core.errors import StoreError
from python_builds.core.publishing.record_keys import damaged_key, marked_record, unindexed_prefix

ABANDONED = datetime.timedelta(days=1)
"""After which a mark without a record is of a build that ended between the two."""


@dataclass(kw_only=True)
class Marks:
    """The marks of a profile, as they were when they were listed."""

    store: Store
    profile: str
    new: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    """Why some could not be removed, as sentences."""

    def read(self) -> None:
        """List them."""
        self.new = self.store.keys(unindexed_prefix(self.profile))
        self.damaged = self.store.keys(damaged_key(self.profile))

    def records(self, marks: Iterable[str]) -> dict[str, list[str]]:
        """Give the keys of the records that are marked, by the name of their platform."""
        found: dict[str, list[str]] = {}
        for mark in marks:
            platform, key = marked_record(self.profile, mark)
            if key not in found.setdefault(platform, []):
                found[platform].append(key)
        return found

    def settle(self, indexed: Collection[str], damaged: Mapping[str, str]) -> None:
        """Mark what is damaged; remove the marks of what is not, of what is indexed, and of builds that ended early."""
        for record, problem in damaged.items():
            key = damaged_key(self.profile, record)
            if key not in self.damaged:
                self.store.replace(key, f"{problem}\n".encode())
        whole = [mark for mark in self.damaged if marked_record(self.profile, mark)[1] not in damaged]
        done = [m for m in self.new if marked_record(self.profile, m)[1] in indexed or self._is_abandoned(m)]
        self._remove([*whole, *done])

    def _is_abandoned(self, mark: str) -> bool:
        found = self.store.stat(mark)
        return found is not None and datetime.datetime.now(datetime.UTC) - found.modified > ABANDONED

    def _remove(self, marks: list[str]) -> None:
        for number, mark in enumerate(marks):
            try:
                self.store.delete(mark)
            except (StoreError, OSError) as error:
                self.left = [f"{len(marks) - number} marks such as {mark} stay, which does no harm: {error}"]
                return
