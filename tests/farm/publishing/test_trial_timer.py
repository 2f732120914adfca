"""Who asks for trials after release, and of which builders, in a whole Buildbot master."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from buildbot.plugins import steps, util
from buildbot.process.results import SUCCESS
from buildbot.test.util.integration import RunMasterBase
from twisted.internet import defer

from python_builds.core.platforms.platforms import platform_named
from python_builds.core.settings.settings import Settings
from python_builds.farm.publishing.trial_timer import TrialTimer
from python_builds.farm.web.forms import trial_scheduler
from python_builds.farm.workers import image_watch
from python_builds.farm.workers.workers import make_image_watch
from tests.docker_engine import engine_on_this_machine

BUILDERS = {f"{name}-amd64": (platform_named(name), "amd64") for name in ("debian-12", "debian-13")}
TRIALS = {f"{name}-published": name for name in BUILDERS}


class TimerTest(RunMasterBase):
    @defer.inlineCallbacks
    def test_the_timer_asks_those_with_an_image_and_a_person_one_builder(self) -> Any:
        scratch = TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        serving = engine_on_this_machine("debian-12")
        engine = serving.__enter__()
        self.addCleanup(serving.__exit__, None, None, None)
        settings = Settings(_env_file=None, state_dir=Path(scratch.name), docker_hosts=[engine.host()])
        factory = util.BuildFactory([steps.MasterShellCommand("true")])
        timer = TrialTimer(
            name="timer",
            builderNames=sorted(TRIALS),
            trials=TRIALS,
            builders=BUILDERS,
            hour=3,
            minute=0,
            priority=-10,
            reason="each night",
        )
        form = trial_scheduler(sorted(TRIALS), settings)
        yield self.setup_master(
            {
                "builders": [util.BuilderConfig(name=n, workernames=["local1"], factory=factory) for n in TRIALS],
                "schedulers": [timer, form],
                "services": [make_image_watch(settings)],
            },
            basedir=scratch.name,
        )
        yield self.doForceBuild(triggerCallback=timer.startBuild)
        asked = yield self.requests()

        assert asked == [("debian-12-amd64-published", -10, SUCCESS)]
        engine.platforms.append("debian-13")
        yield self.master.service_manager.namedServices[image_watch.NAME].ask()
        yield self.doForceBuild(triggerCallback=timer.startBuild)
        asked = yield self.requests()
        assert sorted(name for name, *_ in asked[1:]) == ["debian-12-amd64-published", "debian-13-amd64-published"]

        builder = yield self.master.data.updates.findBuilderId("debian-13-amd64-published")
        yield self.doForceBuild(triggerCallback=lambda: form.force("test", builderid=builder))
        asked = yield self.requests()
        assert [name for name, *_ in asked[3:]] == ["debian-13-amd64-published"], (
            "a person asks one builder, on its page"
        )

    @defer.inlineCallbacks
    def requests(self) -> Any:
        names = {one["builderid"]: one["name"] for one in (yield self.master.data.get(("builders",)))}
        every = yield self.master.data.get(("buildrequests",))
        found = [(one["buildrequestid"], names[one["builderid"]], one["priority"], one["results"]) for one in every]
        return [one[1:] for one in sorted(found)]
