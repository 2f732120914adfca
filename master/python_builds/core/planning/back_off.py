"""Back-off: how often a build was tried for the same inputs, and when it may be tried again.

What fails is tried again after a while, then after a longer one (setting `retry_minutes` of core/settings/settings.py),
then left until its inputs change or a person asks for it. The inputs are what we can name: the recipe (scripts, the
platform's row, the image) and the source. The world that a release build meets, and the hosts that containers run on,
are no inputs of ours: what they broke is tried once a day for ever.
"""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

OK, FAILED, BROKEN, CANCELLED = "ok", "failed", "broken", "cancelled"
"""How a request ended. Broken: by the farm itself, as when its host has no image for it."""

DAILY = datetime.timedelta(days=1)
"""Between the attempts at what the world outside may mend, once it is shown as failed."""


@dataclass(frozen=True, kw_only=True)
class Inputs:
    """What a build is made from; an empty digest is one that nobody knows."""

    recipe: str = ""
    source: str = ""

    def differs(self, other: "Inputs") -> bool:
        """Say whether the two are known to be different."""
        pairs = ((self.recipe, other.recipe), (self.source, other.source))
        return any(mine and theirs and mine != theirs for mine, theirs in pairs)


@dataclass(frozen=True, kw_only=True)
class Failure:
    """How a build failed, and where a person reads about it."""

    build: str
    """Builder and number, as in debian-12-amd64/7."""
    words: str
    link: str = ""
    """Of the log that tells it, or else of the build: from `#` on in the web UI."""
    lacks_image: bool = False
    """No Docker host has the worker image for it."""


@dataclass(frozen=True, kw_only=True)
class Attempt:
    """A request that has come to its end."""

    request: int
    result: str
    reason: str
    """The build's own last words."""
    ended: datetime.datetime
    by_hand: bool = False
    """Asked for by a person, not by the planner."""
    inputs: Inputs = Inputs()
    failure: Failure | None = None
    """None if it went well, or if no build of it ever began."""


@dataclass(frozen=True, kw_only=True)
class BackOff:
    """Why something is not asked for now."""

    failures: int
    reason: str
    until: datetime.datetime | None
    """None: until its inputs change or a person asks for it."""
    given_up: bool
    """The quick attempts are over: shown as failed."""
    failure: Failure | None = None
    """The last one."""

    def holds(self, now: datetime.datetime) -> bool:
        """Say whether it is too early."""
        return self.until is None or now < self.until


def back_off(
    attempts: Sequence[Attempt],
    delays: Sequence[datetime.timedelta],
    *,
    inputs: Inputs | None = None,
    again: datetime.timedelta | None = None,
) -> BackOff | None:
    """Say what stands against another try of what is missing in spite of these; None if nothing does.

    After the first failure the first of the `delays` passes, and so on; afterwards `again`, or None: for ever.
    """
    counted = _counted(attempts, inputs or Inputs())
    if not counted:
        return None
    last = counted[-1]
    if last.result == CANCELLED:
        return BackOff(failures=len(counted), reason="cancelled by a person", until=None, given_up=True)
    wait = delays[len(counted) - 1] if len(counted) <= len(delays) else DAILY if last.result == BROKEN else again
    return BackOff(
        failures=len(counted),
        reason=last.reason if last.result != OK else f"ended well and left no record: {last.reason}",
        until=None if wait is None else last.ended + wait,
        given_up=len(counted) > len(delays),
        failure=last.failure,
    )


def _counted(attempts: Sequence[Attempt], inputs: Inputs) -> list[Attempt]:
    """Pick the tries since the inputs changed, a person asked, or one went well, the oldest first."""
    counted: list[Attempt] = []
    for one in sorted(attempts, key=lambda t: (t.ended, t.request), reverse=True):
        if one.result == CANCELLED and one.by_hand:
            continue  # a person asked, and thought better of it: that says nothing
        if one.inputs.differs(inputs):
            break
        counted.insert(0, one)
        if one.by_hand or one.result == OK:
            break
    return counted
