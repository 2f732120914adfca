"""Steps that run on the master, under Buildbot's own step harness."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from buildbot.process.results import EXCEPTION, FAILURE, SKIPPED, SUCCESS
from buildbot.test.reactor import TestReactorMixin
from buildbot.test.steps import TestBuildStepMixin
from twisted.internet import defer
from twisted.trial import unittest

from python_builds.core.errors import StoreError
from python_builds.farm.steps.master_step import MasterStep, Outcome, Work


class MasterStepTest(TestBuildStepMixin, TestReactorMixin, unittest.TestCase):
    def setUp(self) -> Any:
        self.setup_test_reactor()
        scratch = TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.spool = Path(scratch.name)
        return self.setup_test_build_step()

    def step(self, function: Any) -> None:
        self.setup_step(MasterStep(function, self.spool, name="look"))
        self.build.terminate = False

    def test_what_the_function_found_becomes_the_summary_and_properties(self) -> Any:
        self.step(lambda work: Outcome(summary="3 files", properties={"files": 3}))
        self.expect_outcome(result=SUCCESS, state_string="3 files")
        self.expect_property("files", 3, "look")

        return self.run_step()

    @defer.inlineCallbacks
    def test_a_headline_is_the_builds_too(self) -> Any:
        self.setup_step(
            MasterStep(lambda work: Outcome(summary="python-3.11.2"), self.spool, headline=True, name="look")
        )
        self.expect_outcome(result=SUCCESS, state_string="python-3.11.2")
        yield self.run_step()

        assert self.get_nth_step(0).getResultSummary()["build"] == "python-3.11.2"

    @defer.inlineCallbacks
    def test_a_problem_that_a_person_can_mend_is_red_with_its_sentence(self) -> Any:
        def refuse(_work: Work) -> Outcome:
            raise StoreError("the store is closed\nand will be tomorrow")

        self.step(refuse)
        self.expect_outcome(result=FAILURE, state_string="the store is closed")
        self.expect_log_file_stderr("log", "the store is closed\nand will be tomorrow\n")
        yield self.run_step()

        assert self.get_nth_step(0).getResultSummary()["build"] == "the store is closed"

    def test_a_full_disk_is_a_problem_that_a_person_can_mend(self) -> Any:
        def write(_work: Work) -> Outcome:
            raise OSError(28, "No space left on device")

        self.step(write)
        self.expect_outcome(result=FAILURE, state_string="[Errno 28] No space left on device")

        return self.run_step()

    def test_a_defect_is_purple(self) -> Any:
        def divide(_work: Work) -> Outcome:
            raise ZeroDivisionError

        self.step(divide)
        self.expect_outcome(result=EXCEPTION)
        self.expect_exception(ZeroDivisionError)

        return self.run_step()

    @defer.inlineCallbacks
    def test_a_build_with_nothing_to_do_ends_there_as_skipped(self) -> Any:
        self.step(lambda work: Outcome(summary="exists already", ends_build=True))
        self.expect_outcome(result=SKIPPED, state_string="exists already")
        yield self.run_step()

        assert self.build.terminate
        assert self.build.nothing_to_do

    @defer.inlineCallbacks
    def test_the_function_gets_the_properties_and_a_folder_of_its_own(self) -> Any:
        seen: list[Work] = []

        def look(work: Work) -> Outcome:
            assert work.spool.is_dir()
            seen.append(work)
            return Outcome(summary="seen")

        self.step(look)
        self.build.setProperty("python_version", "3.11.2", "test")
        self.expect_outcome(result=SUCCESS)
        yield self.run_step()

        assert seen[0].properties["python_version"] == "3.11.2"
        assert seen[0].spool.parent == self.spool
