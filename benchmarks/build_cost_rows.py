"""What the builds of `build_cost` tell, as rows: plain values in, plain values out."""

from collections.abc import Callable, Mapping, Sequence

from benchmarks.plots import Panel, Plot
from benchmarks.recipe_stages import PHASES
from benchmarks.report import Row, Table, short
from benchmarks.timed import Spent, total

PREDECESSOR = "the predecessor's way"
COLD = "ours, empty ccache"
WARM = "ours, warm ccache"
STORED = "ours, stored training data, empty ccache"
REBUILD = "ours, stored training data, warm ccache"

CPU_GOALS = {STORED: "at most 0.65"}
WALL_GOALS = {COLD: "at most 1.0, on 2 cores"}
NOT_TIMED = "keep"
"""The phase of what only the benchmark itself needs."""

Runs = Sequence[tuple[str, Mapping[str, Spent]]]
"""A way and what it spent, by phase, in the order in which they ran."""

MEASURES: dict[str, Callable[[Spent], float]] = {"CPU": lambda spent: spent.cpu, "wall": lambda spent: spent.wall}


def rows(runs: Runs) -> list[Row]:
    """Compare the CPU and wall seconds of each of our ways to those of the predecessor's."""
    ways = [name for name in dict.fromkeys(name for name, _ in runs) if name != PREDECESSOR]
    return [
        Row(
            what=f"{way}: {measure}",
            values=_totals(runs, way, seconds),
            unit="s",
            compared_to=PREDECESSOR,
            reference=_totals(runs, PREDECESSOR, seconds),
            goal=goals.get(way, ""),
        )
        for (measure, seconds), goals in zip(MEASURES.items(), (CPU_GOALS, WALL_GOALS), strict=True)
        for way in ways
    ]


def details(runs: Runs) -> Table:
    """List what each phase of each run spent; what is no part of the sums stands behind them."""
    phases = _phases(runs)
    apart = [p for p in dict.fromkeys(p for _, spent in runs for p in spent) if p not in PHASES and p != NOT_TIMED]
    return Table(
        title="By phase: CPU seconds / wall seconds",
        header=["", *phases, "sum", *(f"{phase} (apart)" for phase in apart)],
        lines=[
            [
                name,
                *(_both(spent.get(phase)) for phase in phases),
                f"**{_both(total(spent))}**",
                *(_both(spent.get(phase)) for phase in apart),
            ]
            for name, spent in runs
        ],
    )


def plot(runs: Runs) -> Plot:
    """Draw for each run what its phases spent: of CPU, and of time."""
    return Plot(
        panels=[
            Panel(
                title=f"{measure} of an optimized build",
                unit="seconds",
                kind="stack",
                labels=[name for name, _ in runs],
                series={
                    phase: [seconds(spent[phase]) if phase in spent else 0.0 for _, spent in runs]
                    for phase in _phases(runs)
                },
            )
            for measure, seconds in MEASURES.items()
        ]
    )


def _phases(runs: Runs) -> list[str]:
    return [phase for phase in PHASES if any(phase in spent for _, spent in runs)]


def _totals(runs: Runs, way: str, seconds: Callable[[Spent], float]) -> list[float]:
    return [seconds(total(spent)) for name, spent in runs if name == way]


def _both(spent: Spent | None) -> str:
    return f"{short(spent.cpu)} / {short(spent.wall)}" if spent else ""
