"""What `size` measured, as rows: plain values in, plain values out."""

from collections.abc import Mapping, Sequence
from statistics import median

from benchmarks.plots import Panel, Plot
from benchmarks.report import Row

MEGABYTE = 1e6
GOAL = "at most 1/6 (0.17)"

Measured = Mapping[str, Sequence[float]]
"""Bytes and seconds by what they are of: `deb-ours`, `install-predecessor`."""


def parse(text: str) -> dict[str, list[float]]:
    """Read lines of a name and a number; a name may come more than once."""
    found: dict[str, list[float]] = {}
    for line in text.splitlines():
        name, value = line.split()
        found.setdefault(name, []).append(float(value))
    return found


def rows(measured: Measured, make_install: float) -> list[Row]:
    """Compare ours to the predecessor's and to a plain build; `make_install` is in seconds."""
    install = "apt-get install of our deb"
    return [
        _size(measured, "our tarball", "tarball-ours", "the predecessor's tarball", "tarball-predecessor", GOAL),
        _size(measured, "our deb", "deb-ours", "the predecessor's tarball", "tarball-predecessor", GOAL),
        _size(measured, "our deb", "deb-ours", "a deb of the predecessor's tree", "deb-predecessor", GOAL),
        _size(measured, "our tarball", "tarball-ours", "a tarball of a plain build", "tarball-plain"),
        _size(measured, "our installed tree", "installed-ours", "the predecessor's", "installed-predecessor"),
        _size(measured, "our installed tree", "installed-ours", "a plain build's", "installed-plain"),
        _seconds(measured, install, "the same of the predecessor's deb", measured["install-predecessor"]),
        _seconds(measured, install, "`make install`", [make_install]),
    ]


def plot(measured: Measured, make_install: float) -> Plot:
    """Draw sizes and times side by side."""
    compressed = ("tarball-ours", "deb-ours", "tarball-predecessor", "deb-predecessor", "tarball-plain")
    installed = ("installed-ours", "installed-predecessor", "installed-plain")
    seconds = {
        "ours, apt-get": median(measured["install-ours"]),
        "predecessor, apt-get": median(measured["install-predecessor"]),
        "make install": make_install,
    }
    return Plot(
        panels=[
            _panel("compressed", "MB", {_name(n): measured[n][0] / MEGABYTE for n in compressed}),
            _panel("installed", "MB", {_name(n): measured[n][0] / MEGABYTE for n in installed}),
            _panel("to install", "seconds", seconds),
        ]
    )


def _size(measured: Measured, what: str, ours: str, other: str, theirs: str, goal: str = "") -> Row:
    return Row(
        what=what,
        values=[value / MEGABYTE for value in measured[ours]],
        unit="MB",
        compared_to=other,
        reference=[value / MEGABYTE for value in measured[theirs]],
        goal=goal,
    )


def _seconds(measured: Measured, what: str, other: str, reference: Sequence[float]) -> Row:
    return Row(what=what, values=measured["install-ours"], unit="s", compared_to=other, reference=reference)


def _panel(title: str, unit: str, values: Mapping[str, float]) -> Panel:
    return Panel(title=title, unit=unit, kind="stack", labels=list(values), series={title: list(values.values())})


def _name(key: str) -> str:
    kind, _, whose = key.partition("-")
    return whose if kind == "installed" else f"{whose}, {kind}"
