"""Which worker gets a build, in a whole Buildbot master inside the test: none whose host lacks the build's image."""

import importlib
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from buildbot.interfaces import LatentWorkerFailedToSubstantiate
from buildbot.plugins import schedulers, util
from buildbot.test.util.integration import RunMasterBase
from twisted.internet import defer, reactor, task

from python_builds.adapters.planning.paused_builders import pause_builder, paused_path, resume_builder
from python_builds.core.platforms.platforms import platform_named
from python_builds.core.settings.settings import Settings
from python_builds.core.workers.images import worker_image
from python_builds.farm.building.build import FarmBuild
from python_builds.farm.workers import image_watch
from python_builds.farm.workers.next_worker import PauseWatch, make_next_worker
from python_builds.farm.workers.workers import make_image_watch, make_workers
from tests.docker_engine import Engine, engine_on_this_machine

NAME = "debian-12-amd64"
IMAGE = worker_image(platform_named("debian-12"))


def workers_of_another_import() -> Any:
    """Give what makes workers of classes that are not this test's: master.cfg has `reconfig` import ours anew."""
    ours = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "python_builds"}
    for name in ours:
        del sys.modules[name]
    try:
        return importlib.import_module("python_builds.farm.workers.workers").make_workers
    finally:
        sys.modules.update(ours)


class NextWorkerTest(RunMasterBase):
    make_workers = staticmethod(make_workers)

    def setUp(self) -> None:
        scratch = TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)

    def engine(self, *platforms: str) -> Engine:
        serving = engine_on_this_machine(*platforms)
        engine = serving.__enter__()
        self.addCleanup(serving.__exit__, None, None, None)
        return engine

    @defer.inlineCallbacks
    def start(self, *hosts: dict[str, object]) -> Any:
        """Start a farm with a builder for Debian 12 whose workers are containers of these hosts."""
        settings = Settings(_env_file=None, state_dir=self.folder, docker_hosts=[*hosts])
        containers = [
            w for w in self.make_workers([platform_named("debian-12")], settings) if hasattr(w, "lacks_image")
        ]
        factory = util.BuildFactory([])
        factory.buildClass = FarmBuild
        builder = util.BuilderConfig(
            name=NAME,
            workernames=[w.name for w in containers],
            factory=factory,
            properties={"worker_image": IMAGE},
        )
        (self.folder / "master").mkdir()
        yield self.setup_master(
            {
                "builders": [builder],
                "workers": containers,
                "schedulers": [schedulers.Triggerable(name="ask", builderNames=[NAME])],
                "services": [make_image_watch(settings), PauseWatch(state_dir=self.folder)],
                "select_next_worker": make_next_worker(self.folder),
                "collapseRequests": False,
                "protocols": {"pb": {"port": "tcp:0:interface=127.0.0.1"}},
            },
            basedir=str(self.folder / "master"),
            startWorker=False,
        )
        yield self.watch.ask()

    @property
    def watch(self) -> image_watch.ImageWatch:
        return self.master.service_manager.namedServices[image_watch.NAME]

    def ask(self) -> Any:
        return self.master.scheduler_manager.namedServices["ask"].addBuildsetForSourceStampsWithDefaults(reason="test")

    @defer.inlineCallbacks
    def builds_that_began(self) -> Any:
        """Wait for the end of the first build of the builder."""
        while True:
            builds = yield self.master.data.get(("builds",))
            if [build for build in builds if build["complete"]]:
                self.flushLoggedErrors(LatentWorkerFailedToSubstantiate)  # Buildbot logs each
                return builds
            yield task.deferLater(reactor, 0.05, lambda: None)

    @defer.inlineCallbacks
    def distributed(self) -> Any:
        """Wait until the master has looked at what waits."""
        distributor = self.master.botmaster.brd
        yield distributor.maybeStartBuildsOn([NAME])
        while distributor.active:
            yield task.deferLater(reactor, 0.05, lambda: None)

    @defer.inlineCallbacks
    def test_a_request_waits_for_the_image_and_is_built_when_a_host_has_it(self) -> Any:
        engine = self.engine("debian-13")
        yield self.start(engine.host())
        yield self.ask()
        yield self.distributed()
        assert (yield self.master.data.get(("builds",))) == []

        engine.platforms.append("debian-12")
        yield self.watch.ask()
        builds = yield self.builds_that_began()

        assert "does not start a container" in builds[0]["state_string"], "this engine can no more than list images"

    @defer.inlineCallbacks
    def test_a_builder_that_is_paused_begins_nothing_until_it_is_resumed(self) -> Any:
        pause_builder(self.folder, NAME, "new disk")
        yield self.start(self.engine("debian-12").host())
        yield self.ask()
        yield self.distributed()
        assert (yield self.master.data.get(("builds",))) == []

        resume_builder(self.folder, NAME)
        assert len((yield self.builds_that_began())) == 1

    @defer.inlineCallbacks
    def test_who_cannot_be_read_to_be_paused_is_not_built(self) -> Any:
        paused_path(self.folder).write_text("{")
        yield self.start(self.engine("debian-12").host())
        yield self.ask()
        yield self.distributed()
        assert (yield self.master.data.get(("builds",))) == []

        paused_path(self.folder).unlink()
        assert len((yield self.builds_that_began())) == 1

    @defer.inlineCallbacks
    def test_of_two_hosts_the_one_that_has_the_image_builds(self) -> Any:
        with_image, without = self.engine("debian-12"), self.engine("debian-13")
        yield self.start(without.host(workers=4), with_image.host(name="there"))
        yield self.ask()
        builds = yield self.builds_that_began()

        assert "Docker host there" in builds[0]["state_string"]
        assert not [path for path in without.asked if "create" in path]

    @defer.inlineCallbacks
    def test_an_image_that_goes_between_question_and_build_is_waited_for(self) -> Any:
        engine = self.engine("debian-12")
        yield self.start(engine.host())
        engine.platforms.clear()
        yield self.ask()
        builds = yield self.builds_that_began()
        yield self.distributed()
        (request,) = yield self.master.data.get(("buildrequests",))

        assert "has no worker image for this build" in builds[0]["state_string"]
        assert not request["complete"], "it is no failure of the build"
        assert len((yield self.master.data.get(("builds",)))) == 1, "it is not tried again until the image is there"

    @defer.inlineCallbacks
    def test_after_a_reconfig_a_build_still_goes_to_the_host_that_has_its_image(self) -> Any:
        self.make_workers = workers_of_another_import()
        with_image, without = self.engine("debian-12"), self.engine("debian-13")
        yield self.start(without.host(workers=4), with_image.host(name="there"))
        yield self.ask()
        builds = yield self.builds_that_began()

        assert "Docker host there" in builds[0]["state_string"]

    @defer.inlineCallbacks
    def test_after_a_reconfig_a_host_that_does_not_answer_is_still_waited_for(self) -> Any:
        self.make_workers = workers_of_another_import()
        engine = self.engine("debian-12")
        yield self.start(engine.host(workers=2))
        engine.silent = True
        yield self.ask()
        builds = yield self.builds_that_began()

        assert builds[0]["state_string"].startswith("waiting for a worker: Docker host here")
        assert all(worker.quarantine_timer for worker in self.master.workers.workers.values()), "all of it rest"

    @defer.inlineCallbacks
    def test_a_host_that_a_reconfig_adds_is_asked_at_once(self) -> Any:
        yield self.start(self.engine("debian-13").host())
        new = self.engine("debian-12").host(name="new")
        settings = Settings(_env_file=None, state_dir=self.folder, docker_hosts=[new])

        yield self.watch.reconfigServiceWithSibling(make_image_watch(settings))
        yield self.watch._one_at_a_time.run(defer.succeed, None)

        assert self.watch.seen.images == {"new": {IMAGE}}
