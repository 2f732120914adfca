"""A benchmark's result as a Markdown table for people and as JSON with the raw values."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median


@dataclass(frozen=True, kw_only=True)
class Row:
    """One question: what was measured and, from the same run, what it is compared to."""

    what: str
    values: Sequence[float]
    unit: str
    compared_to: str = ""
    reference: Sequence[float] = ()


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a benchmark found."""

    title: str
    rows: Sequence[Row]
    notes: str = ""
    """How it was measured, in Markdown."""
    about: Mapping[str, str] = field(default_factory=dict)
    """What was measured with, beside what is true of the machine and the farm in every benchmark."""
    raw: Mapping[str, object] = field(default_factory=dict)


def as_markdown(about: Mapping[str, str], result: Result) -> str:
    """Write the table, how it was measured, and where and with what."""
    lines = [
        f"# {result.title}",
        "",
        "| | measured | compared to | measured | ratio |",
        "|---|---|---|---|---|",
        *(_line(row) for row in result.rows),
        "",
        "Median (smallest to largest, number of runs); ratio of the medians (smallest to largest that the runs allow).",
        "",
        *([result.notes, ""] if result.notes else []),
        *(f"- {name}: {value}" for name, value in {**about, **result.about}.items()),
    ]
    return "\n".join(lines) + "\n"


def as_json(about: Mapping[str, str], result: Result) -> str:
    """Write all that was measured."""
    content = {
        "title": result.title,
        "about": {**about, **result.about},
        "rows": [{**dataclasses.asdict(row), "ratio": ratio(row.values, row.reference)} for row in result.rows],
        "raw": result.raw,
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


def _line(row: Row) -> str:
    found = ratio(row.values, row.reference)
    shown = f"**{found[0]:.2f}** ({found[1]:.2f} to {found[2]:.2f})" if found else ""
    cells = (row.what, spread(row.values, row.unit), row.compared_to, spread(row.reference, row.unit), shown)
    return "| " + " | ".join(cells) + " |"
