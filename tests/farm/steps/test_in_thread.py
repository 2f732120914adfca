"""Steps of the master that wait can be stopped, and end by themselves when they take too long."""

import threading
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from buildbot.plugins import schedulers, util
from buildbot.process.results import CANCELLED, FAILURE
from buildbot.test.util.integration import RunMasterBase
from twisted.internet import defer, reactor, task
from twisted.python import log
from twisted.trial import unittest

from python_builds.adapters.stop import Stopped
from python_builds.farm.steps import in_thread
from python_builds.farm.steps.in_thread import GRACE, MAX_STEP_SECONDS, InThread
from python_builds.farm.steps.master_step import MasterStep, Outcome, Work

PATIENCE = 60


class InThreadTest(unittest.TestCase):
    def setUp(self) -> None:
        self.clock = task.Clock()
        self.thread = InThread(self.clock)
        self.waits, self.may_end = threading.Event(), threading.Event()
        self.addCleanup(self.may_end.set)

    def listens(self) -> None:
        """Wait as all of ours do."""
        self.waits.set()
        self.thread.stop.wait(PATIENCE)

    def is_deaf(self) -> None:
        """Wait as somebody else's code does."""
        self.waits.set()
        self.may_end.wait(PATIENCE)

    @defer.inlineCallbacks
    def test_what_listens_ends_at_once(self) -> Any:
        ended = self.thread.run(self.listens)
        yield _in_a_thread(self.waits.wait, PATIENCE)
        self.thread.end("a person said so")

        stopped = yield self.assertFailure(ended, Stopped)
        assert str(stopped) == "a person said so"
        assert self.clock.getDelayedCalls() == []

    @defer.inlineCallbacks
    def test_what_takes_too_long_ends_with_that_sentence(self) -> Any:
        ended = self.thread.run(self.listens)
        yield _in_a_thread(self.waits.wait, PATIENCE)
        self.clock.advance(MAX_STEP_SECONDS)

        stopped = yield self.assertFailure(ended, Stopped)
        assert str(stopped) == "it did not end within 4 hours"

    @defer.inlineCallbacks
    def test_what_does_not_listen_is_left_to_itself_and_what_becomes_of_it_is_logged(self) -> Any:
        def fails_in_the_end() -> None:
            self.is_deaf()
            raise OSError("the bucket hung up")

        ended = self.thread.run(fails_in_the_end)
        yield _in_a_thread(self.waits.wait, PATIENCE)
        self.thread.end("a person said so")
        self.clock.advance(GRACE)

        stopped = yield self.assertFailure(ended, Stopped)
        assert str(stopped).startswith("a person said so; what it was waiting for does not answer and is left")
        told = defer.Deferred()
        log.addObserver(observer := lambda event: event.get("isError") and told.callback(event))
        self.addCleanup(log.removeObserver, observer)
        self.may_end.set()
        event = yield told
        assert event["failure"].getErrorMessage() == "the bucket hung up"
        self.flushLoggedErrors(OSError)

    @defer.inlineCallbacks
    def test_what_is_stopped_before_it_begins_does_not_begin(self) -> Any:
        self.thread.end("a person said so")
        yield self.assertFailure(self.thread.run(self.listens), Stopped)

        assert not self.waits.is_set()
        assert self.clock.getDelayedCalls() == []


def _in_a_thread(function: Any, *arguments: Any) -> Any:
    return in_thread.threads.deferToThread(function, *arguments)


class StoppedStepTest(RunMasterBase):
    @defer.inlineCallbacks
    def start(self, function: Any) -> Any:
        """Start a master whose one step runs a function; give the build once it waits."""
        scratch = TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        folder = Path(scratch.name)
        (folder / "master").mkdir()
        self.waits = threading.Event()

        def wait(work: Work) -> Outcome:
            work.say("it waits")
            self.waits.set()
            return function(work)

        factory = util.BuildFactory([MasterStep(wait, folder / "spool", name="wait")])
        yield self.setup_master(
            {
                "builders": [util.BuilderConfig(name="release", workernames=["local1"], factory=factory)],
                "schedulers": [schedulers.ForceScheduler(name="force", builderNames=["release"])],
            },
            basedir=str(folder / "master"),
        )
        self.ended = self.doForceBuild(wantSteps=True, wantLogs=True)
        yield _in_a_thread(self.waits.wait, PATIENCE)

    @defer.inlineCallbacks
    def test_the_stop_button_ends_what_the_master_waits_for(self) -> Any:
        yield self.start(lambda work: work.stop.wait(PATIENCE))
        yield self.master.data.control("stop", {"reason": "a person said so"}, ("builds", 1))
        build = yield self.ended

        (step,) = (s for s in build["steps"] if s["name"] == "wait")
        assert (build["results"], step["results"]) == (CANCELLED, CANCELLED)
        assert step["state_string"] == "stopped: a person said so"
        assert "stopped: a person said so" in step["logs"][0]["contents"]["content"]

    @defer.inlineCallbacks
    def test_a_step_that_takes_too_long_is_red_with_that_sentence(self) -> Any:
        self.patch(in_thread, "MAX_STEP_SECONDS", 0.1)
        yield self.start(lambda work: work.stop.wait(PATIENCE))
        build = yield self.ended

        assert build["results"] == FAILURE
        assert "stopped: it did not end within 0.0 hours" in build["state_string"]

    @defer.inlineCallbacks
    def test_a_step_whose_thread_does_not_listen_ends_all_the_same(self) -> Any:
        self.patch(in_thread, "GRACE", 0.05)
        may_end, over = threading.Event(), threading.Event()

        def is_deaf(work: Work) -> Outcome:
            may_end.wait(PATIENCE)
            work.say("nobody reads this")
            over.set()
            return Outcome(summary="late")

        yield self.start(is_deaf)
        yield self.master.data.control("stop", {"reason": "a person said so"}, ("builds", 1))
        build = yield self.ended
        may_end.set()
        yield _in_a_thread(over.wait, PATIENCE)
        yield task.deferLater(reactor, 0, lambda: None)

        assert build["results"] == CANCELLED
        assert "is left to its own limits" in build["steps"][-1]["state_string"]
