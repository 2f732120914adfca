"""Which free worker gets a build, or none: not where its builder is paused or its worker image is missing.

Buildbot asks before it takes a request from the queue, and asks about no other request of a builder that gets none. Its
canStartBuild would be asked for every request that waits, each read from the database for that.
"""

import functools
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from buildbot.util.service import BuildbotService
from twisted.internet import defer
from twisted.internet.task import LoopingCall
from twisted.python import log

from python_builds.adapters.planning.paused_builders import paused_path, read_paused
from python_builds.core.errors import FarmError
from python_builds.farm.workers.image_watch import watch_of

EVERY_SECONDS = 2
"""Between two looks at whether somebody paused or resumed a builder."""


class PauseWatch(BuildbotService):
    """Wakes the builders when an operator has resumed one."""

    name = "pause watch"
    loop: LoopingCall | None = None
    seen = -1

    def reconfigService(self, state_dir: Path) -> Any:
        """Take the folder that says who is paused."""
        self.state_dir = state_dir
        return defer.succeed(None)

    @defer.inlineCallbacks
    def startService(self) -> Any:
        """Begin to look."""
        yield super().startService()
        self.loop = LoopingCall(self.look)
        self.loop.clock = self.master.reactor
        self.loop.start(EVERY_SECONDS).addErrback(log.err, "who is resumed is not seen any more")

    @defer.inlineCallbacks
    def stopService(self) -> Any:
        """Look no more."""
        if self.loop is not None and self.loop.running:
            self.loop.stop()
        yield super().stopService()

    def look(self) -> None:
        """Have all builders try where the file is another one."""
        now = _changed_at(paused_path(self.state_dir))
        if now != self.seen:
            self.seen = now
            self.master.botmaster.maybeStartBuildsForAllBuilders()


def make_next_worker(state_dir: Path) -> Callable[[Any, Sequence[Any], Any], Any]:
    """Make Buildbot's `select_next_worker`."""

    @functools.lru_cache(maxsize=1)
    def paused(_changed_at: int) -> frozenset[str] | None:
        try:
            return frozenset(read_paused(state_dir))
        except FarmError as error:
            log.msg(f"no build is started: {error}")
            return None

    def next_worker(builder: Any, workers: Sequence[Any], request: Any) -> Any:  # noqa: ARG001 - Buildbot's order
        left_alone = paused(_changed_at(paused_path(state_dir)))
        if left_alone is None or builder.name in left_alone:
            return None
        able = [free for free in workers if not _lacks_image(builder, free.worker)]
        return random.choice(able) if able else None  # noqa: S311 - any will do, and Buildbot chooses so too

    return next_worker


def _changed_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _lacks_image(builder: Any, worker: Any) -> bool:
    watch = watch_of(builder.master)
    host = getattr(worker, "host", None)  # not by its class, which after `reconfig` is an older one
    if watch is None or host is None:
        return False
    return watch.seen.lacks(host.name, builder.config.properties["worker_image"])
