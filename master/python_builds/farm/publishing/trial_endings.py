"""The end of a trial after release: what its steps said is remembered, and what is broken is built again, once."""

from collections.abc import Mapping
from typing import Any

from buildbot.process.results import CANCELLED, FAILURE, RETRY, SKIPPED, SUCCESS, WARNINGS
from buildbot.reporters.utils import getURLForBuildrequest
from twisted.internet import defer

from python_builds.core.planning.plan import REBUILD_PRIORITY
from python_builds.core.publishing.records import Record
from python_builds.core.publishing.trials import BROKEN, GOOD, UNCHECKED, Trials, Verdict, trials_words
from python_builds.farm.planning.rebuild_steps import REBUILD
from python_builds.farm.planning.requesting import request_once
from python_builds.farm.publishing.trial_builders import REBUILDS
from python_builds.farm.publishing.trial_work import DUE, Trier
from python_builds.farm.steps.in_thread import InThread
from python_builds.farm.steps.thread_step import ThreadStep

BASE = "updated"
"""The folder on the worker of the base system with its updates."""

VERDICTS = {SUCCESS: GOOD, FAILURE: BROKEN}
"""Of a step that tries a product, by its result; any other says nothing about the product."""

WITHOUT_WORDS = "its trial did not come to an end"


def try_step(tag: str) -> str:
    """Name the step that tries a product."""
    return f"try {tag}"


class Remember(ThreadStep):
    """Asks for what is to be built again, then remembers: a crash between the two asks again, for the same."""

    def __init__(self, trier: Trier, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.trier = trier

    @defer.inlineCallbacks
    def work(self, log: Any, thread: InThread) -> Any:
        """Look at how the steps of the build ended."""
        steps = {step.name: step for step in self.build.executedSteps}
        if self.build.stopped_reason is not None or any(s.results in (CANCELLED, RETRY) for s in steps.values()):
            self.summary = "not taken up: it was stopped"
            return SKIPPED
        due = self.getProperty(DUE) or {}
        verdicts = {tag: _verdict(tag, steps) for tag in due}
        problem = "" if due else _problem(steps)
        trials, broken = yield thread.run(self.trier.settle, self.values(), verdicts, problem)
        for tag, verdict in verdicts.items():
            yield log.addStdout(f"{tag}: {verdict.result}{verdict.words and f': {verdict.words}'}\n")
        for record in broken:
            yield self._request(record)
        yield thread.run(self.trier.remember, trials)
        self.summary = f"what is published: {trials_words(trials)}"
        return _result(verdicts, trials)

    @defer.inlineCallbacks
    def _request(self, record: Record) -> Any:
        """Ask for a revision's rebuild; whoever asked for it before is named again."""
        product = record.product
        properties = {
            "versions": str(product.tag),
            "platforms": [product.platform.name],
            "architectures": [product.architecture],
            "profile": product.profile,
            "list_only": False,
            "many": True,
        }
        asked = yield request_once(
            self.master.scheduler_manager.namedServices[REBUILDS],
            f"published/{product.builder}/{product.tag}/{product.profile}/{record.revision}",
            builders=[REBUILD],
            reason=f"broken by an update of the distribution: {product.tag}, revision {record.revision}",
            properties=properties,
            priority=REBUILD_PRIORITY,
            parent=self.build.buildid,
        )
        yield self.addURL(
            f"rebuild of {product.tag} (request {asked[REBUILD]})", getURLForBuildrequest(self.master, asked[REBUILD])
        )


def _verdict(tag: str, steps: Mapping[str, Any]) -> Verdict:
    step = steps.get(try_step(tag))
    if step is None or step.results == SKIPPED:
        return Verdict(result=UNCHECKED, words=_problem(steps) or WITHOUT_WORDS)
    result = VERDICTS.get(step.results, UNCHECKED)
    return Verdict(result=result, words="" if result == GOOD else step.cause or WITHOUT_WORDS)


def _problem(steps: Mapping[str, Any]) -> str:
    """Say in the words of the last step that did not go well why nothing could be tried."""
    red = [step for step in steps.values() if step.results not in (SUCCESS, SKIPPED, None)]
    return f"{red[-1].name}: {getattr(red[-1], 'cause', '') or getattr(red[-1], 'summary', '')}" if red else ""


def _result(verdicts: Mapping[str, Verdict], trials: Trials) -> int:
    found = {verdict.result for verdict in verdicts.values()}
    if BROKEN in found:
        return FAILURE
    return WARNINGS if trials.problem or UNCHECKED in found else SUCCESS
