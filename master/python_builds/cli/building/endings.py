"""How a step ended that did not end by itself, as a sentence: Buildbot tells it by tracebacks and remarks in logs."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from buildbot.process.results import CANCELLED, EXCEPTION, FAILURE, RETRY

from python_builds.core.building.cause import killed

Ends = Mapping[str, Sequence[str]]
"""The last lines of a step's logs, by name; those of output begin with the letter of their stream, h for remarks."""

LOST = "its worker was lost"
TRACEBACK = "err.text"
"""The log that has the traceback of an exception; `err.html` has it once more."""

STOPPED = ("cancelled", "cancelled while waiting for locks", "interrupt")
"""Logs that say why a step was stopped."""

SHUTDOWN = "Master Shutdown"
BROKEN = ("ConnectionLost", "ConnectionDone", "PBConnectionLost", "DeadReferenceError")
"""Twisted's errors that mean that nobody is at the other end any more."""

PREPARATION = "worker_preparation"
"""The step in which Buildbot waits for a worker; the build itself says why none came."""

_CANCELLED = re.compile(r"cancelled(?: \([^)]*\))?")


def sentence(step: Mapping[str, Any], ends: Ends) -> str:
    """Say what happened to a step; empty where its own words or its output say it."""
    if step["name"] == PREPARATION:
        return ""
    if step["results"] == RETRY:
        return LOST
    if step["results"] in (CANCELLED, EXCEPTION):
        return _stopped(ends) or _error(ends)
    if step["results"] == FAILURE:
        return killed([line[1:] for line in ends.get("stdio", ()) if line.startswith("h")])
    return ""


def outcome(step: Mapping[str, Any], ends: Ends) -> int:
    """Give a step's result; a lost worker is RETRY, whatever Buildbot called it: that depends on what it waited for."""
    return RETRY if sentence(step, ends) == LOST else int(step["results"])


def build_words(build: Mapping[str, Any], steps: Iterable[Mapping[str, Any]]) -> str:
    """Say how a build ended that did not succeed: in its own words, without those that are only Buildbot's."""
    words = str(build["state_string"])
    if build["results"] == CANCELLED and (found := _CANCELLED.match(words)):
        return found[0]
    broken = next((step["name"] for step in steps if step["results"] == EXCEPTION), None)
    if broken and words.startswith("exception"):
        return f"{broken} ended with an error"
    return words


def telling(logs: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Choose the log that has all there is to read about how a step ended; None if nothing was written."""
    written = [log for log in logs if log["num_lines"] and log["name"] not in STOPPED]
    return next((log for log in written if log["name"] == TRACEBACK), written[0] if written else None)


def _stopped(ends: Ends) -> str:
    reason = next((" ".join(ends[name]).strip() for name in STOPPED if ends.get(name)), "")
    if SHUTDOWN in reason:
        return "stopped, as the farm stops; it starts again with the farm"
    if _is_broken(reason):
        return LOST
    return f"stopped: {reason}" if reason else ""


def _error(ends: Ends) -> str:
    """Name the exception of a traceback: it stands behind the last frame, and its message may have several lines."""
    named: list[str] = []
    for line in ends.get(TRACEBACK, ()):
        named = [] if line.startswith((" ", "Traceback (most recent call last)")) else [*named, line]
    text = " ".join(" ".join(named).split())
    if _is_broken(text):
        return LOST
    return f"an error of the farm's own: {text}" if text else "it ended without a word"


def _is_broken(text: str) -> bool:
    return any(name in text for name in BROKEN)
