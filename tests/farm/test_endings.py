"""How steps end that do not end by themselves, in a whole Buildbot master with a real worker."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from buildbot.plugins import schedulers, steps, util
from buildbot.process.results import EXCEPTION, FAILURE
from buildbot.test.util.integration import RunMasterBase
from twisted.internet import defer

from python_builds.cli.building.endings import build_words, sentence, telling
from python_builds.farm.steps.master_step import MasterStep, Work


def defect(_work: Work) -> Any:
    raise ZeroDivisionError("division\nby zero")


class EndingsTest(RunMasterBase):
    def setUp(self) -> None:
        scratch = TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        (self.folder / "master").mkdir()

    @defer.inlineCallbacks
    def built(self, *made: Any) -> Any:
        """Run these steps; return the build, with its steps and their logs."""
        yield self.setup_master(
            {
                "builders": [
                    util.BuilderConfig(name="debian-12-amd64", workernames=["local1"], factory=util.BuildFactory(made))
                ],
                "schedulers": [schedulers.ForceScheduler(name="force", builderNames=["debian-12-amd64"])],
            },
            basedir=str(self.folder / "master"),
        )
        build = yield self.doForceBuild(wantSteps=True, wantLogs=True)
        return build

    @defer.inlineCallbacks
    def test_what_is_killed_says_for_what(self) -> Any:
        going_on = {"haltOnFailure": False, "flunkOnFailure": True}
        build = yield self.built(
            steps.ShellCommand(name="silent", command=["sh", "-c", "echo begun; sleep 60"], timeout=2, **going_on),
            steps.ShellCommand(
                name="slow",
                command=["sh", "-c", "while echo on; do sleep 0.2; done"],
                timeout=60,
                maxTime=2,
                **going_on,
            ),
            steps.ShellCommand(name="killed", command=["sh", "-c", "kill -9 $$"], **going_on),
            steps.ShellCommand(name="red", command=["false"], **going_on),
        )
        said = {step["name"]: (step["results"], sentence(step, ends(step))) for step in build["steps"]}

        assert said["silent"] == (FAILURE, "killed, as it wrote nothing for 2 s")
        assert said["slow"] == (FAILURE, "killed, as it took longer than 2 s")
        assert said["killed"] == (FAILURE, "killed by signal 9")
        assert said["red"] == (FAILURE, ""), "its output says it"
        assert telling(step_named(build, "silent")["logs"])["name"] == "stdio"

    @defer.inlineCallbacks
    def test_a_defect_of_the_farm_is_named_without_its_traceback(self) -> Any:
        build = yield self.built(MasterStep(defect, self.folder / "spool", name="publish"))
        self.flushLoggedErrors(ZeroDivisionError)
        step = step_named(build, "publish")
        said = sentence(step, ends(step))

        assert step["results"] == EXCEPTION
        assert said == "an error of the farm's own: builtins.ZeroDivisionError: division by zero"
        assert telling(step["logs"])["name"] == "err.text"
        assert build_words(build, build["steps"]) == "publish ended with an error"


def ends(step: Any) -> dict[str, list[str]]:
    return {log["name"]: log["contents"]["content"].splitlines()[-40:] for log in step["logs"] if log["type"] != "h"}


def step_named(build: Any, name: str) -> Any:
    return next(step for step in build["steps"] if step["name"] == name)
