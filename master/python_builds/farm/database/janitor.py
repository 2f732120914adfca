"""Buildbot's janitor, which removes old logs at night, with more to remove: old builds, and what dead builds left.

Nothing of it makes a build red: what could not be cleaned tonight is cleaned tomorrow.
"""

import datetime
import functools
import shutil
import time
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from buildbot.configurators.janitor import JANITOR_NAME, JanitorConfigurator
from buildbot.data.resultspec import Filter
from buildbot.process.results import SUCCESS
from buildbot.schedulers.forcesched import ForceScheduler
from twisted.internet import defer

from python_builds.adapters.compacting import compact
from python_builds.adapters.database.one_master import database_file
from python_builds.adapters.publishing.reservations import clean_reservations
from python_builds.adapters.store.store import Store, make_store
from python_builds.core.settings.settings import Settings
from python_builds.farm.database.old_builds import remove_some
from python_builds.farm.steps.in_thread import InThread
from python_builds.farm.steps.master_step import build_spool
from python_builds.farm.steps.thread_step import ThreadStep

HOUR = 4
"""At night, by the machine's clock."""


class CleaningStep(ThreadStep):
    """A step whose failure is a warning."""

    haltOnFailure = False
    flunkOnFailure = False
    warnOnFailure = True


class RemoveOldBuilds(CleaningStep):
    """Removes what ended long ago and nobody needs, a little at a time, so that nothing waits for it."""

    def __init__(self, days: int, planned: Collection[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.days = days
        self.planned = planned

    @defer.inlineCallbacks
    def work(self, log: Any, thread: InThread) -> Any:
        """Look at all that is old enough, once."""
        before = int(time.time()) - self.days * 86400
        removed, last = 0, 0
        while last is not None and not self.stopped:
            some = functools.partial(
                remove_some, model=self.master.db.model, before=before, after=last, planned=self.planned
            )
            count, last = yield self.master.db.pool.do(some)
            removed += count
        self.summary = f"{removed} requests removed that ended more than {self.days} days ago"
        yield log.addStdout(f"{self.summary}\n")
        return SUCCESS


class CompactDatabase(CleaningStep):
    """Gives room back to the disk where SQLite has much that it does not use. PostgreSQL sees to itself."""

    def __init__(self, path: Path, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.path = path

    @defer.inlineCallbacks
    def work(self, log: Any, thread: InThread) -> Any:
        """Compact, in a connection of its own: a full disk must not be waited for, as it is in Buildbot's."""
        self.summary = f"the database {(yield thread.run(compact, self.path))}"
        yield log.addStdout(f"{self.summary}\n")
        return SUCCESS


class CleanUp(CleaningStep):
    """Removes what builds that died left in the spool and in the store."""

    def __init__(self, spool: Path, store: Store, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.spool = spool
        self.store = store

    @defer.inlineCallbacks
    def work(self, log: Any, thread: InThread) -> Any:
        """Look at the folders before the builds: a folder that is there then belongs to a build that is known."""
        folders = [*self.spool.iterdir()] if self.spool.is_dir() else []
        running = yield self.master.data.get(("builds",), filters=[Filter("complete", "eq", [False])])
        builders = {b["builderid"]: b["name"] for b in (yield self.master.data.get(("builders",)))}
        used = {build_spool(self.spool, builders[b["builderid"]], b["number"]) for b in running}
        left = [folder for folder in folders if folder not in used]
        reservations = yield thread.run(self._clean, left)
        self.summary = f"{len(left)} folders and {reservations} reservations removed"
        yield log.addStdout(f"{self.summary}\n")
        return SUCCESS

    def _clean(self, left: Iterable[Path]) -> int:
        for folder in left:
            shutil.rmtree(folder)
        return clean_reservations(self.store)


class Janitor(JanitorConfigurator):
    """Buildbot's, with steps of ours after its own."""

    def __init__(self, settings: Settings, planned: Collection[str]) -> None:
        super().__init__(logHorizon=datetime.timedelta(days=settings.keep_logs_days), hour=HOUR)
        self.settings = settings
        self.planned = planned

    def configure(self, config_dict: dict[str, Any]) -> None:
        """Make its builder, and add the steps."""
        super().configure(config_dict)
        # In its place is a form of ours, which says who may use it.
        its_own = (ForceScheduler, f"{JANITOR_NAME}_force")
        self.schedulers[:] = [one for one in self.schedulers if (type(one), one.name) != its_own]
        (builder,) = [one for one in self.builders if one.name == JANITOR_NAME]
        builder.description = "Removes old logs and builds, at night."
        builder.factory.addSteps(janitor_steps(self.settings, self.planned))


def janitor_steps(settings: Settings, planned: Collection[str]) -> list[CleaningStep]:
    """Make the steps that Buildbot's janitor lacks."""
    steps = [RemoveOldBuilds(settings.keep_builds_days, planned, name="remove old builds")]
    if path := database_file(settings):
        steps.append(CompactDatabase(path, name="compact the database"))
    return [*steps, CleanUp(settings.state_dir / "spool", make_store(settings), name="clean up")]
