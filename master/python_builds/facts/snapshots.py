"""A snapshot: all records of a platform in one object, so that one new record does not mean reading all."""

from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict

from python_builds.facts.artifacts import record_key
from python_builds.facts.documents import parse_document
from python_builds.facts.records import Record


class Snapshot(BaseModel):
    """What the indexes of a platform are computed from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: int = 1
    records: tuple[Record, ...] = ()

    @property
    def by_key(self) -> dict[str, Record]:
        """Give the records by their keys."""
        return {record_key(record.product, record.revision): record for record in self.records}

    def with_records(self, records: Iterable[Record]) -> "Snapshot":
        """Take up more records; one that is there already stays, as records never change."""
        merged = {**{_identity(r): r.without_how() for r in records}, **{_identity(r): r for r in self.records}}
        return Snapshot(records=tuple(sorted(merged.values(), key=lambda r: r.order)))

    def dump(self) -> bytes:
        """Write it down, the same records to the same bytes."""
        return self.model_dump_json(exclude_defaults=True).encode() + b"\n"


def parse_snapshot(key: str, content: bytes) -> Snapshot:
    """Read a snapshot; for errors see `parse_document`."""
    return parse_document(Snapshot, "is not a snapshot", key, content)


def _identity(record: Record) -> tuple[str, str, str, str, str, int]:
    names = (record.python_version, record.variant, record.platform, record.architecture, record.profile)
    return (*names, record.revision)
