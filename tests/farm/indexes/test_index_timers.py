"""When the indexes are written without anybody's asking, in a whole Buildbot master with a clock of the tests' own."""

from pathlib import Path
from typing import Any

from buildbot.plugins import util
from buildbot.process.buildstep import BuildStep
from buildbot.process.results import FAILURE, SUCCESS
from buildbot.test.util.integration import RunFakeMasterTestCase
from twisted.internet import defer

from python_builds.core.platforms.platforms import PLATFORMS
from python_builds.core.settings.settings import Settings
from python_builds.farm.indexes.index_build import ATTEMPT, IndexBuild
from python_builds.farm.indexes.manifest_steps import AUDIT, MANIFEST
from python_builds.farm.schedulers import make_schedulers

MINUTE, HOUR = 60, 3600
TIMER = "manifest-timer"


class Write(BuildStep):
    """Fails as often as it is told."""

    failures = 0

    def run(self) -> int:
        """Fail, or do not."""
        Write.failures -= 1
        return FAILURE if Write.failures >= 0 else SUCCESS


class IndexTimersTest(RunFakeMasterTestCase):
    @defer.inlineCallbacks
    def start(self, failures: int) -> Any:
        """Start the farm's own builder of indexes, with its schedulers."""
        Write.failures = failures
        settings = Settings(_env_file=None, state_dir=Path("/nonexistent"), docker_hosts=[])
        factory = util.BuildFactory([Write(name="write the indexes")])
        factory.buildClass = IndexBuild
        yield self.setup_master(
            {
                "builders": [util.BuilderConfig(name=MANIFEST, workernames=["local"], factory=factory)],
                "schedulers": [s for s in make_schedulers(PLATFORMS, settings) if s.name in (MANIFEST, TIMER)],
                "workers": [self.createLocalWorker("local")],
                "protocols": {"null": {}},
                "multiMaster": True,
            }
        )
        self.pass_seconds(0)

    def pass_seconds(self, seconds: int) -> None:
        """Let time pass, and what becomes due happen: a build takes none."""
        self.reactor.pump([0.01] * 10)
        self.reactor.advance(seconds)
        self.reactor.pump([0.01] * 50)

    @defer.inlineCallbacks
    def built(self, name: str) -> Any:
        """List a property of the builds so far."""
        found = []
        for build in (yield self.master.data.get(("builds",))):
            properties = yield self.master.data.get(("builds", build["buildid"], "properties"))
            found.append((properties.get(name) or (None,))[0])
        return found

    @defer.inlineCallbacks
    def test_all_is_audited_at_start_and_every_six_hours(self) -> Any:
        yield self.start(failures=0)
        assert (yield self.built(AUDIT)) == [True]
        for number in range(2, 5):
            self.pass_seconds(6 * HOUR - MINUTE)
            assert len((yield self.built(AUDIT))) == number - 1
            self.pass_seconds(MINUTE)
            assert (yield self.built(AUDIT)) == [True] * number

    @defer.inlineCallbacks
    def test_what_fails_is_tried_again_after_1_5_15_and_then_each_60_minutes(self) -> Any:
        yield self.start(failures=6)
        for attempt, minutes in enumerate((1, 5, 15, 60, 60, 60), start=1):
            self.pass_seconds(minutes * MINUTE - 10)
            assert len((yield self.built(ATTEMPT))) == attempt, minutes
            self.pass_seconds(10)
            assert (yield self.built(ATTEMPT)) == [None, *range(1, attempt + 1)]
        self.pass_seconds(2 * HOUR)
        assert len((yield self.built(ATTEMPT))) == 7, "what went well is not tried again"
