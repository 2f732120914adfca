"""Where records lie, and the marks, snapshots and reservations beside them."""

import re

from python_builds.core.errors import InvalidKey, InvalidVersion
from python_builds.core.platforms.platform import Platform
from python_builds.core.publishing.artifacts import Product, platform_folder, profile_prefix
from python_builds.core.upstream.tags import parse_tag

UNINDEXED, DAMAGED, RESERVATIONS = "unindexed", "damaged", "reservations"
"""Folders of the farm's own, in what is otherwise for clients."""

_RECORD_NAME = re.compile(
    r"(?P<tag>[0-9a-z.]+)-(?P<architecture>[a-z0-9]+)-r(?P<revision>[1-9][0-9]*)\.json",
    re.ASCII,
)


def records_prefix(profile: str, platform: Platform) -> str:
    """Name the folder of a platform's records."""
    return f"{platform_folder(profile, platform)}/records/"


def record_key(product: Product, revision: int) -> str:
    """Name the record of one revision of a product."""
    return f"{product.folder}/records/{_revision_name(product, revision)}"


def unindexed_prefix(profile: str) -> str:
    """Name the folder of the marks of records that no index has taken up yet."""
    return f"{profile_prefix(profile)}python/{UNINDEXED}/"


def unindexed_key(product: Product, revision: int) -> str:
    """Name the mark of a record that is about to be written, and that an index then has to take up."""
    return f"{unindexed_prefix(product.profile)}{product.platform.name}/{_revision_name(product, revision)}"


def marked_record(profile: str, key: str) -> tuple[str, str]:
    """Read from the key of a mark, of either kind, the name of its platform and the key of its record."""
    platform, _, name = key.removeprefix(unindexed_prefix(profile)).removeprefix(damaged_key(profile)).partition("/")
    return platform, f"{profile_prefix(profile)}python/{platform}/records/{name}"


def damaged_key(profile: str, record: str = "") -> str:
    """Name the mark of a damaged record, which says what is wrong with it; or the folder of all of them."""
    start = f"{profile_prefix(profile)}python/"
    return f"{start}{DAMAGED}/{record.removeprefix(start).replace('/records/', '/', 1)}"


def snapshot_key(profile: str, platform: Platform) -> str:
    """Name the object that holds all records of a platform which the indexes were computed from."""
    return f"{platform_folder(profile, platform)}/records.json"


def reservation_key(product: Product, revision: int) -> str:
    """Name the object whose existence reserves a revision."""
    return f"{product.folder}/{RESERVATIONS}/{_revision_name(product, revision)}"


def _revision_name(product: Product, revision: int) -> str:
    return f"{product.tag}-{product.architecture}-r{revision}.json"


def product_of_record(profile: str, platform: Platform, key: str) -> tuple[Product, int]:
    """Read from a record's key what it is of, and which revision.

    Raises:
        InvalidKey: if `record_key` does not make such a key.
    """
    match = _RECORD_NAME.fullmatch(key.removeprefix(records_prefix(profile, platform)))
    try:
        tag = parse_tag(match["tag"]) if match else None
    except InvalidVersion:
        tag = None
    if match is None or tag is None:
        raise InvalidKey(f"{key} is not the key of a record")
    product = Product(
        version=tag.version,
        platform=platform,
        architecture=match["architecture"],
        profile=profile,
        variant=tag.variant,
    )
    return product, int(match["revision"])


def revision_of_key(product: Product, key: str) -> int | None:
    """Read the revision from a key that `record_key` or `reservation_key` made for this very product."""
    start = f"{product.tag}-{product.architecture}-r"
    name = key.rpartition("/")[2]
    if not (name.startswith(start) and name.endswith(".json")):
        return None
    digits = name[len(start) : -len(".json")]
    return int(digits) if digits.isascii() and digits.isdigit() else None
