"""A benchmark's result as a Markdown table for people and as JSON with the raw values."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from benchmarks.plots import Plot

_MEDIANS = (
    "Median (smallest to largest, number of runs); ratio of the medians (smallest to largest that the runs allow)."
)


@dataclass(frozen=True, kw_only=True)
class Row:
    """One question: what was measured and, from the same run, what it is compared to."""

    what: str
    values: Sequence[float]
    unit: str
    compared_to: str = ""
    reference: Sequence[float] = ()
    estimate: tuple[float, float, float] | None = None
    """The ratio, its lower and its upper end, where it is not that of the medians; the notes say of what it is."""
    goal: str = ""
    """What the ratio is to be."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """Details, as they are to be read."""

    title: str
    header: Sequence[str]
    lines: Sequence[Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a benchmark found."""

    title: str
    rows: Sequence[Row]
    tables: Sequence[Table] = ()
    plot: Plot | None = None
    notes: str = ""
    """How it was measured, in Markdown."""
    about: Mapping[str, str] = field(default_factory=dict)
    """What was measured with, beside what is true of the machine and the farm in every benchmark."""
    raw: Mapping[str, object] = field(default_factory=dict)


def as_markdown(about: Mapping[str, str], result: Result, plot: str = "") -> str:
    """Write the table, how it was measured, and where and with what; `plot` is the name of the plot's file."""
    goals = ["goal"] if any(row.goal for row in result.rows) else []
    header = ["", "measured", "compared to", "measured", "ratio", *goals]
    lines = [
        f"# {result.title}",
        "",
        *_table(header, [_cells(row)[: len(header)] for row in result.rows]),
        "",
        *([_MEDIANS, ""] if any(row.values for row in result.rows) else []),
        *([f"![{result.title}, as a plot]({plot})", ""] if plot else []),
        *([result.notes, ""] if result.notes else []),
        *(f"- {name}: {value}" for name, value in {**about, **result.about}.items()),
        *(line for t in result.tables for line in ("", f"## {t.title}", "", *_table(t.header, t.lines))),
    ]
    return "\n".join(lines) + "\n"


def as_json(about: Mapping[str, str], result: Result) -> str:
    """Write all that was measured."""
    content: dict[str, object] = {
        "title": result.title,
        "about": {**about, **result.about},
        "rows": [{**dataclasses.asdict(row), "ratio": _ratio(row)} for row in result.rows],
        "raw": result.raw,
        **({"plot": dataclasses.asdict(result.plot)} if result.plot else {}),
    }
    return json.dumps(content, indent=2) + "\n"


def spread(values: Sequence[float], unit: str) -> str:
    """Write the median of some values and how far they lie apart."""
    if not values:
        return ""
    if len(values) == 1:
        return f"{short(values[0])} {unit} (1)"
    return f"{short(median(values))} {unit} ({short(min(values))} to {short(max(values))}, {len(values)})"


def ratio(values: Sequence[float], reference: Sequence[float]) -> tuple[float, float, float] | None:
    """Divide the medians; and say which smallest and largest ratio the single values would allow."""
    if not values or not reference:
        return None
    return (
        median(values) / median(reference),
        min(values) / max(reference),
        max(values) / min(reference),
    )


def short(value: float) -> str:
    """Write a number with three digits that count."""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:.{digits}f}"


def _ratio(row: Row) -> tuple[float, float, float] | None:
    return row.estimate or ratio(row.values, row.reference)


def _cells(row: Row) -> list[str]:
    found = _ratio(row)
    shown = f"**{found[0]:.2f}** ({found[1]:.2f} to {found[2]:.2f})" if found else ""
    measured, reference = spread(row.values, row.unit), spread(row.reference, row.unit)
    return [row.what, measured, row.compared_to, reference, shown, row.goal]


def _table(header: Sequence[str], lines: Sequence[Sequence[str]]) -> list[str]:
    rule = "|" + "---|" * len(header)
    return [_line(header).replace("|  |", "| |", 1), rule, *map(_line, lines)]


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
