"""A snapshot: all records of a platform in one object, so that one new record does not mean reading all."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict

from python_builds.facts.artifacts import record_key
from python_builds.facts.records import Record, parse_document


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
        merged = {**{_identity(r): r for r in records}, **{_identity(r): r for r in self.records}}
        return Snapshot(records=tuple(sorted(merged.values(), key=lambda r: r.order)))

    def dump(self) -> bytes:
        """Write it down, the same records to the same bytes."""
        return self.model_dump_json(exclude_defaults=True).encode() + b"\n"


@dataclass(frozen=True, kw_only=True)
class Lost:
    """What indexes named and would name no more."""

    products: tuple[str, ...] = ()
    versions: tuple[str, ...] = ()

    def __str__(self) -> str:
        parts = []
        for what, names in (("products", self.products), ("versions", self.versions)):
            if names:
                more = f" and {len(names) - 5} more" if len(names) > 5 else ""
                parts.append(f"{len(names)} {what}: {', '.join(names[:5])}{more}")
        return "; ".join(parts)

    def __bool__(self) -> bool:
        return bool(self.products or self.versions)


def parse_snapshot(key: str, content: bytes) -> Snapshot:
    """Read a snapshot; for errors see `parse_document`."""
    return parse_document(Snapshot, "is not a snapshot", key, content)


def lost(old: Mapping[str, int], new: Mapping[str, int], versions: Iterable[str], new_versions: Iterable[str]) -> Lost:
    """Compare products with the revision named of each, and versions: nothing may go, and no revision go back."""
    kept = {*new_versions}
    return Lost(
        products=tuple(sorted(name for name, revision in old.items() if new.get(name, 0) < revision)),
        versions=tuple(version for version in versions if version not in kept),
    )


def _identity(record: Record) -> tuple[str, str, str, str, str, int]:
    names = (record.python_version, record.variant, record.platform, record.architecture, record.profile)
    return (*names, record.revision)
