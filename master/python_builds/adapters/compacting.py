"""Giving the room that removed rows took in SQLite's file back to the disk.

SQLite uses it again for new rows, so a file that has its size stays so; only after much went is it worth a VACUUM,
while which nobody else can write.
"""

import contextlib
import shutil
import sqlite3
from pathlib import Path

LEAST_BYTES = 64 * 2**20
"""Of free room in the file, below which it is left."""

SHARE = 4
"""Of the file, one part in so many must be free."""

SECONDS = 60
"""That it waits for others who write."""


def compact(path: Path, least: int = LEAST_BYTES) -> str:
    """Compact a database where that is worth it; say what came of it, as the end of "the database …"."""
    with contextlib.closing(sqlite3.connect(path, timeout=SECONDS, isolation_level=None)) as connection:
        page, pages, free = (_number(connection, name) for name in ("page_size", "page_count", "freelist_count"))
        size = f"has {_megabytes(page * pages)}, {_megabytes(page * free)} of them free"
        if page * free < least or free * SHARE < pages:
            return size
        # A copy of what is used is made beside it, and then written to the log of changes.
        if shutil.disk_usage(path.parent).free < 2 * page * (pages - free):
            return f"{size}, and the disk has no room to compact it"
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return f"had {_megabytes(page * pages)}, and has {_megabytes(page * _number(connection, 'page_count'))} now"


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])


def _megabytes(size: int) -> str:
    return f"{size / 2**20:.0f} MiB"
