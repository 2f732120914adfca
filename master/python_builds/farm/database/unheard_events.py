"""No row is read for an event that nobody listens to: Buildbot reads one for each, dozens in a build."""

from collections.abc import Callable, Sequence
from typing import Any

from twisted.internet import defer

KINDS = ("build", "step", "log")
"""Resource types with events whose words are a row, by Buildbot's names."""


def generate_if_heard(
    master: Any, paths: Sequence[str], theirs: Callable[[int, str], Any], number: int, event: str
) -> Any:
    """Have Buildbot make an event if somebody listens.

    Args:
        master: The master.
        paths: Where the event is told, as in the resource type's `eventPaths`.
        theirs: What makes it.
        number: The id of what it is about.
        event: What happened.
    """
    keys = [(*path.split("/"), event) for path in paths]
    if any(can_match(key, listener.filter) for listener in master.mq.impl.qrefs for key in keys):
        return theirs(number, event)
    return defer.succeed(None)


def can_match(key: tuple[str, ...], listened: tuple[str | None, ...]) -> bool:
    """Whether an event may be what somebody listens to, before its numbers are known.

    Args:
        key: The event's routing key, with `{buildid}` or the like where a number will be.
        listened: A routing key, with None for whatever is there.
    """
    return len(key) == len(listened) and all(
        wanted is None or part == wanted or part.startswith("{") for part, wanted in zip(key, listened, strict=True)
    )
