"""What an optimized CPython costs to build: ours from nothing or with what is stored, beside the predecessor's.

All are built anew on one machine in one run, each in a container with the farm's limits.
"""

import os
from collections.abc import Mapping, Sequence

from benchmarks import build_cost_rows
from benchmarks.containers import volumes
from benchmarks.machine import say
from benchmarks.plots import require_tools
from benchmarks.recipe_stages import TRAINING_DATA, ours, predecessor
from benchmarks.report import Result
from benchmarks.timed import Spent
from benchmarks.trees import Given, Place, build, place

PLATFORM, VERSION = "debian-12", "3.11.2"

NOTES = """\
Seconds that bash's `time` tells of each stage and all its processes, in containers with the farm's limits and {cores:g}
cores, from unpacking to the installed tree. Smoke tests and packaging, which the predecessor has none of, are in
the details and not in the sums.

- The predecessor's way: `./configure --enable-shared --enable-optimizations`, `make` without `-j`, `make install`;
  it has no ccache.
- Ours: the farm's scripts, which use all cores. Cold: an empty ccache. Warm: the ccache that the cold build filled.
- Stored training data: those of the cold build instead of the instrumented compilation and the training; with an empty
  ccache, and with the one that this build filled, which is a rebuild.

They ran in the order of the details."""


def measure() -> Result:
    """Measure all ways, the predecessor's first and last."""
    require_tools()
    return compare(place(PLATFORM, VERSION))


def compare(where: Place, *, optimized: bool = True) -> Result:
    """Build in all ways; not optimized, which proves nothing, there is no training and so nothing stored."""
    runs: list[tuple[str, Mapping[str, Spent]]] = []
    theirs = predecessor(where.tarball, optimized=optimized)
    profile = "optimized" if optimized else "quick"
    mine = ours(where.tarball, profile)
    name = f"python-builds-bench-{os.getpid()}"

    with volumes(where.engine, f"{name}-a", f"{name}-b"):
        runs.append((build_cost_rows.PREDECESSOR, build(where, theirs).spent))
        cold = build(where, mine, Given(ccache=f"{name}-a"))
        runs.append((build_cost_rows.COLD, cold.spent))
        if optimized:
            stored = ours(where.tarball, stored=True)
            given = Given(ccache=f"{name}-b", files={TRAINING_DATA: cold.folder / TRAINING_DATA})
            runs.append((build_cost_rows.STORED, build(where, stored, given).spent))
            runs.append((build_cost_rows.REBUILD, build(where, stored, given).spent))
        runs.append((build_cost_rows.WARM, build(where, mine, Given(ccache=f"{name}-a")).spent))
        runs.append((build_cost_rows.PREDECESSOR, build(where, theirs).spent))
    say("done")
    return result(where, runs)


def result(where: Place, runs: Sequence[tuple[str, Mapping[str, Spent]]]) -> Result:
    """Write down what was measured."""
    return Result(
        title="What a build costs",
        rows=build_cost_rows.rows(runs),
        tables=[build_cost_rows.details(runs)],
        plot=build_cost_rows.plot(runs),
        notes=NOTES.format(cores=where.host.cores),
        about={
            "image": where.image,
            "source": f"{where.tarball.name}, SHA-256 {where.tarball.sha256}",
        },
        raw={"runs": [{"way": name, "phases": {p: vars(s) for p, s in spent.items()}} for name, spent in runs]},
    )
