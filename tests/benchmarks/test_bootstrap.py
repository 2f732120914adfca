"""Geometric means of ratios, and their confidence intervals."""

import random

import pytest

from benchmarks.bootstrap import interval, mean_ratio, ratios

STEADY = {"a": {"ours": [1.0] * 6, "theirs": [2.0] * 6}, "b": {"ours": [4.0] * 6, "theirs": [2.0] * 6}}


def noisy(factor: float, benchmarks: int = 20) -> dict[str, dict[str, list[float]]]:
    """Times that are alike but for a factor and 2 % of noise."""
    noise = random.Random(1)
    return {
        f"benchmark {number}": {
            "ours": [noise.gauss(1, 0.02) for _ in range(6)],
            "theirs": [noise.gauss(factor, 0.02) for _ in range(6)],
        }
        for number in range(benchmarks)
    }


def test_a_ratio_is_above_one_where_ours_is_faster() -> None:
    assert ratios(STEADY, "ours", "theirs") == {"a": 2.0, "b": 0.5}


def test_twice_as_fast_and_half_as_fast_are_as_fast() -> None:
    assert mean_ratio(STEADY, "ours", "theirs") == pytest.approx(1)


def test_a_machine_that_changes_its_speed_between_rounds_changes_no_ratio() -> None:
    speeds = (1, 2, 2, 0.5, 1, 3)
    times = {"a": {"ours": [1.0 * s for s in speeds], "theirs": [1.1 * s for s in speeds]}}

    assert mean_ratio(times, "ours", "theirs") == pytest.approx(1.1)
    assert interval(times, "ours", "theirs") == pytest.approx((1.1, 1.1))


def test_the_other_way_round_the_ratio_is_the_inverse() -> None:
    forth, back = ratios(noisy(1.1), "ours", "theirs"), ratios(noisy(1.1), "theirs", "ours")

    assert [forth[name] * back[name] for name in forth] == pytest.approx([1] * len(forth))


def test_without_noise_measuring_again_gives_the_same() -> None:
    assert interval(STEADY, "ours", "theirs") == pytest.approx((1, 1))


def test_other_benchmarks_might_have_told_another_story() -> None:
    assert interval(STEADY, "ours", "theirs", draw_benchmarks=True) == pytest.approx((0.5, 2))


def test_the_interval_holds_what_is_true_and_is_narrow() -> None:
    lower, upper = interval(noisy(1.1), "ours", "theirs")

    assert lower < 1.1 < upper
    assert upper - lower < 0.03


def test_the_interval_is_the_same_each_time() -> None:
    assert interval(noisy(1.1), "ours", "theirs") == interval(noisy(1.1), "ours", "theirs")
