"""What Buildbot's own engine is with our arguments: a file that is whole after a power cut, without a wait for each."""

from pathlib import Path

from buildbot.db.enginestrategy import create_engine

from python_builds.core.settings.settings import Settings
from python_builds.farm.database.database import make_database


def test_sqlite_writes_ahead_and_does_not_wait_for_the_disk_at_each_commit(tmp_path: Path) -> None:
    made = make_database(Settings(_env_file=None))
    engine = create_engine(made["db_url"], basedir=str(tmp_path), **made["engine_kwargs"])
    with engine.connect() as first, engine.connect() as second:
        journals = [c.exec_driver_sql("PRAGMA journal_mode").scalar() for c in (first, second)]
        waits = [c.exec_driver_sql("PRAGMA synchronous").scalar() for c in (first, second)]
    engine.dispose()

    normal = 1
    assert journals == ["wal", "wal"]
    assert waits == [normal, normal]
