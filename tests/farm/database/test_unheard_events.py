"""Events in a whole Buildbot master inside the test: who listens hears them as before, and no row is read for the others."""

from typing import Any

import pytest
from buildbot.plugins import schedulers, steps, util
from buildbot.process.results import SUCCESS
from buildbot.test.util.integration import RunMasterBase
from twisted.internet import defer

from python_builds.farm.database.shortcuts import Shortcuts
from python_builds.farm.database.unheard_events import can_match


class UnheardEventsTest(RunMasterBase):
    service = True

    @defer.inlineCallbacks
    def events_of_a_build(self, *listened: tuple[str | None, ...]) -> Any:
        """Build once while somebody listens; give what was heard, and how many steps, builds and logs were read for events."""
        factory = util.BuildFactory([steps.ShellCommand(command=["echo", "hello"], name=f"step-{n}") for n in range(3)])
        yield self.setup_master(
            {
                "builders": [util.BuilderConfig(name="one", workernames=["local1"], factory=factory)],
                "schedulers": [schedulers.ForceScheduler(name="force", builderNames=["one"])],
                "multiMaster": True,
                "services": [Shortcuts()] if self.service else [],
            },
            startWorker=True,
        )
        heard: list[tuple[tuple[str, ...], Any]] = []
        consumers = []
        for wanted in listened:
            consumers.append((yield self.master.mq.startConsuming(lambda *said: heard.append(said), wanted)))
        read = []
        get = self.master.data.get

        def counted(path: tuple[Any, ...], *rest: Any, **more: Any) -> Any:
            read.append(path[0])
            return get(path, *rest, **more)

        self.master.data.get = counted
        build = yield self.doForceBuild(useChange=False)
        assert build["results"] == SUCCESS
        for consumer in consumers:
            yield consumer.stopConsuming()
        return heard, [kind for kind in read if kind in {"steps", "logs", "builds"}]

    @defer.inlineCallbacks
    def test_nothing_is_read_where_nobody_listens(self) -> Any:
        _, read = yield self.events_of_a_build()
        assert "steps" not in read
        assert "logs" not in read
        assert len(read) < 10

    @defer.inlineCallbacks
    def test_who_listens_hears_all_of_it(self) -> Any:
        listened = (("builds", None, None), ("steps", None, "finished"), ("logs", "1", None))
        heard, _ = yield self.events_of_a_build(*listened)
        keys = [key for key, _ in heard]
        told = {(key[0], key[2]) for key in keys}
        assert {("builds", "new"), ("builds", "finished"), ("logs", "new"), ("logs", "finished")} <= told
        assert {message["name"] for key, message in heard if key[0] == "steps"} >= {"step-0", "step-1", "step-2"}
        assert {key[2] for key in keys if key[0] == "steps"} == {"finished"}
        assert {key[1] for key in keys if key[0] == "logs"} == {"1"}


class WithoutTest(UnheardEventsTest):
    """Buildbot by itself, which is what makes the service worth having."""

    service = False

    @defer.inlineCallbacks
    def test_nothing_is_read_where_nobody_listens(self) -> Any:
        _, read = yield self.events_of_a_build()
        assert len(read) > 30


@pytest.mark.parametrize(
    "listened, heard",
    [
        (("steps", None, "finished"), True),
        (("steps", "7", "finished"), True),
        ((None, None, None), True),
        (("steps", None, "new"), False),
        (("builds", None, "finished"), False),
        (("steps", "finished"), False),
    ],
)
def test_an_event_can_be_heard_by_whoever_may_mean_its_number(listened: tuple[str | None, ...], heard: bool) -> None:
    assert can_match(("steps", "{stepid}", "finished"), listened) is heard
