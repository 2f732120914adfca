"""What the overview asks a whole Buildbot master inside the test: as much for a long queue as for a short one."""

import dataclasses
import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import sqlalchemy as sa
from buildbot.plugins import schedulers, util
from buildbot.process.buildstep import BuildStep
from buildbot.process.results import FAILURE, SUCCESS
from buildbot.test.util.integration import RunMasterBase
from twisted.internet import defer, reactor, task

from python_builds.core.settings.settings import Settings
from python_builds.farm.planning.request_rows import waiting
from python_builds.farm.web.overview_farm import good_seconds, hosts, lines, running

NAMES = ("debian-12-amd64", "debian-13-amd64", "debian-13-arm64")


class Waits(BuildStep):
    """Runs until the test ends it."""

    name = "compile"
    waiting: ClassVar[dict[str, Any]] = {}

    def run(self) -> Any:
        done = self.waiting[f"{self.getProperty('buildername')}/{self.build.number}"] = defer.Deferred()
        return done

    @defer.inlineCallbacks
    def interrupt(self, reason: Any) -> Any:
        yield super().interrupt(reason)
        for done in self.waiting.values():
            if not done.called:
                done.callback(FAILURE)


class OverviewFarmTest(RunMasterBase):
    def setUp(self) -> None:
        scratch = TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name) / "master"
        self.folder.mkdir()

    @defer.inlineCallbacks
    def start(self) -> Any:
        Waits.waiting.clear()
        yield self.setup_master(
            {
                "builders": [
                    util.BuilderConfig(name=name, workernames=["local1"], factory=util.BuildFactory([Waits()]))
                    for name in NAMES
                ],
                "schedulers": [schedulers.Triggerable(name="all", builderNames=list(NAMES))],
                "collapseRequests": False,
            },
            basedir=str(self.folder),
        )
        self.ids = {}
        for name, builder in self.master.botmaster.builders.items():
            self.ids[name] = yield builder.getBuilderId()

    @defer.inlineCallbacks
    def ask(self, builder: str, count: int) -> Any:
        scheduler = self.master.scheduler_manager.namedServices["all"]
        for _ in range(count):
            yield scheduler.addBuildsetForSourceStampsWithDefaults(
                reason="test", sourcestamps=[{"codebase": ""}], builderNames=[builder]
            )

    @defer.inlineCallbacks
    def until(self, condition: Any) -> Any:
        while not condition():
            yield task.deferLater(reactor, 0.05, lambda: None)

    @defer.inlineCallbacks
    def statements(self, question: Any) -> Any:
        """Count what one question asks the database."""
        asked: list[str] = []
        engine = self.master.db.pool.engine
        sa.event.listen(engine, "before_cursor_execute", lambda *arguments: asked.append(arguments[2]))
        answer = yield question()
        return answer, len([one for one in asked if "count(" in one])

    @defer.inlineCallbacks
    def test_what_waits_is_counted_by_builder_with_one_question_however_much_it_is(self) -> Any:
        yield self.start()
        yield self.ask(NAMES[0], 3)
        yield self.until(lambda: Waits.waiting)
        few, questions = yield self.statements(lambda: waiting(self.master))
        yield self.ask(NAMES[1], 40)
        yield self.ask(NAMES[0], 40)
        yield self.until(lambda: len(Waits.waiting) == 2)  # one of each builder runs
        many, more_questions = yield self.statements(lambda: waiting(self.master))

        assert {builder: one.requests for builder, one in few.items()} == {self.ids[NAMES[0]]: 2}, (
            "one of the three runs"
        )
        assert sum(one.requests for one in many.values()) == 81 and set(many) == {
            self.ids[NAMES[0]],
            self.ids[NAMES[1]],
        }
        assert (questions, more_questions) == (1, 1)

    @defer.inlineCallbacks
    def test_what_runs_says_its_step_and_what_has_run_how_long_it_took(self) -> Any:
        yield self.start()
        yield self.ask(NAMES[0], 1)
        yield self.until(lambda: Waits.waiting)
        now = datetime.datetime.now(datetime.UTC)
        (build,) = running(self.master.botmaster, self.ids, {}, now)
        before = yield good_seconds(self.master, self.ids[NAMES[0]])
        Waits.waiting[f"{NAMES[0]}/1"].callback(SUCCESS)
        yield self.until(lambda: not running(self.master.botmaster, self.ids, {}, now))
        seconds = yield good_seconds(self.master, self.ids[NAMES[0]])
        found = {one.builder: one for one in lines(self.master, self.ids, {}, {NAMES[0]: seconds})}

        assert (build.builder, build.number, build.step, build.worker) == (NAMES[0], 1, "compile", "local1")
        assert build.link == f"#/builders/{self.ids[NAMES[0]]}/builds/1"
        assert before == () and len(seconds) == 1 and seconds[0] >= 0
        assert {name: one.seconds for name, one in found.items()} == {**dict.fromkeys(NAMES, ()), NAMES[0]: seconds}
        assert all(one.workers == {"local1"} and one.waiting == 0 for one in found.values())

    @defer.inlineCallbacks
    def test_a_host_says_what_its_workers_do_and_when_none_of_them_can(self) -> Any:
        yield self.start()
        yield self.ask(NAMES[0], 1)
        yield self.until(lambda: Waits.waiting)
        described = {"name": "big", "url": "tcp://127.0.0.1:9", "master": "127.0.0.1"}
        settings = Settings(_env_file=None, docker_hosts=[described])
        worker = self.master.workers.workers["local1"]

        def seen(busy: bool) -> Any:
            builds = running(self.master.botmaster, self.ids, {}, datetime.datetime.now(datetime.UTC)) if busy else ()
            builds = [dataclasses.replace(build, worker="big-1") for build in builds]
            (host,) = hosts(settings, {"big-1": worker}, builds)
            return host.containers[0].state, host.trouble

        states = [seen(busy=True), seen(busy=False)]
        worker.pause("test")
        states.append(seen(busy=False))
        worker.unpause()
        worker.putInQuarantine()
        states.append(seen(busy=False))
        able = lines(self.master, self.ids, {}, {})
        worker.stopQuarantineTimer()

        assert states == [
            (f"builds {NAMES[0]} #1", ""),
            ("idle", ""),
            ("paused", ""),
            ("rests after it could not start", "does not answer or cannot start a worker; it is tried again"),
        ]
        assert all(line.workers == frozenset() for line in able), "a worker that rests shortens no queue"
