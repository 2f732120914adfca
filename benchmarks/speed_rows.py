"""What the runs of `speed` tell, as rows: plain values in, plain values out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.bootstrap import Samples, interval, mean_ratio, ratios
from benchmarks.plots import Panel, Plot
from benchmarks.report import Row, Table, short

OURS = "ours"
PREDECESSOR = "the predecessor's"
DISTRIBUTION = "the distribution's"
LIBPYTHON = "ours through libpython"

COMPARED = ((OURS, PREDECESSOR), (OURS, DISTRIBUTION), (LIBPYTHON, PREDECESSOR), (OURS, LIBPYTHON))
GOALS = {(OURS, PREDECESSOR): "at least 1.08", (OURS, DISTRIBUTION): "above 1"}


@dataclass(frozen=True, kw_only=True)
class Measured:
    """What one platform gave."""

    platform: str
    version: str
    image: str
    source: str
    interpreters: Mapping[str, Mapping[str, str]]
    """Prefix, version with compiler, digests, by name."""
    loops: Mapping[str, int]
    medians: Samples

    @property
    def label(self) -> str:
        """Name it in a sentence."""
        return f"CPython {self.version} on {self.platform}"


def rows(one: Measured) -> list[Row]:
    """Give the geometric mean of each comparison with its interval."""
    return [
        Row(
            what=f"{one.label}: {ours}",
            values=[],
            unit="",
            compared_to=other,
            estimate=(mean_ratio(one.medians, ours, other), *interval(one.medians, ours, other)),
            goal=GOALS.get((ours, other), ""),
        )
        for ours, other in COMPARED
    ]


def intervals(runs: Sequence[Measured]) -> Table:
    """List both intervals of each comparison."""
    return Table(
        title="Geometric means, and both confidence intervals",
        header=["", "ratio", "95 %, these benchmarks", "95 %, benchmarks drawn anew"],
        lines=[
            [
                f"{one.label}: {ours} v. {other}",
                f"{mean_ratio(one.medians, ours, other):.3f}",
                *(
                    "{:.3f} to {:.3f}".format(*interval(one.medians, ours, other, draw_benchmarks=drawn))
                    for drawn in (False, True)
                ),
            ]
            for one in runs
            for ours, other in COMPARED
        ],
    )


def details(one: Measured) -> Table:
    """List the ratios of each benchmark, and the time that it takes under ours."""
    found = [ratios(one.medians, ours, other) for ours, other in COMPARED]
    return Table(
        title=one.label,
        header=["benchmark", OURS, *(f"{ours} v. {other}" for ours, other in COMPARED)],
        lines=[
            [name, f"{short(1000 * median(times[OURS]))} ms", *(f"{by_name[name]:.2f}" for by_name in found)]
            for name, times in one.medians.items()
        ],
    )


def plot(runs: Sequence[Measured]) -> Plot:
    """Draw all ratios to what is not ours, benchmark by benchmark, and their means."""
    return Plot(panels=[_panel(one) for one in runs])


def about(one: Measured) -> dict[str, str]:
    """Say what was compared: versions, compilers and digests."""
    described = {f"{one.label}, {name}": _describe(values) for name, values in one.interpreters.items()}
    return {f"{one.label}, image": one.image, f"{one.label}, source": one.source, **described}


def _panel(one: Measured) -> Panel:
    series = {}
    for ours, other in COMPARED[:3]:
        mean = mean_ratio(one.medians, ours, other)
        series[f"{ours} v. {other}"] = [mean, *ratios(one.medians, ours, other).values()]
    return Panel(
        title=one.label,
        unit="times as fast",
        kind="dots",
        labels=["geometric mean", *one.medians],
        series=series,
        mark=1.0,
    )


def _describe(values: Mapping[str, str]) -> str:
    library = values.get("libpython sha256")
    also = f", its libpython's {library}" if library else ""
    return f"{values['version']}; SHA-256 {values['sha256']}{also}"
