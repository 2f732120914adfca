"""SHA256SUMS of a platform, and the same of the newest alone: of each minor, as SHA256SUMS.3.13, and SHA256SUMS.newest.

Each is for people with curl and sha256sum, who know neither which patch is the newest nor how a revision is named.
"""

import contextlib
from collections.abc import Iterable, Sequence

from python_builds.core.errors import InvalidKey
from python_builds.core.indexes.index_files import IndexFile, newest, signed
from python_builds.core.platforms.platform import Platform
from python_builds.core.publishing.record_keys import product_of_record
from python_builds.core.publishing.records import Record
from python_builds.core.upstream.releases import minor
from python_builds.core.upstream.tags import Tag

SHA256SUMS = "SHA256SUMS"
NEWEST = "newest"


def checksums(records: Sequence[Record], folder: str) -> list[IndexFile]:
    """Make the lists of a platform's newest records, in the order in which they are to be written."""
    files = [*signed(f"{folder}/{SHA256SUMS}", sha256sums(records, folder), newest(records))]
    for name, chosen in newest_releases(records).items():
        files += signed(aliases_prefix(folder) + name, sha256sums(chosen, folder), newest(chosen), alias=True)
    return files


def aliases_prefix(folder: str) -> str:
    """Give what the keys of the lists of the newest begin with, by which those that are there are found."""
    return f"{folder}/{SHA256SUMS}."


def aliases_of(tag: Tag) -> list[str]:
    """Name the lists that a build may be in, and so may move: its minor's and variant's, and the one of all."""
    if tag.is_prerelease:
        return []
    return [f"{minor(tag.version)}{tag.variant}", *([] if tag.variant else [NEWEST])]


def moved_by(records: Iterable[str], profile: str, platform: Platform) -> list[str]:
    """Give the keys of the lists that records may move, and of their signatures, by the records' keys."""
    lists = []
    for key in records:
        with contextlib.suppress(InvalidKey):  # which is said where it is read
            product, _ = product_of_record(profile, platform, key)
            lists += [aliases_prefix(product.folder) + name for name in aliases_of(product.tag)]
    return [key for name in dict.fromkeys(lists) for key in (name, f"{name}.asc")]


def newest_releases(records: Iterable[Record]) -> dict[str, list[Record]]:
    """Pick the newest final release of each list, for each architecture.

    What the predecessor published without a digest counts for nothing here: there would be no line of it.
    """
    chosen: dict[str, dict[str, Record]] = {}
    for record in sorted(records, key=lambda r: r.order):
        if _lines(record):
            for name in aliases_of(record.product.tag):
                chosen.setdefault(name, {})[record.architecture] = record
    return {name: list(by_architecture.values()) for name, by_architecture in chosen.items()}


def sha256sums(records: Iterable[Record], folder: str) -> bytes:
    """List the digests of what people download, in the form that `sha256sum --check` reads, from the folder."""
    files = sorted((key.removeprefix(f"{folder}/"), digest) for record in records for key, digest in _lines(record))
    return "".join(f"{digest}  {name}\n" for name, digest in files).encode()


def _lines(record: Record) -> list[tuple[str, str]]:
    return [(one.key, one.sha256) for one in record.artifacts if one.kind != "sha256" and one.sha256]
