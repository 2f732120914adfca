"""Plots beside a result's table. What is drawn is part of the result's JSON; programs/draw.py draws it."""

import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from python_builds.core.errors import FarmError
from python_builds.core.settings.setting_types import CHECKOUT

PYTHON = CHECKOUT / ".venv-bench" / "bin" / "python"
"""Has pyperf, pyperformance and matplotlib, by requirements-bench.txt."""

PROGRAMS = Path(__file__).parent / "programs"


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One pair of axes: a line of the plot for each label, from top to bottom."""

    title: str
    unit: str
    """Stands below the horizontal axis."""
    kind: Literal["stack", "dots"]
    """Series stacked as bars, or as dots in one line."""
    labels: Sequence[str]
    series: Mapping[str, Sequence[float]]
    """A value for each label."""
    mark: float | None = None
    """Where a vertical line is drawn."""


@dataclass(frozen=True, kw_only=True)
class Plot:
    """Panels side by side; a series of the same name has the same colour in each."""

    panels: Sequence[Panel]


def require_tools() -> None:
    """Make sure, before anything is measured, that the tools of the benchmarks are there.

    Raises:
        FarmError: if not.
    """
    if not PYTHON.is_file():
        raise FarmError(f"{PYTHON.parent.parent} is missing: `make bench` makes it")


def draw(result: Path, target: Path) -> None:
    """Draw the plot in a result's JSON file as an SVG.

    Raises:
        CalledProcessError: if the drawing failed, which has said why.
    """
    subprocess.run([PYTHON, "-I", PROGRAMS / "draw.py", result, target], check=True)
