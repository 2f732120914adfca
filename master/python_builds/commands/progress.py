"""Shows a build while it runs: a line for each finished step and, on a terminal, one that moves."""

import sys
import time
from collections.abc import Mapping
from typing import Any, TextIO

from python_builds.commands.client import Client

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
TAILS = {WARNINGS: 3, FAILURE: 40, EXCEPTION: 40}
"""How many lines of a step's log are shown."""


class Progress:
    """Writes to a terminal or a file."""

    def __init__(self, client: Client, output: TextIO = sys.stdout) -> None:
        self.client = client
        self.output = output
        self.moving = output.isatty()

    def follow(self, title: str, request: int) -> dict[str, Any] | None:
        """Show a request's builds until it is complete; return the last of them, or None if it never ran."""
        self.line(f"{title}")
        shown: set[int] = set()
        announced: set[int] = set()
        began = time.monotonic()
        while True:
            # The request first: what its builds say afterwards is then at least as new.
            complete = self.client.get(f"buildrequests/{request}")["buildrequests"][0]["complete"]
            builds = self.client.builds(request)
            for build in builds:
                self._build(build, shown, announced)
            if complete:
                self._move("")
                return builds[-1] if builds else None
            if not builds or builds[-1]["complete"]:
                self._move(f"  … waiting for a worker, {duration(time.monotonic() - began)}")
            time.sleep(0.5)

    def line(self, text: str) -> None:
        """Write a line that stays."""
        self._move("")
        print(text, file=self.output, flush=True)

    def _build(self, build: Mapping[str, Any], shown: set[int], announced: set[int]) -> None:
        if build["buildid"] not in announced:
            announced.add(build["buildid"])
            self.line(f"  {self.client.url}#/builders/{build['builderid']}/builds/{build['number']}")
        steps = [s for s in self.client.steps(build["buildid"]) if not s["hidden"]]
        for step in steps:
            if step["complete"] and step["stepid"] not in shown:
                shown.add(step["stepid"])
                self._finished(step)
        if build["complete"]:
            if build["buildid"] not in shown and build["results"] in (RETRY, EXCEPTION):
                self.line(f"  {build['state_string']}")
            shown.add(build["buildid"])
            return
        now = next((s for s in steps if s["started_at"] and not s["complete"]), None)
        if now is not None and self.moving:
            seconds = time.time() - now["started_at"]
            usual = self._usual(build).get(now["name"])
            about = f" of about {duration(usual)}" if usual else ""
            done = sum(bool(s["complete"]) for s in steps)
            self._move(f"  … {now['name']}  {duration(seconds)}{about}  ({done} steps done)")

    def _finished(self, step: Mapping[str, Any]) -> None:
        if step["results"] == SKIPPED and step["state_string"] == "finished (skipped)":
            return
        mark = MARKS.get(step["results"], "")
        seconds = step["complete_at"] - step["started_at"]
        words = "" if step["state_string"].startswith(("finished", "'")) else step["state_string"]
        self.line(f"  {mark:>7}  {step['name']:<30} {duration(seconds):>7}  {words}".rstrip())
        if step["results"] in TAILS:
            for text in self.client.log_tail(step["stepid"], TAILS[step["results"]]):
                self.line(f"           | {text}")

    def _usual(self, build: Mapping[str, Any]) -> dict[str, float]:
        """Ask how long the steps took in the newest successful build of the same builder and profile."""
        if not hasattr(self, "_history"):
            self._history: dict[int, dict[str, float]] = {}
        if build["buildid"] not in self._history:
            self._history[build["buildid"]] = self._read_history(build)
        return self._history[build["buildid"]]

    def _read_history(self, build: Mapping[str, Any]) -> dict[str, float]:
        profile = self.client.properties(build["buildid"]).get("profile")
        earlier = self.client.get(f"builders/{build['builderid']}/builds", complete=True, order="-number", limit=20)[
            "builds"
        ]
        for candidate in earlier:
            done = candidate["results"] in (SUCCESS, WARNINGS)
            if done and self.client.properties(candidate["buildid"]).get("profile") == profile:
                steps = self.client.steps(candidate["buildid"])
                return {s["name"]: s["complete_at"] - s["started_at"] for s in steps if s["complete"]}
        return {}

    def _move(self, text: str) -> None:
        if self.moving:
            print(f"\r\x1b[K{text}", end="", file=self.output, flush=True)


def duration(seconds: float) -> str:
    """Write seconds as people read them, 1:05 or 2:03:00."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def size(count: int) -> str:
    """Write bytes as people read them."""
    return f"{count / 1e6:.1f} MB" if count >= 1e5 else f"{count} bytes"
