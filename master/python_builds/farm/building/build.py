"""How this farm's builds end: a shutdown of the master means later, a lost worker means again, but not for ever.

Buildbot ends a build that its master's shutdown interrupts as CANCELLED, never to be retried, and retries one that lost
its worker without bound (docs/decisions has more).
"""

from typing import Any

from buildbot.interfaces import ILatentWorker
from buildbot.process.build import Build
from buildbot.process.results import CANCELLED, EXCEPTION, FAILURE, RETRY, SKIPPED, SUCCESS, WARNINGS
from twisted.internet import defer
from twisted.python import log

from python_builds.core.building.build_words import sentence
from python_builds.farm.building import deadline
from python_builds.farm.building.failures import PROPERTY, seen_failure
from python_builds.farm.workers.taken_away import TAKEN_AWAY

MAX_ATTEMPTS = 3
SHUTDOWN = "Master Shutdown"
"""Why Buildbot stops a build when the master ends."""

LOST = "lost its worker"
STARTING = "latent worker crashed before connecting: "
"""How Buildbot starts the sentence; there was no connection, but not every such worker crashed."""


class FarmBuild(Build):
    """A build that survives restarts and gives up in the end."""

    results: int
    stopped_reason: str | None
    nothing_to_do = False
    """Set by a step that found that the build's product exists."""
    no_worker: Any = None
    """Why the worker never came."""
    late = ""
    """What the worker did not end in time."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.deadline = deadline.Deadline(self._give_the_worker_up)

    @defer.inlineCallbacks
    def startBuild(self, workerforbuilder: Any) -> Any:
        """Start, and do not wait for ever until the worker is ready."""
        self._limit(deadline.STEP_SECONDS)
        yield super().startBuild(workerforbuilder)
        if self.stopped_reason is not None and self._preparation_step is None and not self.finished:
            # Cancelled while it was being made: Buildbot leaves such a build without an end, and its worker busy.
            yield self.buildFinished(["cancelled", f"({self.stopped_reason})"], CANCELLED)

    def startNextStep(self) -> Any:
        """Begin a step, and do not wait for ever until it ends."""
        started = super().startNextStep()
        if self.currentStep is not None:
            self._limit(deadline.STEP_SECONDS if self.stopped_reason is None else deadline.STOP_SECONDS)
        return started

    def _limit(self, seconds: float) -> None:
        what = "the preparation of its worker" if self.currentStep is None else self.currentStep.name
        self.deadline.set(self.master.reactor, seconds, what)

    def _give_the_worker_up(self, late: str) -> None:
        """Take its connection away: whatever waits for it ends then, and the worker counts as lost."""
        if self.finished:
            return  # stopped while it was ending; the worker may build something else by now
        self.late = late
        worker = self.workerforbuilder.worker
        if worker is not None:
            worker.disconnect().addErrback(log.err, late)

    @defer.inlineCallbacks
    def buildPreparationFailure(self, why: Any, state_string: str) -> Any:
        """Keep the reason for the build's own line, and put it on the step's."""
        self.no_worker = getattr(why, "value", why)
        yield super().buildPreparationFailure(why, f"{state_string}: {self._why_no_worker()}")

    @defer.inlineCallbacks
    def stopBuild(self, *args: Any, **kwargs: Any) -> Any:
        """Stop, and keep the first reason: what a person cancelled stays cancelled when the master stops too."""
        first = self.stopped_reason
        if first is None and not self.finished:
            self._limit(deadline.STOP_SECONDS)  # before the worker is told, as it need not answer
        yield super().stopBuild(*args, **kwargs)
        if first is not None:
            self.stopped_reason = first

    def allStepsDone(self) -> Any:
        """Begin with what it was a build of: pages show the beginning, and in colour how it ended."""
        if self.results in (SUCCESS, WARNINGS, FAILURE) and self.text and self.stopped_reason is None:
            return self.buildFinished([sentence(self.text)], self.results)
        return super().allStepsDone()

    @defer.inlineCallbacks
    def buildFinished(self, text: list[str], results: int) -> Any:
        """Decide about a retry, then finish."""
        self.deadline.done()
        if self.stopped_reason == SHUTDOWN and CANCELLED in (results, self.results):
            self.results = results = RETRY
        elif self.stopped_reason == TAKEN_AWAY:
            self.results = results = RETRY
            text = [f"worker {self.workername} was taken from the settings: built again by another"]
        elif self.stopped_reason not in (None, SHUTDOWN) and (self.late or RETRY in (results, self.results)):
            self.results = results = CANCELLED  # a worker that was lost meanwhile is no reason to build it again
            text = ["cancelled", f"({self.stopped_reason})", self.late or "- it lost its worker"]
        elif getattr(self.no_worker, "build_waits", False):  # by name: after `reconfig` a worker is of an older class
            # Nothing that this build did: it waits as long as it takes, and each try leaves a line that says for what.
            text = [f"waiting for a worker: {self._why_no_worker()}"]
        elif RETRY in (results, self.results):
            text = [self.late or (yield self._why_lost()) or " ".join(text)]
            earlier = yield self.master.data.get(("buildrequests", self.requests[0].id, "builds"))
            lost = 1 + sum(str(build["state_string"]).startswith(LOST) for build in earlier)
            text = [f"{LOST} ({lost} of {MAX_ATTEMPTS} times): {' '.join(text)}"]
            if lost >= MAX_ATTEMPTS:
                self.results = results = EXCEPTION
                text.append("- given up; see the logs of its steps, then ask for it again")
        elif self.no_worker is not None and not self.stopped:
            text = [self._why_no_worker()]
        elif results == FAILURE:
            text = [*text, *filter(None, [(yield self._why_lost())])]
        elif self.nothing_to_do and results in (SUCCESS, SKIPPED):
            self.results = results = SKIPPED
            text = self.text
        if results in (FAILURE, EXCEPTION):
            yield self._keep_failure()
        yield super().buildFinished([*text, *self._refused_logins()], results)

    @defer.inlineCallbacks
    def _keep_failure(self) -> Any:
        """Leave in a property why it failed; Buildbot writes no properties any more at this time."""
        try:
            why_no_worker = "" if self.no_worker is None else self._why_no_worker()
            self.setProperty(PROPERTY, (yield seen_failure(self, why_no_worker)), "FarmBuild")
            yield self.master.data.updates.setBuildProperties(self.buildid, self)
        except Exception:  # noqa: BLE001 - a build must end, whatever cannot be said of it
            log.err(None, "why a build failed cannot be kept")

    def _refused_logins(self) -> list[str]:
        refused = getattr(self.workerforbuilder.worker, "refused", 0) if self.no_worker is None else 0
        return [f"- {refused} logins of others under its worker's name were refused"] if refused else []

    def _why_no_worker(self) -> str:
        if isinstance(self.no_worker, defer.TimeoutError):
            return "it did not start and connect in time"
        return " ".join(str(self.no_worker).removeprefix(f"{self.workername} ").removeprefix(STARTING).split())

    @defer.inlineCallbacks
    def _why_lost(self) -> Any:
        """Ask the worker what happened to what it started."""
        worker = self.workerforbuilder.worker
        if self.no_worker is not None:
            return self._why_no_worker()
        if not ILatentWorker.providedBy(worker):
            return ""
        try:
            _, words = yield defer.maybeDeferred(worker.check_instance)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what there is to say
            words = str(error)
        return words
