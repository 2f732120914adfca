"""What is done in fewer questions to the database than Buildbot takes: a build of one step takes it about a hundred."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from buildbot.util.service import BuildbotService
from twisted.internet import defer

from python_builds.farm.database.log_writer import append_log
from python_builds.farm.database.property_writer import write_properties
from python_builds.farm.database.unheard_events import KINDS, generate_if_heard


class Shortcuts(BuildbotService):
    """Takes the place of Buildbot's own ways while it runs."""

    name = "shortcuts"

    def reconfigService(self) -> Any:
        """Take no arguments."""
        return defer.succeed(None)

    @defer.inlineCallbacks
    def startService(self) -> Any:
        """Take the place."""
        yield super().startService()
        ours = list(shortcuts(self.master))
        self.theirs = [(owner, name, getattr(owner, name)) for owner, name, _ in ours]
        for owner, name, function in ours:
            setattr(owner, name, function)

    def stopService(self) -> Any:
        """Give it back."""
        for owner, name, function in self.theirs:
            setattr(owner, name, function)
        return super().stopService()


def shortcuts(master: Any) -> Iterator[tuple[Any, str, Callable[..., Any]]]:
    """Give what has a method of Buildbot's, the method's name, and what is done instead."""
    yield master.data.updates, "setBuildProperties", partial(write_properties, master)
    yield master.db.logs, "appendLog", partial(append_log, master.db.logs, master.db.logs.appendLog)
    for kind in KINDS:
        one = getattr(master.data.rtypes, kind)
        yield one, "generateEvent", partial(generate_if_heard, master, one.eventPaths, one.generateEvent)
