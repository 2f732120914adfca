"""Buildbot's database."""

from typing import Any

from sqlalchemy.pool import QueuePool

from python_builds.facts.settings import Settings


def make_database(settings: Settings) -> dict[str, Any]:
    """Make the database's settings.

    Buildbot opens SQLite anew for every query unless it is given a pool; with one it does 2.5 times the builds a second
    (one idle machine, 8 workers). A pool of 1 would block `buildbot upgrade-master`.
    """
    return {"db_url": settings.database_url.get_secret_value(), "engine_kwargs": {"poolclass": QueuePool, "pool_size": 5}}
