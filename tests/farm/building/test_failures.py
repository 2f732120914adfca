"""What a build keeps of its failure, in a whole Buildbot master with a real worker."""

from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

from buildbot.interfaces import LatentWorkerCannotSubstantiate
from buildbot.plugins import schedulers, steps, util
from buildbot.process.results import FAILURE
from buildbot.test.util.integration import RunMasterBase
from twisted.internet import defer

from python_builds.core.errors import StoreError
from python_builds.farm.building.build import FarmBuild
from python_builds.farm.building.failures import PROPERTY, failure_of, seen_failure
from python_builds.farm.planning import request_rows
from python_builds.farm.steps.master_step import MasterStep, Work

NAME = "debian-12-amd64"


def refuse(_work: Work) -> Any:
    raise StoreError("the store does not answer\nand more of it")


class FailuresTest(RunMasterBase):
    def setUp(self) -> None:
        scratch = TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        (self.folder / "master").mkdir()

    @defer.inlineCallbacks
    def failure(self, *made: Any) -> Any:
        """Run these steps; return the failure as the planner reads it, and the property."""
        factory = util.BuildFactory(made)
        factory.buildClass = FarmBuild
        yield self.setup_master(
            {
                "builders": [util.BuilderConfig(name=NAME, workernames=["local1"], factory=factory)],
                "schedulers": [schedulers.ForceScheduler(name="force", builderNames=[NAME])],
            },
            basedir=str(self.folder / "master"),
        )
        build = yield self.doForceBuild()
        self.build = build
        request = build["buildrequestid"]
        kept = (yield request_rows.last_builds(self.master, [request], (PROPERTY,)))[request]
        return failure_of(NAME, kept), kept["properties"].get(PROPERTY)

    @defer.inlineCallbacks
    def read(self, link: str) -> Any:
        """Read the log that a link of the web UI leads to."""
        log = yield self.master.data.get(
            tuple(int(w) if w.isdigit() else w for w in link.removeprefix("#/").split("/"))
        )
        content = yield self.master.data.get(("logs", log["logid"], "contents"))
        return content["content"]

    @defer.inlineCallbacks
    def test_a_command_that_fails_leaves_the_line_that_says_why_and_the_way_to_its_log(self) -> Any:
        script = (
            "echo one; for n in $(seq 99); do echo line $n; done; echo 'x.c:1: error: out of paper' >&2; make; exit 2"
        )
        failure, _ = yield self.failure(
            steps.ShellCommand(name="unpack", command=["true"]),
            steps.ShellCommand(name="compile", command=["sh", "-c", script], haltOnFailure=True),
        )
        text = yield self.read(failure.link)

        assert self.build["results"] == FAILURE
        assert (failure.build, failure.words) == (f"{NAME}/1", "compile failed: x.c:1: error: out of paper")
        assert "out of paper" in text and not failure.lacks_image

    @defer.inlineCallbacks
    def test_a_step_of_the_masters_says_it_in_its_own_words(self) -> Any:
        step = MasterStep(refuse, self.folder / "spool", name="publish")
        failure, _ = yield self.failure(step)
        text = yield self.read(failure.link)

        assert failure.words == "publish failed: the store does not answer"
        assert "and more of it" in text

    @defer.inlineCallbacks
    def test_a_build_that_goes_well_keeps_nothing(self) -> Any:
        _, kept = yield self.failure(steps.ShellCommand(name="compile", command=["true"]))

        assert kept is None

    @defer.inlineCallbacks
    def test_a_build_that_had_no_worker_says_why_and_whether_an_image_is_lacking(self) -> Any:
        why = "Docker host big has no worker image for this build: No such image"
        lacking = SimpleNamespace(no_worker=LatentWorkerCannotSubstantiate(why), executedSteps=[])
        late = SimpleNamespace(no_worker=defer.TimeoutError(), executedSteps=[])
        build = {"builderid": 3, "number": 7, "state_string": "not shown", "red": None}
        found = []
        for one, words in ((lacking, why), (late, "it did not start and connect in time")):
            kept = yield seen_failure(one, words)
            found.append(failure_of(NAME, {**build, "properties": {PROPERTY: kept}}))

        assert [one.lacks_image for one in found] == [True, False]
        assert [one.words for one in found] == [why, "it did not start and connect in time"]
        assert found[0].link == "#/builders/3/builds/7"
