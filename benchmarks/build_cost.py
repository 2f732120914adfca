"""What an optimized CPython costs to build: ours from nothing or with what is stored, beside the predecessor's.

All are built anew on one machine in one run, each in a container with the farm's limits.
"""

import dataclasses
import os
from collections.abc import Sequence

from benchmarks import build_cost_rows
from benchmarks.build_cost_rows import COLD, PREDECESSOR, REBUILD, STORED, WARM, Run
from benchmarks.by_hand import ByHand
from benchmarks.containers import volumes
from benchmarks.plots import require_tools
from benchmarks.recipe_stages import TRAINING_DATA, USER, ours, predecessor
from benchmarks.report import Result
from benchmarks.trees import Given, Place, build, place
from python_builds.adapters.digests import file_sha256

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
    """Measure all ways, the predecessor's between those that have goals: how fast a machine is changes with time."""
    require_tools()
    return compare(place(PLATFORM, VERSION))


def compare(where: Place, *, optimized: bool = True) -> Result:
    """Build in all ways; not optimized, which proves nothing, there is no training and so nothing stored."""
    theirs = predecessor(where.tarball, optimized=optimized)
    mine = ours(where.platform, where.tarball, "optimized" if optimized else "quick")
    first, second = (f"python-builds-bench-{os.getpid()}-{letter}" for letter in "ab")
    with volumes(where.engine, first, second):
        cold = build(where, mine, Given(ccache=first))
        runs = [Run(COLD, cold.spent, first, cached(where, first))]
        runs.append(Run(PREDECESSOR, build(where, theirs).spent))
        if optimized:
            stored = ours(where.platform, where.tarball, stored=file_sha256(cold.folder / TRAINING_DATA))
            given = Given(ccache=second, files={TRAINING_DATA: cold.folder / TRAINING_DATA})
            for way in (STORED, REBUILD):
                runs.append(Run(way, build(where, stored, given).spent, second, cached(where, second)))
        runs.append(Run(WARM, build(where, mine, Given(ccache=first)).spent, first, cached(where, first)))
    return result(where, runs)


def cached(where: Place, volume: str) -> dict[str, int]:
    """Read what ccache has counted in a volume so far."""
    return ByHand(where.engine, where.host, where.image, volume, USER).cached()


def result(where: Place, runs: Sequence[Run]) -> Result:
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
            "ccache answered": build_cost_rows.hits_in_words(runs),
        },
        raw={"runs": [dataclasses.asdict(run) for run in runs]},
    )
