"""Indexes that could not be written are tried again, in a whole Buildbot master."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from buildbot.plugins import schedulers, util
from buildbot.process.results import FAILURE, SUCCESS
from buildbot.test.util.integration import RunMasterBase
from twisted.internet import defer, reactor, task

from python_builds.core.errors import StoreError
from python_builds.farm.indexes import index_build
from python_builds.farm.indexes.index_build import IndexBuild
from python_builds.farm.indexes.manifest_steps import MANIFEST
from python_builds.farm.steps.master_step import MasterStep, Outcome, Work


class IndexBuildTest(RunMasterBase):
    @defer.inlineCallbacks
    def test_a_bucket_that_is_away_for_a_while_is_asked_again_until_it_is_back(self) -> Any:
        self.patch(index_build, "WAITS", (0.05, 0.1))
        scratch = TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        folder = Path(scratch.name)
        (folder / "master").mkdir()
        answers = ["503", "503", "503"]

        def write(work: Work) -> Outcome:
            if answers:
                raise StoreError(answers.pop())
            return Outcome(summary="3 index files written")

        factory = util.BuildFactory([MasterStep(write, folder / "spool", name="write the indexes")])
        factory.buildClass = IndexBuild
        yield self.setup_master(
            {
                "builders": [util.BuilderConfig(name=MANIFEST, workernames=["local1"], factory=factory)],
                "schedulers": [
                    schedulers.Triggerable(name=MANIFEST, builderNames=[MANIFEST]),
                    schedulers.ForceScheduler(name="force", builderNames=[MANIFEST]),
                ],
            },
            basedir=str(folder / "master"),
        )
        yield self.doForceBuild()
        builds: list[dict[str, Any]] = []
        while SUCCESS not in [build["results"] for build in builds]:
            yield task.deferLater(reactor, 0.05, lambda: None)
            builds = yield self.master.data.get(("builds",))
        builds.sort(key=lambda build: build["number"])
        states = [build["state_string"] for build in builds]

        assert [build["results"] for build in builds] == [FAILURE] * 3 + [SUCCESS]
        assert all("- tried again in" in state for state in states[:3]), states
        assert "tried again" not in states[3]
