"""How long the queue takes: from what waits, what runs, and how long a builder's last good builds took."""

import datetime
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

LAST = 5
"""Good builds of a builder by which the next is judged: the newest, as machines and releases change."""


@dataclass(frozen=True, kw_only=True)
class Running:
    """A build that runs."""

    builder: str
    number: int
    what: str
    """What it builds: a tag, or nothing where the builder says it."""
    profile: str
    step: str
    began: datetime.datetime
    worker: str
    link: str


@dataclass(frozen=True, kw_only=True)
class Line:
    """The queue of one builder, and who works on it."""

    builder: str
    waiting: int
    workers: frozenset[str]
    """That can take a build now, or when they have done what they do."""
    seconds: tuple[float, ...] = ()
    """That its last good builds took, the newest first."""


@dataclass(frozen=True, kw_only=True)
class Estimates:
    """Seconds; what nobody can know yet is not there."""

    usual: Mapping[str, float]
    """That a build takes, by builder."""
    until_empty: Mapping[str, float]
    """Until the queue of a builder is empty at the latest: its workers work for others, too."""
    whole: float | None
    """Until all queues are empty."""


def estimate(lines: Sequence[Line], running: Iterable[Running], now: datetime.datetime) -> Estimates:
    """Judge the queues: those who share workers are worked on together."""
    pools = _pools(lines)
    usual = {builder: seconds for pool in pools for builder, seconds in usual_seconds(pool).items()}
    left: dict[str, float] = {}
    for build in running:
        took = (now - build.began).total_seconds()
        left[build.builder] = left.get(build.builder, 0) + max(usual.get(build.builder, 0) - took, 0)
    until_empty = {}
    for pool in pools:
        workers = {worker for line in pool for worker in line.workers}
        if not workers or not all(line.builder in usual for line in pool if line.waiting):
            continue
        work = sum(line.waiting * usual.get(line.builder, 0) + left.get(line.builder, 0) for line in pool)
        together = work / len(workers)
        until_empty.update({line.builder: together for line in pool})
    known = all(line.builder in until_empty for line in lines if line.waiting)
    return Estimates(
        usual=usual, until_empty=until_empty, whole=max(until_empty.values(), default=0) if known else None
    )


def usual_seconds(lines: Iterable[Line]) -> dict[str, float]:
    """Give the median of each builder's last good builds; one without any is taken for one as those beside it are."""
    every = list(lines)
    own = {line.builder: statistics.median(line.seconds[:LAST]) for line in every if line.seconds}
    return {line.builder: statistics.median(own.values()) for line in every} | own if own else {}


def _pools(lines: Iterable[Line]) -> list[list[Line]]:
    """Put those together that share a worker, directly or by others."""
    pools: list[list[Line]] = []
    for line in lines:
        apart, shared = [], [line]
        for pool in pools:
            if any(one.workers & line.workers for one in pool):
                shared += pool
            else:
                apart.append(pool)
        pools = [*apart, shared]
    return pools
