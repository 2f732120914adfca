"""usage: draw.py RESULT.json FILE.svg, under .venv-bench: draws a result's plot, the same bytes for the same values."""

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")

from matplotlib import pyplot as plt
from matplotlib.axes import Axes

INK = "#7a7a7a"
"""Text and axes: read on white and on GitHub's dark background alike, as the background is left out."""

COLOURS = ("#3b8bd0", "#e08a2c", "#3fa55a", "#c85c8e", "#9a7fd1", "#b5a642", "#5fb7b7")
STYLE = {
    "svg.hashsalt": "python-builds",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
    "savefig.transparent": True,
    **dict.fromkeys(("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color"), INK),
}
PANEL_WIDTH, LINE_HEIGHT, AROUND, LEGEND = 4.6, 0.22, 1.5, 0.7
"""Inches; AROUND is for title, axis and legend together."""


def main(arguments: list[str]) -> None:
    """Draw."""
    result, target = arguments
    panels = json.loads(Path(result).read_text())["plot"]["panels"]
    mpl.rcParams.update(STYLE)
    height = AROUND + LINE_HEIGHT * max(len(panel["labels"]) for panel in panels)
    figure, grid = plt.subplots(1, len(panels), squeeze=False, figsize=(PANEL_WIDTH * len(panels), height))
    names = list(dict.fromkeys(name for panel in panels if len(panel["series"]) > 1 for name in panel["series"]))
    colours = {name: COLOURS[number % len(COLOURS)] for number, name in enumerate(names)}
    shown: dict[str, Any] = {}
    for axes, panel in zip(grid[0], panels, strict=True):
        shown |= draw_panel(axes, panel, colours)
        if panel is not panels[0] and panel["labels"] == panels[0]["labels"]:
            axes.set_yticklabels([])
    if names:
        handles = [shown[name] for name in names]
        columns = min(len(names), 4) if len(panels) > 1 else 1
        figure.legend(handles, names, loc="lower center", ncols=columns, frameon=False)
    figure.tight_layout(rect=(0, LEGEND / height if names else 0, 1, 1))
    figure.savefig(target, format="svg", metadata={"Date": None, "Creator": None})


def draw_panel(axes: Axes, panel: dict[str, Any], colours: dict[str, str]) -> dict[str, Any]:
    """Draw one panel; give what the legend shows for each series."""
    lines = range(len(panel["labels"]))
    shown = {}
    ends = [0.0] * len(lines)
    for name, values in panel["series"].items():
        colour = colours.get(name, COLOURS[0])
        if panel["kind"] == "stack":
            shown[name] = axes.barh(lines, values, left=ends, color=colour, height=0.6)
            ends = [end + value for end, value in zip(ends, values, strict=True)]
        else:
            (shown[name],) = axes.plot(values, lines, "o", color=colour, markersize=4.5, alpha=0.85)
            axes.grid(axis="y", color=INK, alpha=0.2, linewidth=0.5)
    if panel["kind"] == "stack":
        for line, end in zip(lines, ends, strict=True):
            axes.annotate(f"{end:.3g}", (end, line), (3, 0), textcoords="offset points", va="center")
        axes.margins(x=0.18)
    if panel["mark"] is not None:
        axes.axvline(panel["mark"], color=INK, linewidth=1, linestyle="--")
    axes.set_yticks(lines, panel["labels"])
    axes.invert_yaxis()
    axes.set_title(panel["title"], fontsize=10)
    axes.set_xlabel(panel["unit"])
    axes.spines[["top", "right"]].set_visible(False)
    return shown


if __name__ == "__main__":
    main(sys.argv[1:])
