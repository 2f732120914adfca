"""SQLite that does not wait for the disk at each commit, of which a build has a hundred.

Buildbot has SQLite write ahead (WAL), and so nothing of a commit is lost with the process, and the file is whole after
a power cut, too; what that may take are the last transactions. The planner then asks again for what is lacking.
"""

from typing import Any

from sqlalchemy import event
from sqlalchemy.dialects import plugins
from sqlalchemy.engine import URL, CreateEnginePlugin, Engine

NAME = "python-builds-commits"
plugins.register(NAME, __name__, "CommitWithoutWaiting")


class CommitWithoutWaiting(CreateEnginePlugin):
    """Sets up the connections of an engine for SQLite; leaves others alone."""

    def __init__(self, url: URL, kwargs: dict[str, Any]) -> None:
        """Take nothing of the engine's arguments."""

    def update_url(self, url: URL) -> URL:
        """Leave the URL as it is."""
        return url

    def engine_created(self, engine: Engine) -> None:
        """Listen to connections that are made."""
        if engine.dialect.name == "sqlite":
            event.listen(engine, "connect", _commit_without_waiting)


def _commit_without_waiting(connection: Any, _: Any) -> None:
    connection.execute("PRAGMA synchronous = NORMAL")
