"""Steps that run on the master itself: a plain function in a thread, which knows nothing of Buildbot.

The function takes a `Work` and returns an `Outcome`. What goes wrong in a way that a person can mend (our own errors, a
full disk, more time than it may take) ends the step red with that sentence; anything else is a defect and ends it
purple with its traceback. It may be stopped like any step.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from buildbot.process.results import FAILURE, SKIPPED, SUCCESS
from twisted.internet import defer, reactor

from python_builds.adapters.stop import Stop
from python_builds.farm.steps.in_thread import InThread
from python_builds.farm.steps.thread_step import ThreadStep


@dataclass(frozen=True, kw_only=True)
class Work:
    """What a step's function is given."""

    properties: Mapping[str, Any]
    build: str
    """Builder and number, as in debian-12-amd64/7."""
    spool: Path
    """A folder on the master for this build alone; it exists."""
    steps: Mapping[str, tuple[int, float]]
    """Result and seconds of each step so far, by name."""
    say: Callable[[str], None]
    """Write a line to the step's log; may be called from the thread."""
    stop: Stop = field(default_factory=Stop)
    """Ends what the function waits for, when somebody stops the step."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a step's function hands back."""

    summary: str
    properties: Mapping[str, object] = field(default_factory=dict)
    ends_build: bool = False
    """There is nothing to do: the build ends here, as skipped."""


class MasterStep(ThreadStep):
    """Runs a function on the master, in a thread, and shows how it went."""

    def __init__(
        self, function: Callable[[Work], Outcome], spool: Path, *, headline: bool = False, **kwargs: Any
    ) -> None:
        """Take the function; `headline` makes its summary the build's too."""
        super().__init__(**kwargs)
        self.function = function
        self.headline = headline
        self.spool = spool

    @defer.inlineCallbacks
    def work(self, log: Any, thread: InThread) -> Any:
        """Run the function in the thread, and take what it hands back."""
        steps = yield self.master.data.get(("builds", self.build.buildid, "steps"))
        work = Work(
            properties=self.values(),
            build=f"{self.build.builder.name}/{self.build.number}",
            spool=build_spool(self.spool, self.build.builder.name, self.build.number),
            steps={s["name"]: (s["results"], _seconds(s)) for s in steps if s["complete"]},
            say=lambda line: reactor.callFromThread(_say, log, line + "\n"),
            stop=thread.stop,
        )
        outcome = yield thread.run(_run, self.function, work)
        self.summary = outcome.summary
        for name, value in outcome.properties.items():
            self.setProperty(name, value, str(self.name))
        if outcome.ends_build:
            self.build.text = [outcome.summary]
            self.build.nothing_to_do = True
            self.build.terminate = True
            return SKIPPED
        return SUCCESS

    def getResultSummary(self) -> dict[str, str]:
        """Show the function's own words; a red step's are the build's too."""
        if self.results == FAILURE or (self.headline and self.results == SUCCESS):
            return {"step": self.summary, "build": self.summary}
        return {"step": self.summary or str(self.name)}


_BUILD_SPOOL = "%(prop:buildername)s-%(prop:buildnumber)s"


def build_spool(spool: Path, builder: str, number: object) -> Path:
    """Name a build's own folder in the spool."""
    return spool / (_BUILD_SPOOL % {"prop:buildername": builder, "prop:buildnumber": number})


def _say(log: Any, line: str) -> Any:
    """Write to a log that may be closed: a thread that was left may still speak."""
    return None if log.finished else log.addStdout(line)


def _run(function: Callable[[Work], Outcome], work: Work) -> Outcome:
    work.spool.mkdir(parents=True, exist_ok=True)
    return function(work)


def _seconds(step: Mapping[str, Any]) -> float:
    return (step["complete_at"] - step["started_at"]).total_seconds()
