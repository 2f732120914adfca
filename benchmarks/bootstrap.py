"""Geometric means of ratios, and how sure they are."""

import math
import random
from collections.abc import Mapping, Sequence
from statistics import geometric_mean, median_high, median_low

RESAMPLES = 2000
SEED = 20_261_124
LOWER, UPPER = 0.025, 0.975

Samples = Mapping[str, Mapping[str, Sequence[float]]]
"""Seconds by benchmark and interpreter, one of each round, in which the interpreters ran one right after the other."""


def ratios(samples: Samples, ours: str, other: str) -> dict[str, float]:
    """Divide, for each benchmark and round, the other's time by ours; give the median of the rounds.

    A machine whose speed changes from minute to minute has changed it for both.
    """
    return {name: _middle(_by_round(times, ours, other)) for name, times in samples.items()}


def mean_ratio(samples: Samples, ours: str, other: str) -> float:
    """Give the geometric mean of the ratios."""
    return geometric_mean(ratios(samples, ours, other).values())


def interval(samples: Samples, ours: str, other: str, *, draw_benchmarks: bool = False) -> tuple[float, float]:
    """Give the 95 % confidence interval of the geometric mean, by a bootstrap that gives the same each time.

    Rounds are drawn anew for each benchmark; with `draw_benchmarks`, the benchmarks before them.
    """
    generator = random.Random(SEED)  # noqa: S311 - statistics, no secret
    rounds = [_by_round(times, ours, other) for times in samples.values()]
    means = []
    for _ in range(RESAMPLES):
        drawn = generator.choices(rounds, k=len(rounds)) if draw_benchmarks else rounds
        means.append(geometric_mean([_middle(generator.choices(found, k=len(found))) for found in drawn]))
    means.sort()
    return means[round(LOWER * (RESAMPLES - 1))], means[round(UPPER * (RESAMPLES - 1))]


def _by_round(times: Mapping[str, Sequence[float]], ours: str, other: str) -> list[float]:
    return [theirs / mine for mine, theirs in zip(times[ours], times[other], strict=True)]


def _middle(found: Sequence[float]) -> float:
    """Give the median; of an even number, the geometric mean of the two, so that inverse ratios have the inverse."""
    return math.sqrt(median_low(found) * median_high(found))
