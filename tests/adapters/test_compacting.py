"""SQLite's file gets smaller where much of it is free, and is left alone elsewhere."""

import contextlib
import sqlite3
from pathlib import Path

import pytest

from python_builds.adapters import compacting


def database(folder: Path, removed: int) -> Path:
    """Make a database like Buildbot's of a hundred rows of 10 kB, of which so many were removed."""
    path = folder / "state.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = wal")
        connection.execute("CREATE TABLE logchunks (id INTEGER PRIMARY KEY, content BLOB)")
        connection.executemany("INSERT INTO logchunks (content) VALUES (?)", [(b"x" * 10_000,)] * 100)
        connection.execute("DELETE FROM logchunks WHERE id <= ?", (removed,))
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


def test_a_file_that_is_mostly_free_gets_smaller_and_keeps_its_rows(tmp_path: Path) -> None:
    path = database(tmp_path, removed=90)
    before = path.stat().st_size

    assert compacting.compact(path, least=0).startswith("had 1 MiB, and has 0 MiB now")
    assert path.stat().st_size < before / 5
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM logchunks").fetchone() == (10,)


@pytest.mark.parametrize("removed, least", [(90, compacting.LEAST_BYTES), (10, 0)], ids=["small", "mostly used"])
def test_a_file_with_little_to_gain_is_left_alone(tmp_path: Path, removed: int, least: int) -> None:
    path = database(tmp_path, removed=removed)
    before = path.read_bytes()

    assert "MiB of them free" in compacting.compact(path, least=least)
    assert path.read_bytes() == before


def test_whoever_writes_meanwhile_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = database(tmp_path, removed=90)
    monkeypatch.setattr(compacting, "SECONDS", 0.1)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            compacting.compact(path, least=0)
        other.execute("ROLLBACK")

    assert compacting.compact(path, least=0).startswith("had ")
