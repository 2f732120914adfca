"""What `make prune` may delete: revisions that nobody needs any more.

adapters/publishing/pruning.py adds index files that no index has named for a week, and spares products of which a
record is damaged.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from python_builds.core.publishing.artifacts import Product
from python_builds.core.publishing.record_keys import record_key
from python_builds.core.publishing.records import Record


@dataclass(frozen=True, kw_only=True)
class Removable:
    """One revision of a product that may go: its files first, its record last."""

    product: Product
    revision: int
    size: int
    keys: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.product}, revision {self.revision}"


def removable(records: Iterable[Record], indexed: Iterable[Record], keep: int) -> list[Removable]:
    """Pick what is older than the newest `keep` revisions of its product and named by no index.

    What the predecessor has published stays as it is.
    """
    named = {artifact.key for record in indexed for artifact in record.artifacts}
    by_product: dict[Product, list[Record]] = {}
    for record in records:
        by_product.setdefault(record.product, []).append(record)
    result = []
    for product, mine in by_product.items():
        for record in sorted(mine, key=lambda r: r.revision)[:-keep]:
            if not record.adopted and not _touches(record, named):
                files = tuple(artifact.key for artifact in record.artifacts)
                size = sum(artifact.size for artifact in record.artifacts)
                keys = (*files, *record.statements, record_key(product, record.revision))
                result.append(Removable(product=product, revision=record.revision, size=size, keys=keys))
    return result


def _touches(record: Record, named: Collection[str]) -> bool:
    return any(artifact.key in named for artifact in record.artifacts)
