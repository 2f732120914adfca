"""An end for what a build waits for, whatever its worker does.

A limit of a command is kept by the worker that runs it, and so is the end of what somebody has stopped: one that
answers nothing, and keeps its connection, would hold a build for ever.
"""

from collections.abc import Callable
from typing import Any

from python_builds.farm.steps.in_thread import MAX_STEP_SECONDS

STEP_SECONDS = MAX_STEP_SECONDS + 600
"""That a step may take; an honest worker has ended it by then."""

STOP_SECONDS = 300
"""The same of what somebody has stopped."""


class Deadline:
    """One at a time; each that is set takes the place of the last."""

    def __init__(self, late: Callable[[str], Any]) -> None:
        self._late = late
        self._timer: Any = None

    def set(self, reactor: Any, seconds: float, what: str) -> None:
        """Say in words what did not end, if nobody says before that it did."""
        self.done()
        words = f"{what} did not end in {round(seconds / 60)} minutes, nor did its worker end it"
        self._timer = reactor.callLater(seconds, self._late, words)

    def done(self) -> None:
        """It has ended."""
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
