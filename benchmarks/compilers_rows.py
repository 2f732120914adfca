"""What the builds of `compilers` tell, as rows: plain values in, plain values out."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.bootstrap import Samples, interval, mean_ratio, ratios
from benchmarks.report import Row, Table, short

REFERENCE = "12"
"""The series that the others are compared to: what Debian 12 has, which the recipe was written with."""

COMPILING = ("compile", "instrumented", "optimized")


@dataclass(frozen=True, kw_only=True)
class Compiler:
    """A series of gcc, the image of ours that it is in, and the systems whose own compiler is of that series."""

    gcc: str
    image: str
    default_of: str


@dataclass(frozen=True, kw_only=True)
class Built:
    """What a build with a compiler cost and left."""

    compiler: Compiler
    version: str
    """Python's own, with the compiler's at its end."""
    spent: Mapping[str, float]
    """CPU seconds by phase."""
    tests: str
    flags: frozenset[str]
    deb: int
    """In bytes."""

    @property
    def name(self) -> str:
        """Name it as the interpreters are named."""
        return f"gcc-{self.compiler.gcc}"


def passed(log: str) -> str:
    """Read how many files of CPython's tests passed, and how many were skipped.

    Raises:
        ValueError: if the log does not say so.
    """
    if not (found := re.search(r"^(?:All )?(\d+) tests? OK\.$", log, re.MULTILINE)):
        raise ValueError("the log of the smoke tests does not say how many passed")
    skipped = re.search(r"^(\d+) tests? skipped:", log, re.MULTILINE)
    return f"{found[1]} passed" + (f", {skipped[1]} skipped" if skipped else "")


def flags(text: str) -> frozenset[str]:
    """Find the compiler's and the linker's flags in what configure and make were given; the number of cores is none."""
    return frozenset(re.sub(r"-flto=\d+", "-flto", word) for word in re.findall(r"(?<![\w-])-[fW][^\s'\"()]+", text))


def rows(built: Sequence[Built], medians: Samples) -> list[Row]:
    """Compare the speed of each to the reference's."""
    reference = f"gcc-{REFERENCE}"
    return [
        Row(
            what=f"gcc {one.compiler.gcc}: {len(medians)} benchmarks",
            values=[],
            unit="",
            compared_to=f"gcc {REFERENCE}",
            estimate=(mean_ratio(medians, one.name, reference), *interval(medians, one.name, reference)),
            goal="at least 0.90",
        )
        for one in built
        if one.name != reference
    ]


def details(built: Sequence[Built]) -> Table:
    """List what each build cost and left."""
    everything = frozenset().union(*(one.flags for one in built))
    return Table(
        title="The builds",
        header=["gcc", "of", "compile", "training", "smoke tests", "deb", "without"],
        lines=[
            [
                compiler_version(one.version),
                f"{one.compiler.default_of} (built on {one.compiler.image})",
                f"{short(sum(one.spent.get(phase, 0) for phase in COMPILING))} s",
                f"{short(one.spent.get('training', 0))} s",
                one.tests,
                f"{one.deb / 1e6:.2f} MB",
                ", ".join(f"`{flag}`" for flag in sorted(everything - one.flags)) or "-",
            ]
            for one in built
        ],
    )


def kept(built: Sequence[Built]) -> list[dict[str, str]]:
    """Say of each what a stand-in of a platform tells: series, version, where it was built, tests."""
    return [
        {
            "gcc": one.compiler.gcc,
            "version": compiler_version(one.version),
            "image": one.compiler.image,
            "tests": one.tests,
        }
        for one in built
    ]


def ratios_of_each(built: Sequence[Built], medians: Samples) -> Table:
    """List the ratio of each benchmark and compiler."""
    others = [one for one in built if one.compiler.gcc != REFERENCE]
    found = {one.name: ratios(medians, one.name, f"gcc-{REFERENCE}") for one in others}
    return Table(
        title=f"Times under gcc {REFERENCE}'s by those under each",
        header=["benchmark", *(f"gcc {one.compiler.gcc}" for one in others)],
        lines=[[name, *(f"{found[one.name][name]:.2f}" for one in others)] for name in medians],
    )


def compiler_version(version: str) -> str:
    """Take the compiler's version from Python's own: `3.11.2 (...) [GCC 12.2.0]`.

    Raises:
        ValueError: if there is none.
    """
    if not (found := re.search(r"\[GCC ([\d.]+)", version)):
        raise ValueError(f"{version!r} names no gcc")
    return found[1]
