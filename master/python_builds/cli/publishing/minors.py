"""docs/minors.md, the table of what the records of this farm's store say was built."""

import sys
from pathlib import Path

from python_builds.adapters.publishing.publishing import read_records
from python_builds.adapters.store.store import Store, make_store
from python_builds.core.errors import FarmError
from python_builds.core.indexes.minors import minors_table
from python_builds.core.platforms.platforms import PLATFORMS
from python_builds.core.publishing.artifacts import PROFILES
from python_builds.core.publishing.record_keys import records_prefix
from python_builds.core.publishing.records import Record
from python_builds.core.settings.setting_types import CHECKOUT
from python_builds.core.settings.settings import Settings

PAGE = CHECKOUT / "docs" / "minors.md"
HEAD = """# What was built

Made by `make minors` from the records of a store: what each says of the newest build of a series there. *Tried* means
that the package was installed on an untouched system, that the tarball was unpacked in one folder and moved to another,
and that `check_interpreter.py` and `check_development.py` of `scripts/checks/` had nothing to say of either. Before
that, so many files of CPython's own tests had passed. The number after them is gcc's.

"""


def write(settings: Settings, page: Path = PAGE) -> None:
    """Write the page.

    Raises:
        FarmError: if there is nothing to write.
    """
    records = every_record(make_store(settings))
    if not records:
        raise FarmError(f"the store {settings.store} has no record: build something first, `make build`")
    page.parent.mkdir(exist_ok=True)
    page.write_text(HEAD + minors_table(records))
    print(f"{page}: {len(records)} records")


def every_record(store: Store) -> list[Record]:
    """Read all records of both profiles."""
    prefixes = [records_prefix(profile, platform) for profile in PROFILES for platform in PLATFORMS]
    found = read_records(store, (key for prefix in prefixes for key in store.keys(prefix)))
    for one in found:
        if one.record is None:
            print(f"warning: {one.problem}; it is left out", file=sys.stderr)
    return [one.record for one in found if one.record is not None]
