"""What the builds of `build_cost` tell, as rows: plain values in, plain values out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.farm_rows import hits
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


@dataclass(frozen=True)
class Run:
    """One build."""

    way: str
    spent: Mapping[str, Spent]
    """By phase."""
    ccache: str = ""
    """Which it used."""
    counted: Mapping[str, int] = field(default_factory=dict)
    """What that had counted after the build, by the names of ccache's statistics."""


MEASURES: dict[str, Callable[[Spent], float]] = {"CPU": lambda spent: spent.cpu, "wall": lambda spent: spent.wall}


def rows(runs: Sequence[Run]) -> list[Row]:
    """Compare the CPU and wall seconds of each of our ways to those of the predecessor's."""
    ways = [way for way in dict.fromkeys(run.way for run in runs) if way != PREDECESSOR]
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


def details(runs: Sequence[Run]) -> Table:
    """List what each phase of each run spent; what is no part of the sums stands behind them."""
    phases = _phases(runs)
    apart = [p for p in dict.fromkeys(p for run in runs for p in run.spent) if p not in PHASES and p != NOT_TIMED]
    return Table(
        title="By phase: CPU seconds / wall seconds",
        header=["", *phases, "sum", *(f"{phase} (apart)" for phase in apart)],
        lines=[
            [
                run.way,
                *(_both(run.spent.get(phase)) for phase in phases),
                f"**{_both(total(run.spent))}**",
                *(_both(run.spent.get(phase)) for phase in apart),
            ]
            for run in runs
        ],
    )


def plot(runs: Sequence[Run]) -> Plot:
    """Draw for each run what its phases spent: of CPU, and of time."""
    return Plot(
        panels=[
            Panel(
                title=f"{measure} of an optimized build",
                unit="seconds",
                kind="stack",
                labels=[run.way for run in runs],
                series={
                    phase: [seconds(run.spent[phase]) if phase in run.spent else 0.0 for run in runs]
                    for phase in _phases(runs)
                },
            )
            for measure, seconds in MEASURES.items()
        ]
    )


def hits_in_words(runs: Sequence[Run]) -> str:
    """Say how many compilations of each build ccache answered, and of how many."""
    words = []
    for ccache in dict.fromkeys(run.ccache for run in runs if run.ccache):
        mine = [run for run in runs if run.ccache == ccache]
        counted = hits([run.counted for run in mine])
        words += [f"{found} of {all_} ({run.way})" for run, (found, all_) in zip(mine, counted, strict=True)]
    return "; ".join(words)


def _phases(runs: Sequence[Run]) -> list[str]:
    return [phase for phase in PHASES if any(phase in run.spent for run in runs)]


def _totals(runs: Sequence[Run], way: str, seconds: Callable[[Spent], float]) -> list[float]:
    return [seconds(total(run.spent)) for run in runs if run.way == way]


def _both(spent: Spent | None) -> str:
    return f"{short(spent.cpu)} / {short(spent.wall)}" if spent else ""
