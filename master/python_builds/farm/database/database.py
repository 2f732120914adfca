"""Buildbot's database."""

from typing import Any

from sqlalchemy.pool import QueuePool

from python_builds.adapters.database.postgres_lock import MASTER, NETWORK
from python_builds.core.settings.settings import Settings
from python_builds.farm.database import database_outage, sqlite_commits

PLUGINS = [database_outage.NAME, sqlite_commits.NAME]
"""SQLAlchemy's, for the engine."""


def make_database(settings: Settings) -> dict[str, Any]:
    """Make the database's settings.

    Buildbot opens SQLite anew for every query unless it is given a pool; with one it does 2.5 times the builds a second
    (one idle machine, 8 workers). A pool of 1 would block `buildbot upgrade-master`.
    """
    url = settings.database_url.get_secret_value()
    of_server = {} if url.startswith("sqlite") else {"connect_args": {**NETWORK, "application_name": MASTER}}
    return {"db_url": url, "engine_kwargs": {"poolclass": QueuePool, "pool_size": 5, "plugins": PLUGINS, **of_server}}
