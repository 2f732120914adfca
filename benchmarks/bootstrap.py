"""Geometric means of ratios, and how sure they are."""

import random
from collections.abc import Mapping, Sequence
from statistics import geometric_mean, median

RESAMPLES = 2000
SEED = 20_261_124
LOWER, UPPER = 0.025, 0.975

Samples = Mapping[str, Mapping[str, Sequence[float]]]
"""Seconds by benchmark and interpreter, one of each process."""


def ratios(samples: Samples, ours: str, other: str) -> dict[str, float]:
    """Divide, for each benchmark, the other's median by ours."""
    return {name: median(times[other]) / median(times[ours]) for name, times in samples.items()}


def mean_ratio(samples: Samples, ours: str, other: str) -> float:
    """Give the geometric mean of the ratios."""
    return geometric_mean(ratios(samples, ours, other).values())


def interval(samples: Samples, ours: str, other: str, *, draw_benchmarks: bool = False) -> tuple[float, float]:
    """Give the 95 % confidence interval of the geometric mean, by a bootstrap that gives the same each time.

    Processes are drawn anew for each benchmark and interpreter; with `draw_benchmarks`, the benchmarks before them.
    """
    generator = random.Random(SEED)  # noqa: S311 - statistics, no secret
    names = list(samples)
    means = []
    for _ in range(RESAMPLES):
        drawn = generator.choices(names, k=len(names)) if draw_benchmarks else names
        means.append(geometric_mean([_ratio(generator, samples[name], ours, other) for name in drawn]))
    means.sort()
    return means[round(LOWER * (RESAMPLES - 1))], means[round(UPPER * (RESAMPLES - 1))]


def _ratio(generator: random.Random, times: Mapping[str, Sequence[float]], ours: str, other: str) -> float:
    return _median(generator, times[other]) / _median(generator, times[ours])


def _median(generator: random.Random, times: Sequence[float]) -> float:
    return median(generator.choices(times, k=len(times)))
