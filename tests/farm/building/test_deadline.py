"""Builds whose worker is connected and answers nothing, in a whole Buildbot master with a real worker."""

from collections.abc import Callable
from typing import Any

from buildbot.plugins import schedulers, steps, util
from buildbot.process.build import Build
from buildbot.process.results import CANCELLED, RETRY, SUCCESS
from buildbot.test.util.integration import RunMasterBase
from buildbot_worker.pb import WorkerForBuilderPb
from twisted.internet import defer, task
from twisted.spread.pb import PBConnectionLost

from python_builds.farm.building import deadline
from python_builds.farm.building.build import FarmBuild


class DeadlineTest(RunMasterBase):
    proto = "pb"

    @defer.inlineCallbacks
    def ask(self) -> Any:
        """Ask for a build of one command, and do not wait for it."""
        factory = util.BuildFactory([steps.ShellCommand(name="compile", command=["true"])])
        factory.buildClass = FarmBuild
        yield self.setup_master(
            {
                "builders": [util.BuilderConfig(name="one", workernames=["local1"], factory=factory)],
                "schedulers": [schedulers.ForceScheduler(name="force", builderNames=["one"])],
            }
        )
        yield self.ask_again()

    def ask_again(self) -> Any:
        return self.master.data.control("force", {}, ("forceschedulers", "force"))

    @defer.inlineCallbacks
    def until(self, holds: Callable[[list[Any]], bool]) -> Any:
        """Look at all builds until this is so of them; return them."""
        while True:
            builds = yield self.master.data.get(("builds",))
            if holds(builds):
                return builds
            yield task.deferLater(self.master.reactor, 0.05, lambda: None)

    @defer.inlineCallbacks
    def completed_request(self) -> Any:
        """Return the only request once it is complete, which it is a moment after its last build."""
        while True:
            (request,) = yield self.master.data.get(("buildrequests",))
            if request["complete"]:
                return request
            yield task.deferLater(self.master.reactor, 0.05, lambda: None)

    def be_silent(self, *calls: str) -> list[str]:
        """Have the worker take each of these once, and never answer; afterwards it is as it should be."""
        taken: list[str] = []

        def silent(name: str, real: Any) -> Any:
            def take(*given: Any) -> Any:
                if name in taken:
                    return real(*given)
                taken.append(name)
                return defer.Deferred()

            return take

        for name in calls:
            method = f"remote_{name}"
            self.patch(WorkerForBuilderPb, method, silent(name, getattr(WorkerForBuilderPb, method)))
        return taken

    def let_go_by(self, seconds: float) -> None:
        """Have happen now what would if nothing else did for so long."""
        reactor = self.master.reactor
        (late,) = (c for c in reactor.getDelayedCalls() if abs(c.getTime() - reactor.seconds() - seconds) < 60)
        late.reset(0)

    @defer.inlineCallbacks
    def lost_at(self, call: str) -> Any:
        """Give the build whose worker never answers this, and is lost by that, once the next has gone well."""
        taken = self.be_silent(call)
        yield self.ask()
        yield self.until(lambda _: call in taken)
        self.let_go_by(deadline.STEP_SECONDS)
        silent, answered = yield self.until(lambda found: len(found) == 2 and found[1]["complete"])
        self.flushLoggedErrors(PBConnectionLost)
        assert (silent["results"], answered["results"]) == (RETRY, SUCCESS)
        return silent

    @defer.inlineCallbacks
    def test_a_command_that_is_never_answered_ends_with_its_worker_and_the_build_is_tried_again(self) -> Any:
        build = yield self.lost_at("startCommand")

        said = "lost its worker (1 of 3 times): compile did not end in 250 minutes, nor did its worker end it"
        assert build["state_string"] == said

    @defer.inlineCallbacks
    def test_a_build_that_never_begins_on_its_worker_ends_too(self) -> Any:
        yield self.lost_at("startBuild")

    @defer.inlineCallbacks
    def test_what_is_stopped_ends_though_the_worker_does_not_hear_of_it_and_is_not_built_again(self) -> Any:
        taken = self.be_silent("startCommand", "interruptCommand")
        yield self.ask()
        (build,) = yield self.until(lambda _: "startCommand" in taken)
        yield self.master.data.control("stop", {"reason": "enough"}, ("builds", build["buildid"]))
        yield self.until(lambda _: "interruptCommand" in taken)
        self.let_go_by(deadline.STOP_SECONDS)
        request = yield self.completed_request()
        (ended,) = yield self.master.data.get(("builds",))

        self.flushLoggedErrors(PBConnectionLost)
        assert ended["results"] == request["results"] == CANCELLED
        assert ended["state_string"].startswith("cancelled (enough) compile did not end in 5 minutes")

    @defer.inlineCallbacks
    def test_what_is_stopped_while_it_ends_leaves_its_worker_to_the_next_build(self) -> Any:
        finish = FarmBuild.buildFinished

        @defer.inlineCallbacks
        def finish_late(build: FarmBuild, *given: Any) -> Any:
            build.deadline.done()
            yield build.stopBuild("enough")
            self.patch(build.deadline, "done", lambda: None)  # as if it had looked a moment before
            yield finish(build, *given)

        self.patch(FarmBuild, "buildFinished", finish_late)
        yield self.ask()
        yield self.until(lambda found: bool(found) and found[0]["complete"])
        (worker,) = self.master.workers.workers.values()
        connection = worker.conn
        self.let_go_by(deadline.STOP_SECONDS)
        yield task.deferLater(self.master.reactor, 0.1, lambda: None)
        assert worker.conn is connection is not None

    @defer.inlineCallbacks
    def test_what_is_cancelled_while_it_is_being_made_ends_and_leaves_its_worker_free(self) -> Any:
        made = Build.setup_properties_known_before_build_starts

        def cancel(properties: Any, requests: Any, builder: Any, worker: Any) -> Any:
            if requests[0].id == 1:
                builder.master.botmaster.maybe_cancel_in_progress_buildrequest(1, "enough")
            return made(properties, requests, builder, worker)

        self.patch(Build, "setup_properties_known_before_build_starts", staticmethod(cancel))
        yield self.ask()
        yield self.until(lambda found: bool(found) and found[0]["complete"])
        yield self.ask_again()
        builds = yield self.until(lambda found: len(found) == 2 and found[1]["complete"])

        assert [build["results"] for build in builds] == [CANCELLED, SUCCESS]
        assert builds[0]["state_string"] == "cancelled (enough)"
