"""Cancelling many requests at once, in a whole Buildbot master."""

from typing import Any

import pytest
from buildbot.data.exceptions import InvalidPathError
from buildbot.plugins import schedulers, util
from buildbot.process.results import CANCELLED
from buildbot.test.util.integration import RunMasterBase
from twisted.internet import defer, task

from python_builds.farm.web.many_requests import ManyRequests
from tests.farm.test_request_builds import Wait


class ManyRequestsTest(RunMasterBase):
    @defer.inlineCallbacks
    def ask(self, count: int) -> Any:
        """Ask for as many builds, of which one runs and the others wait; give the way to cancel them, and their ids."""
        yield self.setup_master(
            {
                "builders": [
                    util.BuilderConfig(name="one", workernames=["local1"], factory=util.BuildFactory([Wait()]))
                ],
                "schedulers": [schedulers.ForceScheduler(name="force", builderNames=["one"])],
                "collapseRequests": False,
            }
        )
        for _ in range(count):
            yield self.master.data.control("force", {}, ("forceschedulers", "force"))
        yield self.until(lambda builds: len(builds) == 1, "builds")
        # What is stopped before its first step was begun ends by an error in Buildbot's log.
        yield self.until(lambda steps: any(one["number"] and one["started_at"] for one in steps), "builds/1/steps")
        requests = yield self.master.data.get(("buildrequests",))
        endpoint, _ = self.master.data.getEndpoint(("buildrequests",))
        return ManyRequests(endpoint.rtype, self.master), requests

    @defer.inlineCallbacks
    def until(self, holds: Any, of: str = "buildrequests") -> Any:
        """Look at all requests, or what else there is, until this is so of them; return them."""
        while True:
            found = yield self.master.data.get(tuple(of.split("/")))
            if holds(found):
                return found
            yield task.deferLater(self.master.reactor, 0.05, lambda: None)

    @defer.inlineCallbacks
    def test_what_waits_is_cancelled_and_what_runs_is_stopped_and_others_stay(self) -> Any:
        many, requests = yield self.ask(4)
        numbers = [one["buildrequestid"] for one in requests]
        (running,) = [one["buildrequestid"] for one in requests if one["claimed"]]
        spared = next(number for number in numbers if number != running)
        yield many.control("cancel", {"buildrequestids": [n for n in numbers if n not in (running, spared)]}, {})
        waiting = yield self.master.data.get(("buildrequests",))
        assert {one["results"] for one in waiting if one["complete"]} == {CANCELLED}
        assert {one["buildrequestid"] for one in waiting if not one["complete"]} == {running, spared}

        yield many.control("cancel", {"buildrequestids": numbers, "reason": "enough"}, {})
        ended = yield self.until(lambda found: all(one["complete"] for one in found))
        assert {one["results"] for one in ended} == {CANCELLED}
        (build,) = yield self.master.data.get(("builds",))
        assert build["buildrequestid"] == running and build["results"] == CANCELLED
        sets = yield self.until(lambda found: all(one["complete"] for one in found), "buildsets")
        assert {one["results"] for one in sets} == {CANCELLED}

    @defer.inlineCallbacks
    def test_what_somebody_begins_meanwhile_is_stopped_as_a_running_build_is(self) -> Any:
        many, requests = yield self.ask(3)
        stale = [{**one, "claimed": False} for one in requests]
        many.get = lambda *_: defer.succeed(stale)  # as they were a moment before
        yield many.control("cancel", {"buildrequestids": [one["buildrequestid"] for one in requests]}, {})
        ended = yield self.until(lambda found: all(one["complete"] for one in found))
        assert {one["results"] for one in ended} == {CANCELLED}

    @defer.inlineCallbacks
    def test_a_number_that_nobody_has_cancels_nothing(self) -> Any:
        many, requests = yield self.ask(2)
        with pytest.raises(InvalidPathError, match="there is no buildrequests/99"):
            yield many.control("cancel", {"buildrequestids": [*(one["buildrequestid"] for one in requests), 99]}, {})
        left = yield self.master.data.get(("buildrequests",))
        assert not any(one["complete"] for one in left)
        yield many.control("cancel", {"buildrequestids": [one["buildrequestid"] for one in left]}, {})
        yield self.until(lambda found: all(one["complete"] for one in found))
