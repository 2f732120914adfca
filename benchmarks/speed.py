"""How fast our interpreter is, beside the predecessor's, the distribution's, and a program that loads our libpython.

By pyperf and pyperformance's own benchmark scripts, in containers, on one core.
"""

import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks import speed_rows
from benchmarks.containers import copy_out, finish, fresh_container, put
from benchmarks.machine import say
from benchmarks.plots import PROGRAMS, PYTHON, require_tools
from benchmarks.recipe_stages import AS_USER, TREE, ours, predecessor
from benchmarks.report import Result
from benchmarks.speed_rows import DISTRIBUTION, LIBPYTHON, OURS, PREDECESSOR, Measured
from benchmarks.trees import Place, kept, place
from python_builds.core.errors import FarmError

TARGETS = {"debian-12": "3.11.2", "debian-13": "3.13.5"}
"""Platforms, each with the version that the distribution itself has."""

ROUNDS = 8
"""In each, a process for each benchmark and interpreter; in every second, interpreters run in the opposite order."""

VALUES, WARMUPS = 3, 1
"""In each process."""

ALONE = [
    "chaos",
    "comprehensions",
    "coroutines",
    "deltablue",
    "fannkuch",
    "float",
    "go",
    "hexiom",
    "json_dumps",
    "json_loads",
    "nbody",
    "nqueens",
    "pyflate",
    "python_startup",
    "raytrace",
    "regex_compile",
    "regex_effbot",
    "regex_v8",
    "richards",
    "spectral_norm",
    "sqlite_synth",
    "telco",
    "typing_runtime_protocols",
]
CHOSEN = {
    "logging_format": ["logging", "format"],
    "pickle": ["pickle", "pickle"],
    "pickle_pure_python": ["pickle", "--pure-python", "pickle"],
    "python_startup_no_site": ["python_startup", "--no-site"],
    "scimark_sor": ["scimark", "sor"],
    "unpickle": ["pickle", "unpickle"],
    "xml_etree_process": ["xml_etree", "process"],
}
BENCHMARKS: Mapping[str, Sequence[str]] = dict(sorted({**{name: [name] for name in ALONE}, **CHOSEN}.items()))
"""By name: pyperformance's folder, and arguments that choose one of its benchmarks where it has several."""

FOLDER = "/srv/speed"
SCRIPTS = f"{FOLDER}/pyperformance/data-files/benchmarks"

NOTES = f"""\
Ratios are of times, the other's by ours: above 1, ours is faster. Each is the geometric mean over {len(BENCHMARKS)} of
pyperformance's benchmarks, unchanged, which are those that need the standard library alone and take a few seconds.

- {OURS}: what the farm's scripts build, in /opt/python/VERSION.
- {PREDECESSOR}: `LDFLAGS=-Wl,-rpath,PREFIX/lib ./configure --prefix=PREFIX --enable-shared --enable-optimizations`,
  in the same container image.
- {DISTRIBUTION}: its own package of the same version.
- {LIBPYTHON}: a program of one call, `Py_BytesMain`, linked with our libpython by `python3-config --embed`.

pyperf ran each benchmark under one interpreter right after the other, {ROUNDS} rounds, every second in the opposite
order, with a process of {VALUES} values after {WARMUPS} warm-up in each, all on one core, and as many loops under each
interpreter as it had found to be enough under the first. A process's time is the median of its values; a ratio is the
median of those of the rounds, since a shared machine changes its speed from minute to minute. The range is the 95 %
confidence interval of a bootstrap over rounds: what measuring these benchmarks again would give. The wider one below
draws the benchmarks anew, too: what others might have told."""


def measure(platform: str = "") -> Result:
    """Build what is not kept, then measure on all platforms, or the named ones."""
    require_tools()
    places = [place(name, version) for name, version in chosen(platform).items()]
    for where in places:
        trees(where)
    return result([compare(where) for where in places])


def chosen(platforms: str) -> Mapping[str, str]:
    """Choose targets by the names of platforms; all where there are none.

    Raises:
        FarmError: if one is no target.
    """
    names = platforms.split() or list(TARGETS)
    if unknown := [name for name in names if name not in TARGETS]:
        raise FarmError(f"platform names {', '.join(unknown)}; speed is measured on {', '.join(TARGETS)}")
    return {name: TARGETS[name] for name in names}


def compare(
    where: Place,
    *,
    benchmarks: Mapping[str, Sequence[str]] = BENCHMARKS,
    rounds: int = ROUNDS,
    optimized: bool = True,
) -> Measured:
    """Run the benchmarks under the four interpreters of a place; builds that are not optimized prove nothing."""
    plan = {
        "interpreters": interpreters(where.tarball.version),
        "benchmarks": {n: [f"{SCRIPTS}/bm_{c[0]}/run_benchmark.py", *c[1:]] for n, c in benchmarks.items()},
        "rounds": rounds,
        "values": VALUES,
        "warmups": WARMUPS,
    }
    say(f"{len(benchmarks)} benchmarks with CPython {where.tarball.version} on {where.platform.name}")
    lay_out = f"programs/lay-out-interpreters.sh {where.tarball.version}"
    found = run_pyperf(where, plan, trees(where, optimized=optimized), lay_out)
    if (prefix := found["interpreters"][LIBPYTHON]["prefix"]) != f"/opt/python/{where.tarball.version}":
        raise FarmError(f"the program that loads our libpython has sys.prefix {prefix}, which is not ours")
    return Measured(
        platform=where.platform.name,
        version=where.tarball.version,
        image=where.image,
        source=f"{where.tarball.name}, SHA-256 {where.tarball.sha256}",
        interpreters=found["interpreters"],
        loops=found["loops"],
        medians=found["medians"],
    )


def trees(where: Place, *, optimized: bool = True) -> dict[str, Path]:
    """Give what our build and the predecessor's have installed, as tarballs; build what is not kept."""
    mine = kept(where, ours(where.platform, where.tarball, "optimized" if optimized else "quick"))
    theirs = kept(where, predecessor(where.tarball, optimized=optimized))
    return {"ours.tar": mine.folder / TREE, "predecessor.tar": theirs.folder / TREE}


def interpreters(version: str) -> dict[str, str]:
    """Name the interpreters, in the order of the first round; loops are calibrated with the first."""
    minor = version.rpartition(".")[0]
    return {
        OURS: f"/opt/python/{version}/bin/python{minor}",
        PREDECESSOR: f"/opt/predecessor/{version}/bin/python{minor}",
        DISTRIBUTION: f"/usr/bin/python{minor}",
        LIBPYTHON: f"/opt/python/{version}/bin/python-through-libpython",
    }


def tools() -> dict[str, Path]:
    """Find what the container gets: pyperf, pyperformance's scripts and our programs.

    Raises:
        FarmError: if the virtual environment has them not.
    """
    found = {
        path.name: path for path in PYTHON.parent.parent.glob("lib/python3.*/site-packages/pyperf*") if path.is_dir()
    }
    if not {"pyperf", "pyperformance"} <= found.keys():
        raise FarmError(f"{PYTHON.parent.parent} has no pyperf and pyperformance: `make bench` installs them")
    return {"pyperf": found["pyperf"], "pyperformance": found["pyperformance"], "programs": PROGRAMS}


def result(runs: Sequence[Measured]) -> Result:
    """Write down what was measured."""
    return Result(
        title="How fast the interpreter is",
        rows=[row for one in runs for row in speed_rows.rows(one)],
        tables=[speed_rows.intervals(runs), *(speed_rows.details(one) for one in runs)],
        plot=speed_rows.plot(runs),
        notes=NOTES,
        about={name: value for one in runs for name, value in speed_rows.about(one).items()},
        raw={one.platform: {"loops": one.loops, "medians": one.medians} for one in runs},
    )


def run_pyperf(where: Place, plan: Mapping[str, Any], files: Mapping[str, Path], lay_out: str) -> dict[str, Any]:
    """Run a plan of programs/run_pyperf.py in a container, after a command that puts the files where they belong."""
    drop = f"{' '.join(AS_USER)} env HOME=/tmp PYTHONPATH={FOLDER}"
    script = f"set -eu; {lay_out}; {drop} /usr/bin/python3 programs/run_pyperf.py plan.json result.json"
    with (
        tempfile.TemporaryDirectory() as scratch,
        fresh_container(where.engine, where.host, where.image, ["bash", "-c", script], working_dir=FOLDER) as made,
    ):
        written, read = Path(scratch, "plan.json"), Path(scratch, "result.json")
        written.write_text(json.dumps(plan))
        put(made, FOLDER, {"plan.json": written, **files, **tools()})
        finish(made)
        copy_out(made, f"{FOLDER}/result.json", read)
        found: dict[str, Any] = json.loads(read.read_text())
        return found
