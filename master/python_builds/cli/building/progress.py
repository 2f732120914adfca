"""Shows a build while it runs: a line for each finished step and, between them, signs of life; then how it ended."""

import sys
import time
from collections.abc import Mapping
from typing import Any, TextIO

from python_builds.cli.building.alive import Alive, Log, Sign, duration, printable
from python_builds.cli.building.endings import build_words, outcome, sentence, telling
from python_builds.cli.building.usual import UsualTimes
from python_builds.cli.master import running_farm
from python_builds.cli.master.client import Client, output
from python_builds.core.building.stage_words import done
from python_builds.core.errors import FarmError, PythonBuildsError
from python_builds.core.settings.settings import Settings

SUCCESS, WARNINGS, FAILURE, SKIPPED, EXCEPTION, RETRY, CANCELLED = range(7)
"""Buildbot's results, which are part of its REST API."""

GOOD = (SUCCESS, WARNINGS, SKIPPED)

MARKS = {
    SUCCESS: "ok",
    WARNINGS: "warning",
    FAILURE: "FAILED",
    EXCEPTION: "ERROR",
    RETRY: "again",
    CANCELLED: "stopped",
}
TAILS = {WARNINGS: 3, FAILURE: 40}
"""How many lines of a step's log are shown."""

LOOKED_AT = 40
"""Lines at the end of a log, in which it is looked for what happened."""

SECONDS = 0.5
"""Between two looks at a build."""


class Progress:
    """Writes to a terminal or a file; it knows usual times if it is told where from."""

    def __init__(self, client: Client, usual: UsualTimes | None = None, output: TextIO = sys.stdout) -> None:
        self.client = client
        self.usual = usual
        self.output = output
        self.alive = Alive(output)

    def follow(self, title: str, request: int) -> dict[str, Any] | None:
        """Show a request's builds until it is complete; return the last of them, or None if it never ran."""
        self.line(f"{title}")
        shown: set[int] = set()
        announced: set[int] = set()
        began = time.monotonic()
        while True:
            # The request first: what its builds say afterwards is then at least as new.
            asked = self.client.get(f"buildrequests/{request}")["buildrequests"][0]
            builds = self.client.builds(request)
            for build in builds:
                self._build(build, shown, announced)
            if asked["complete"]:
                self.alive.clear()
                # A release's build turns red when one of those fails that it asked for; what it did itself went well.
                return {**builds[-1], "results": asked["results"]} if builds else None
            if not builds or builds[-1]["complete"]:
                sign = Sign(what="waiting for a worker", seconds=time.monotonic() - began)
                self.alive.show(("waiting", request), sign)
            time.sleep(SECONDS)

    def line(self, text: str) -> None:
        """Write a line that stays."""
        self.alive.clear()
        print(text, file=self.output, flush=True)

    def _build(self, build: Mapping[str, Any], shown: set[int], announced: set[int]) -> None:
        if build["buildid"] not in announced:
            announced.add(build["buildid"])
            self.line(f"  {self.client.build_url(build)}")
        steps = [s for s in self.client.steps(build["buildid"]) if not s["hidden"]]
        for step in steps:
            if step["complete"] and step["stepid"] not in shown:
                shown.add(step["stepid"])
                self._finished(build, step)
        if build["complete"]:
            if build["buildid"] not in shown and build["results"] == RETRY:
                self.line(f"  {build['state_string']}")
            shown.add(build["buildid"])
            return
        now = next((s for s in steps if s["started_at"] and not s["complete"]), None)
        if now is not None:
            done = sum(bool(s["complete"]) for s in steps)
            sign = Sign(
                what=now["name"],
                seconds=time.time() - now["started_at"],
                usual=self._usual(build, now["name"]),
                note=f"{done} step{'' if done == 1 else 's'} done",
            )
            self.alive.show(now["stepid"], sign, lambda: self._look(build, now))

    def _look(self, build: Mapping[str, Any], step: Mapping[str, Any]) -> Log:
        """Look at what a step writes: its first log has what it does, the others what is made of it."""
        for log in self.client.logs(step["stepid"])[:1]:
            lines = [line for line in output(log, self.client.end_of(log, LOOKED_AT)) if line.strip()]
            return Log(place=self.client.log_url(build, step, log), last=lines[-1] if lines else "")
        return Log()

    def _finished(self, build: Mapping[str, Any], step: Mapping[str, Any]) -> None:
        if step["results"] == SKIPPED and step["state_string"] == "finished (skipped)":
            return
        logs = [] if step["results"] in (SUCCESS, SKIPPED) else self.client.logs(step["stepid"])
        ends = {log["name"]: self.client.end_of(log, LOOKED_AT) for log in logs}
        words = printable(sentence(step, ends) or own_words(step))
        mark, seconds = MARKS.get(outcome(step, ends), ""), duration(step["complete_at"] - step["started_at"])
        self.line(f"  {mark:>7}  {step['name']:<30} {seconds:>7}  {words}".rstrip())
        if step["results"] in TAILS:
            tail = [text for log in logs for text in output(log, ends[log["name"]])]
            for text in tail[-TAILS[step["results"]] :]:
                self.line(f"           | {printable(text)}")
        whole = None if step["results"] in GOOD else telling(logs)
        if whole is not None:
            self.line(f"           all of it: {self.client.log_url(build, step, whole)}")

    def _usual(self, build: Mapping[str, Any], step: str) -> float | None:
        if self.usual is None:
            return None
        try:
            return self.usual.of(build, step)
        except (PythonBuildsError, OSError) as error:
            self.line(f"  how long steps usually take is not known: {error}")
            return None


def successful(client: Client, settings: Settings, what: str, result: dict[str, Any] | None) -> dict[str, Any]:
    """Return a build that succeeded.

    Raises:
        FarmError: saying how it ended and where to look.
    """
    if result is None:
        raise FarmError(f"{what} was cancelled before it began; ask again")
    if result["results"] not in GOOD:
        words = build_words(result, client.steps(result["buildid"]))
        farm = running_farm.running(settings)
        goes = "" if farm and farm.keep else "\n  (`make run` starts this farm again, which stops with its last build)"
        raise FarmError(f"{what} did not succeed: {words}\n  {client.build_url(result)}{goes}")
    return result


def own_words(step: Mapping[str, Any]) -> str:
    """Take what a step says of itself, where that is more than its command and how it ended."""
    words = str(step["state_string"])
    if words == done(step["name"]) or words.startswith(("finished", "'")):
        return ""
    return "" if step["results"] in (EXCEPTION, RETRY, CANCELLED) else words


def size(count: int) -> str:
    """Write bytes as people read them."""
    return f"{count / 1e6:.1f} MB" if count >= 1e5 else f"{count} bytes"
