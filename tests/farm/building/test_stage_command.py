"""What commands say of themselves in the web UI, in a whole Buildbot master with a real worker."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from buildbot.plugins import schedulers, util
from buildbot.process.results import FAILURE, SUCCESS, WARNINGS
from buildbot.test.util.integration import RunMasterBase
from twisted.internet import defer

from python_builds.farm.building.build import FarmBuild
from python_builds.farm.building.stage_command import KeepingCommand, StageCommand


def script(words: str) -> list[str]:
    return ["sh", "-c", words]


class StageCommandTest(RunMasterBase):
    def setUp(self) -> None:
        scratch = TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)

    @defer.inlineCallbacks
    def built(self, *made: Any) -> Any:
        factory = util.BuildFactory(made)
        factory.buildClass = FarmBuild
        yield self.setup_master(
            {
                "builders": [util.BuilderConfig(name="builder", workernames=["local1"], factory=factory)],
                "schedulers": [schedulers.ForceScheduler(name="force", builderNames=["builder"])],
            },
            basedir=str(self.folder),
        )
        return (yield self.doForceBuild(wantSteps=True))

    @defer.inlineCallbacks
    def test_what_went_well_is_said_in_words_and_what_did_not_with_its_cause(self) -> Any:
        build = yield self.built(
            StageCommand(name="configure", command=script("true")),
            KeepingCommand(name="identify the training data", command=script("echo x"), property="identity"),
            StageCommand(
                name="check the package",
                command=script("echo 'check-package.sh: not checked: no archive'; exit 3"),
                decodeRC={0: SUCCESS, 3: WARNINGS},
                warnOnWarnings=True,
            ),
            StageCommand(
                name="compile",
                command=script("echo compiling; echo 'compile.sh: the disk is full' >&2; exit 1"),
                haltOnFailure=True,
            ),
        )
        said = {step["name"]: step["state_string"] for step in build["steps"]}

        assert said["configure"] == "configured"
        assert said["identify the training data"] == "identified the training data"
        assert said["check the package"] == "not checked: no archive"
        assert said["compile"] == "the disk is full"
        assert build["results"] == FAILURE
        assert build["state_string"] == "not checked: no archive: compile failed: the disk is full"

    @defer.inlineCallbacks
    def test_a_command_that_dies_without_a_word_says_that(self) -> Any:
        build = yield self.built(StageCommand(name="test", command=["false"]))

        assert build["state_string"] == "test failed: it failed without a word"

    @defer.inlineCallbacks
    def test_a_cause_of_any_length_is_bounded(self) -> Any:
        build = yield self.built(
            StageCommand(name="test", command=script("yes error | head -c 100000 | tr -d '\\n'; exit 1"))
        )

        assert len(build["state_string"]) < 300
