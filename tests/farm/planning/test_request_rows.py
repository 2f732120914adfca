"""Many requests read at once, in a whole Buildbot master inside the test: the same as Buildbot says of each by itself."""

from typing import Any

from buildbot.plugins import schedulers, util, worker
from buildbot.process.results import CANCELLED, SUCCESS
from buildbot.test.util.integration import RunMasterBase
from twisted.internet import defer
from twisted.internet.task import deferLater

from python_builds.farm.planning import request_rows
from python_builds.farm.planning.priorities import most_urgent_first
from python_builds.farm.planning.requesting import request_once

NAMES = ("one", "two", "three", "four")
STAMP = {"codebase": "", "project": "", "repository": "", "branch": None, "revision": None}


class RequestRowsTest(RunMasterBase):
    @defer.inlineCallbacks
    def start(self, *, has_worker: bool = False, builds: bool = False) -> Any:
        """Start a master whose worker comes or does not, and whose builders start what they could or do not."""
        yield self.setup_master(
            {
                "builders": [
                    util.BuilderConfig(
                        name=name,
                        workernames=["local1"],
                        factory=util.BuildFactory(),
                        canStartBuild=lambda *_: builds,
                    )
                    for name in NAMES
                ],
                "schedulers": [schedulers.Triggerable(name="ask", builderNames=list(NAMES))],
                "collapseRequests": False,
                "prioritizeBuilders": most_urgent_first,
                "workers": [worker.Worker("local1", "password")],
                "protocols": {"null": {}},
            },
            startWorker=has_worker,
        )

    @defer.inlineCallbacks
    def ask(self, number: int, *builders: str, version: str = "3.13.5", priority: int = 0) -> Any:
        asked = yield request_once(
            self.master.scheduler_manager.namedServices["ask"],
            f"test/{number}",
            builders=builders,
            reason="test",
            properties={"python_version": version, "number": number},
            priority=priority,
        )
        return asked

    @defer.inlineCallbacks
    def test_builders_come_in_buildbot_s_own_order_but_for_those_of_which_nothing_waits(self) -> Any:
        yield self.start(has_worker=True)
        for number, (name, priority) in enumerate([("one", 5), ("two", 20), ("three", 5), ("one", 10), ("two", 0)]):
            yield self.ask(number, name, priority=priority)
        builders = [self.master.botmaster.builders[name] for name in NAMES]

        mine = yield most_urgent_first(self.master, list(builders))
        buildbot_s = yield self.master.botmaster.brd._defaultSorter(self.master, list(builders))

        assert [b.name for b in mine] == ["two", "one", "three"]
        assert [b.name for b in buildbot_s] == ["two", "one", "three", "four"]

    @defer.inlineCallbacks
    def test_builders_without_a_free_worker_are_not_tried_before_one_is_free(self) -> Any:
        yield self.start(has_worker=True, builds=True)
        yield self.master.data.control("pause", {}, ("workers", 1))
        asked = yield self.ask(1, "one", "two")
        builders = [self.master.botmaster.builders[name] for name in asked]
        before = yield most_urgent_first(self.master, builders)
        yield self.master.data.control("unpause", {}, ("workers", 1))
        while (yield request_rows.unfinished(self.master)):
            yield deferLater(self.master.reactor, 0.05, lambda: None)

        assert before == []
        ended = yield request_rows.finished(self.master, 0)
        assert [one["results"] for one in ended] == [SUCCESS, SUCCESS]

    @defer.inlineCallbacks
    def test_the_first_build_of_a_request_has_a_parent_where_a_build_asked_for_it(self) -> Any:
        yield self.start()
        request = (yield self.ask(1, "one"))["one"]
        builder = yield self.master.data.updates.findBuilderId("one")

        def begin(request: int) -> Any:
            return self.master.data.updates.addBuild(builderid=builder, buildrequestid=request, workerid=1)

        parent, _ = yield begin(request)
        asked_by_it = {"builderids": [builder], "parent_buildid": parent, "waited_for": False, "properties": {}}
        _, numbers = yield self.master.data.updates.addBuildset(scheduler="ask", sourcestamps=[STAMP], **asked_by_it)
        found = [(yield request_rows.parent_of_only_build(self.master, request))]
        for _ in range(3):
            found.append((yield request_rows.parent_of_only_build(self.master, numbers[builder])))
            yield begin(numbers[builder])
        assert found == [None, None, parent, None]

    @defer.inlineCallbacks
    def test_what_is_read_at_once_is_what_buildbot_says_of_each(self) -> Any:
        self.patch(request_rows, "AT_ONCE", 2)
        yield self.start()
        for number in range(5):
            yield self.ask(number, *NAMES[: number % 4 + 1])
        unfinished = yield request_rows.unfinished(self.master)
        asked = yield request_rows.properties(self.master, {one["buildsetid"] for one in unfinished})

        every = yield self.master.data.get(("buildrequests",))
        assert [one["id"] for one in unfinished] == [one["buildrequestid"] for one in every]
        assert len(asked) == 5
        for one in every:
            values = yield self.master.data.get(("buildsets", one["buildsetid"], "properties"))
            assert asked[one["buildsetid"]] == {name: value for name, (value, _) in values.items()}

    @defer.inlineCallbacks
    def test_a_version_is_told_from_one_that_begins_alike(self) -> Any:
        yield self.start()
        for number, version in enumerate(["3.13.1", "3.13.10", "3.13.1rc1", "3_13.1", "3.13.1"]):
            yield self.ask(number, "one", version=version)
        found = yield request_rows.unfinished_of(self.master, "3.13.1")

        asked = yield request_rows.properties(self.master, {one["buildsetid"] for one in found})
        assert sorted(values["number"] for values in asked.values()) == [0, 4]

    @defer.inlineCallbacks
    def test_what_was_asked_for_once_is_not_asked_for_again(self) -> Any:
        yield self.start()
        first = yield self.ask(1, "one", "three")
        again = yield self.ask(1, "one", "three")

        every = yield self.master.data.get(("buildrequests",))
        assert set(first) == {"one", "three"}
        assert again == first
        assert len(every) == 2

    @defer.inlineCallbacks
    def test_what_somebody_cancelled_is_finished_and_no_build_of_it_is_made_up(self) -> Any:
        yield self.start()
        asked = yield self.ask(1, "one", "two")
        yield self.master.data.updates.claimBuildRequests([asked["one"]])
        yield self.master.data.updates.completeBuildRequests([asked["one"]], CANCELLED)

        (done,) = yield request_rows.finished(self.master, 0)
        builds = yield request_rows.last_builds(self.master, [done["id"]], ("recipe",))
        waiting = yield request_rows.waiting(self.master)
        assert (done["id"], done["results"], builds) == (asked["one"], CANCELLED, {})
        assert len(waiting) == 1
