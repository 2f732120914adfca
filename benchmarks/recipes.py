"""What a change of the scripts does to the speed: interpreters by this checkout's, and by those of an earlier commit.

In turn on one core, in one container; by the same benchmarks as `speed`.
"""

import dataclasses
import io
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path

from benchmarks.bootstrap import Samples, interval, mean_ratio, ratios
from benchmarks.machine import KEPT, say
from benchmarks.plots import require_tools
from benchmarks.recipe_stages import TREE, ours
from benchmarks.report import Result, Row, Table, short
from benchmarks.speed import BENCHMARKS, FOLDER, SCRIPTS, TARGETS, VALUES, WARMUPS, chosen, run_pyperf
from benchmarks.trees import Build, Place, kept, place
from python_builds.core.errors import FarmError
from python_builds.core.settings.setting_types import CHECKOUT

NOW, BEFORE, DISTRIBUTION = "now", "before", "the distribution's"
COMPARED = ((NOW, BEFORE), (NOW, DISTRIBUTION), (BEFORE, DISTRIBUTION))
STARTING = ("python_startup", "python_startup_no_site")
"""Those of the benchmarks that do nothing but start and end."""

ROUNDS = 8
LAY_OUT = "for tree in now before; do mkdir $tree; tar -C $tree -xf $tree.tar; done; chown -R nobody:nogroup ."


def measure(platform: str = "", against: str = "", rounds: int = ROUNDS) -> Result:
    """Build what is not kept, then measure on all platforms of `speed`, or the named ones, against a commit."""
    require_tools()
    revision = against or _git("log", "-1", "--format=%h^", "--", "scripts").decode().strip()
    scripts = scripts_of(revision, KEPT / "scripts-before")
    places = [place(name, version) for name, version in chosen(platform).items()]
    builds = [both(where, scripts) for where in places]
    found = [compare(where, built, rounds) for where, built in zip(places, builds, strict=True)]
    labels = [f"CPython {where.tarball.version} on {where.platform.name}" for where in places]
    return Result(
        title="What the scripts' change does to the speed",
        rows=[row for label, medians in zip(labels, found, strict=True) for row in rows(label, medians)],
        tables=[
            table(label, medians)
            for label, medians in zip(labels, found, strict=True)
            for table in (intervals, details)
        ],
        notes=notes(revision, rounds),
        raw={label: {"medians": medians} for label, medians in zip(labels, found, strict=True)},
    )


def scripts_of(revision: str, folder: Path) -> Path:
    """Lay out the scripts of a commit.

    Raises:
        FarmError: if there is no such commit, it has none, or they lie where this checkout's steps do not look.
    """
    packed = _git("archive", "--format=tar", revision, "scripts")
    target = folder / _git("rev-parse", "--short", revision).decode().strip()
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        tar.extractall(target)  # noqa: S202 - of this repository
    if not (target / "scripts" / "steps").is_dir():
        raise FarmError(
            f"{revision} has its scripts in one folder, where the steps of this checkout do not find them; "
            "measure against it in a checkout of the last commit that had them there"
        )
    return target / "scripts"


def both(where: Place, scripts: Path) -> dict[str, Build]:
    """Build with the scripts of this checkout and with others, by the steps that this checkout has."""
    now = ours(where.platform, where.tarball)
    return {NOW: kept(where, now), BEFORE: kept(where, dataclasses.replace(now, name="ours-before", scripts=scripts))}


def compare(where: Place, builds: Mapping[str, Build], rounds: int) -> Samples:
    """Run the benchmarks under both interpreters and the distribution's own."""
    version = where.tarball.version
    minor = version.rpartition(".")[0]
    say(f"{len(BENCHMARKS)} benchmarks with CPython {version} on {where.platform.name}, {rounds} rounds")
    interpreters = {name: f"{FOLDER}/{name}/{version}/bin/python{minor}" for name in builds}
    if TARGETS.get(where.platform.name) == version:
        interpreters[DISTRIBUTION] = f"/usr/bin/python{minor}"
    plan = {
        "interpreters": interpreters,
        "benchmarks": {n: [f"{SCRIPTS}/bm_{c[0]}/run_benchmark.py", *c[1:]] for n, c in BENCHMARKS.items()},
        "rounds": rounds,
        "values": VALUES,
        "warmups": WARMUPS,
    }
    medians: Samples = run_pyperf(where, plan, {f"{n}.tar": b.folder / TREE for n, b in builds.items()}, LAY_OUT)[
        "medians"
    ]
    return medians


def rows(label: str, medians: Samples) -> list[Row]:
    """Give the geometric mean of each comparison with its interval, of all benchmarks and of starting alone."""
    return [
        Row(what=what, values=[], unit="", compared_to=other, estimate=(mean, low, high))
        for what, other, mean, low, high in _means(label, medians)
    ]


def intervals(label: str, medians: Samples) -> Table:
    """Give the same with the digits that a change of the flags takes."""
    return Table(
        title=f"{label}, geometric means",
        header=["", "ratio", "95 %"],
        lines=[
            [f"{what} v. {other}", f"{mean:.3f}", f"{low:.3f} to {high:.3f}"]
            for what, other, mean, low, high in _means(label, medians)
        ],
    )


def _means(label: str, medians: Samples) -> list[tuple[str, str, float, float, float]]:
    sets = {label: medians, f"{label}, starting": {name: medians[name] for name in STARTING if name in medians}}
    return [
        (f"{what}: {one}", other, mean_ratio(samples, one, other), *interval(samples, one, other))
        for what, samples in sets.items()
        if samples
        for one, other in _pairs(samples)
    ]


def _pairs(medians: Samples) -> list[tuple[str, str]]:
    measured = next(iter(medians.values()))
    return [pair for pair in COMPARED if measured.keys() >= {*pair}]


def details(label: str, medians: Samples) -> Table:
    """List the ratios of each benchmark, and the smallest time that it took with the scripts as they are."""
    found = [ratios(medians, one, other) for one, other in _pairs(medians)]
    return Table(
        title=label,
        header=["benchmark", NOW, *(f"{one} v. {other}" for one, other in _pairs(medians))],
        lines=[
            [name, f"{short(1000 * min(times[NOW]))} ms", *(f"{by_name[name]:.3f}" for by_name in found)]
            for name, times in medians.items()
        ],
    )


def notes(revision: str, rounds: int) -> str:
    """Say how it was measured."""
    return f"""\
*{NOW}* is built by the scripts of this checkout, *{BEFORE}* by those of {revision}, each trained anew; *{DISTRIBUTION}*
is its own package of the same version. Ratios are of times, the second's by the first's: above 1, the first is faster.
{rounds} rounds, in which a benchmark runs under one interpreter right after the other, every second in the opposite
order; the range is the 95 % confidence interval of a bootstrap over rounds. What two builds of the same scripts differ
by is not in it."""


def _git(*arguments: str) -> bytes:
    done = subprocess.run(["git", *arguments], cwd=CHECKOUT, stdin=subprocess.DEVNULL, capture_output=True)
    if done.returncode:
        raise FarmError(f"AGAINST= names the commit to compare with: {done.stderr.decode(errors='replace').strip()}")
    return done.stdout
