"""Removing reservations of revisions that nobody needs any more."""

import re

from python_builds.adapters.store.store import Store
from python_builds.core.platforms.platforms import PLATFORMS
from python_builds.core.publishing.artifacts import PROFILES, platform_folder
from python_builds.core.publishing.record_keys import RESERVATIONS, records_prefix

_NUMBERED = re.compile(r"(?P<line>.+)-r(?P<revision>[0-9]+)\.json", re.ASCII)


def clean_reservations(store: Store) -> int:
    """Remove each that is below its product's newest record, whose number keeps all below from coming again.

    That one's own stays: should its record be lost, its number is still taken.
    """
    removed = 0
    for profile in PROFILES:
        for platform in PLATFORMS:
            reserved = store.keys(f"{platform_folder(profile, platform)}/{RESERVATIONS}/")
            newest: dict[str, int] = {}
            for key in store.keys(records_prefix(profile, platform)) if reserved else ():
                line, revision = _parts(key)
                newest[line] = max(newest.get(line, 0), revision)
            for key in reserved:
                line, revision = _parts(key)
                if revision < newest.get(line, 0):
                    store.delete(key)
                    removed += 1
    return removed


def _parts(key: str) -> tuple[str, int]:
    """Split a key's name into what all revisions of a product have in common, and the revision; 0 for other keys."""
    match = _NUMBERED.fullmatch(key.rpartition("/")[2])
    return (match["line"], int(match["revision"])) if match else ("", 0)
