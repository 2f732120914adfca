"""A snapshot: all records of a platform in one object, so that one new record does not mean reading all.

It vouches for them too: a record that is not what it was when it was taken up is damaged, and what was taken up stays.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from python_builds.core.documents import parse_document
from python_builds.core.errors import DamagedObject, PythonBuildsError
from python_builds.core.publishing.record_keys import record_key
from python_builds.core.publishing.records import Record, record_problem

CHANGED = "it is another than when the indexes took it up"


@dataclass(frozen=True, kw_only=True)
class Found:
    """What was found under the key of a record."""

    key: str
    record: Record | None
    """None if it is none."""
    sha256: str
    """Of its bytes."""
    problem: str = ""
    """Why it is none."""


class Snapshot(BaseModel):
    """What the indexes of a platform are computed from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: int = 1
    records: tuple[Record, ...] = ()
    digests: dict[str, str] = {}
    """SHA-256 of the records' bytes, by key; those that an earlier version took up get theirs at the next audit."""

    @property
    def by_key(self) -> dict[str, Record]:
        """Give the records by their keys."""
        return {record_key(record.product, record.revision): record for record in self.records}

    def only(self, keys: Collection[str]) -> "Snapshot":
        """Leave out what has no record any more."""
        kept = {*keys}
        return _snapshot({k: r for k, r in self.by_key.items() if k in kept}, self.digests)

    def take_up(self, found: Iterable[Found]) -> tuple["Snapshot", dict[str, str]]:
        """Take up records; give what is damaged, too, by key with the problem. Of that, what was taken up stays."""
        records, digests, damaged = self.by_key, dict(self.digests), {}
        for one in found:
            if one.record is None:
                damaged[one.key] = one.problem
            elif not self._vouches_for(one, one.record.without_how(), records.get(one.key)):
                damaged[one.key] = CHANGED
            else:
                records[one.key], digests[one.key] = one.record.without_how(), one.sha256
        return _snapshot(records, digests), damaged

    def dump(self) -> bytes:
        """Write it down, the same records to the same bytes."""
        return self.model_dump_json(exclude_defaults=True).encode() + b"\n"

    def _vouches_for(self, found: Found, record: Record, known: Record | None) -> bool:
        if found.key in self.digests:
            return found.sha256 == self.digests[found.key]
        # What was taken up before indexes told of it lacks what is bundled.
        return known is None or known in (record, record.model_copy(update={"contents": None}))


def parse_snapshot(key: str, content: bytes) -> Snapshot:
    """Read a snapshot.

    Raises:
        DamagedObject: if it is none, or has records that are none.
    """
    snapshot = parse_document(Snapshot, "is not a snapshot", key, content)
    for record in snapshot.records:
        if problem := _problem(key, record):
            raise DamagedObject(f"{key} is not a snapshot: CPython {record.python_version}: {problem}")
    return snapshot


def _problem(key: str, record: Record) -> str:
    try:
        own = record_key(record.product, record.revision)
    except PythonBuildsError as error:
        return str(error)
    if own.rpartition("/")[0] != key.removesuffix(".json"):
        return f"{own} is not of this platform"
    return record_problem(own, record)


def _snapshot(records: dict[str, Record], digests: dict[str, str]) -> Snapshot:
    order = sorted(records.items(), key=lambda pair: pair[1].order)
    return Snapshot(records=tuple(r for _, r in order), digests={k: digests[k] for k, _ in order if k in digests})
