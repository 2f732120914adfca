"""The queue as people read it: what waits, in which order, since when, and for what."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from python_builds.core.plain_text import plain


@dataclass(frozen=True, kw_only=True)
class Worker:
    """One worker, as far as who waits for it cares."""

    name: str
    paused: bool
    busy: bool


@dataclass(frozen=True, kw_only=True)
class Waiting:
    """One request that no build was begun for."""

    request: int
    builder: str
    priority: int
    what: str
    since: datetime.datetime
    waits_for: str


def waits_for(
    builder: str, workers: Sequence[Worker], paused: Mapping[str, str], without_image: Mapping[str, str]
) -> str:
    """Say what a request of a builder waits for, the most lasting cause first."""
    if builder in paused:
        return f"{builder} is paused" + (f": {plain(paused[builder])}" if paused[builder] else "")
    if builder in without_image:
        return without_image[builder]
    working = [worker for worker in workers if not worker.paused]
    if not working:
        names = ", ".join(worker.name for worker in workers)
        return f"{names} {'is' if len(workers) == 1 else 'are'} paused" if workers else "it has no worker"
    if all(worker.busy for worker in working):
        return f"a free worker: {', '.join(worker.name for worker in working)} build"
    return "its turn"


def what(properties: Mapping[str, object]) -> str:
    """Say what a request is for, by the properties that it was made with."""
    version, variant = properties.get("python_version", ""), properties.get("variant", "")
    words = [f"{version}{variant}", *map(str, [properties.get("versions", ""), properties.get("profile", "")])]
    if properties.get("force"):
        words.append("again")
    return " ".join(filter(None, words)) or "-"


HEAD = ("", "PRIORITY", "BUILDER", "WHAT", "SINCE", "WAITS FOR", "REQUEST")


def rows(waiting: Sequence[Waiting], now: datetime.datetime) -> list[tuple[str, ...]]:
    """Lay the queue out, a row for each request."""
    return [
        (
            str(place),
            str(one.priority),
            one.builder,
            one.what,
            age(now - one.since),
            one.waits_for,
            str(one.request),
        )
        for place, one in enumerate(waiting, start=1)
    ]


def age(waited: datetime.timedelta) -> str:
    """Say how long something has waited, in the largest unit that it has two of, as in 90 min."""
    seconds = max(0, int(waited.total_seconds()))
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
