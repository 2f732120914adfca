"""What the steps on the master have in common: a thread that can be stopped, and one way in which errors end.

A person reads an error of ours as the step's and the build's state, and all of it in the log. Any other error is a
fault of the farm's: Buildbot shows its traceback.
"""

from typing import Any

from buildbot.process.buildstep import BuildStep
from buildbot.process.results import CANCELLED, FAILURE
from twisted.internet import defer

from python_builds.adapters.stop import Stopped
from python_builds.core.errors import PythonBuildsError
from python_builds.farm.steps.in_thread import InThread


def values_of(properties: Any) -> dict[str, Any]:
    """Give a build's properties without where they came from."""
    return {name: value for name, (value, _) in properties.asDict().items()}


class ThreadStep(BuildStep):
    """A step whose `work(log, thread)`, which each has of its own, gives Buildbot's result or a Deferred of it."""

    haltOnFailure = True
    flunkOnFailure = True
    work: Any
    summary = ""
    thread: InThread | None = None

    @defer.inlineCallbacks
    def run(self) -> Any:
        """Do the work; what stops it, and what goes wrong in it, becomes the summary."""
        log = yield self.addLog("log")
        self.thread = InThread(self.master.reactor)
        try:
            return (yield self.work(log, self.thread))
        except Stopped as stopped:
            yield log.addStderr(f"stopped: {stopped}\n")
            self.summary = f"stopped: {stopped}"
            return CANCELLED if self.stopped else FAILURE
        except (PythonBuildsError, OSError) as error:
            yield log.addStderr(f"{error}\n")
            self.summary = str(error).splitlines()[0]
            return FAILURE

    def values(self) -> dict[str, Any]:
        """Give what is known of the build."""
        return values_of(self.build.getProperties())

    def interrupt(self, reason: Any) -> Any:
        """End what is waited for."""
        if self.thread is not None:
            self.thread.end(reason)
        return super().interrupt(reason)

    def getResultSummary(self) -> dict[str, str]:
        """Show the summary, as the build's too."""
        return {"step": self.summary, "build": self.summary}
