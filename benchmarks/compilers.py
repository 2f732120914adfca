"""Whether the optimized recipe holds with each compiler of the platforms: builds, trains, passes tests, is as fast.

By the farm's own commands, in worker images of Debian's releases that have the compiler.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any

from benchmarks import compilers_rows
from benchmarks.compilers_rows import REFERENCE, Built, Compiler
from benchmarks.machine import say
from benchmarks.plots import PROGRAMS, require_tools
from benchmarks.recipe_stages import TREE, Way, ours
from benchmarks.report import Result
from benchmarks.speed import BENCHMARKS, FOLDER, SCRIPTS, VALUES, WARMUPS, run_pyperf
from benchmarks.tarballs import tarball
from benchmarks.trees import Build, Place, kept, place_with
from python_builds.adapters.workers.docker_command import docker, exists
from python_builds.cli.workers.base_images import make_base_image
from python_builds.cli.workers.images import build_image
from python_builds.core.errors import FarmError
from python_builds.core.platforms.platform import Platform
from python_builds.core.platforms.platforms import platform_named
from python_builds.core.workers.images import worker_image

VERSION = "3.11.2"
SID = dataclasses.replace(platform_named("debian-13"), name="debian-sid", base_image="debian:sid", suite="sid")
"""Has what no release has yet; no platform of the farm's."""

COMPILERS = (
    Compiler(gcc="9", image="debian-11", default_of="Ubuntu 20.04"),
    Compiler(gcc="10", image="debian-11", default_of="Debian 11"),
    Compiler(gcc="11", image="debian-12", default_of="Ubuntu 22.04, EL 9"),
    Compiler(gcc="12", image="debian-12", default_of="Debian 12"),
    Compiler(gcc="13", image="debian-13", default_of="Ubuntu 24.04"),
    Compiler(gcc="14", image="debian-13", default_of="Debian 13, EL 10"),
    Compiler(gcc="15", image=SID.name, default_of="Ubuntu 26.04"),
)
CHOSEN = ("deltablue", "json_loads", "nbody", "pickle", "regex_compile")
ROUNDS = 6

LOGS = {
    "smoke-test.log": "logs/smoke-test.log",
    "arguments": "logs/configure-arguments",
    "variables": "logs/make-variables",
}
"""What a build leaves beside the package."""

NOTES = f"""\
CPython {VERSION}, optimized, built by the farm's commands with Debian's gcc of each series, the only one on the PATH
beside the platform's own. The other distributions' compilers of a series have patches of their own, which nobody tried.

Seconds are CPU seconds of all processes with an empty ccache; *compile* is both compilations. Tests are the farm's
smoke tests. *Without* are flags that others got and this one did not, since a probe said that they do not work there.

Ratios are of times under gcc {REFERENCE}'s interpreter and under this one, geometric means over {", ".join(CHOSEN)}:
above 1, this one is faster. All interpreters ran in one container of Debian sid, one right after the other, {ROUNDS}
rounds, every second in the opposite order; the range is the 95 % confidence interval of a bootstrap over rounds."""


def measure(gcc: str = "") -> Result:
    """Build what is not kept with every compiler, or those of the named series, then compare them."""
    require_tools()
    return compare(chosen(gcc))


def chosen(names: str) -> list[Compiler]:
    """Choose compilers by their series; all where there are none. What they are compared to is always among them.

    Raises:
        FarmError: if one is not in the table.
    """
    known = {compiler.gcc: compiler for compiler in COMPILERS}
    if unknown := [name for name in names.split() if name not in known]:
        raise FarmError(f"gcc names {', '.join(unknown)}; there are {', '.join(known)}")
    wanted = {*names.split(), REFERENCE} if names else {*known}
    return [compiler for compiler in COMPILERS if compiler.gcc in wanted]


def compare(compilers: Sequence[Compiler], *, profile: str = "optimized", rounds: int = ROUNDS) -> Result:
    """Build and compare; builds that are not optimized only prove that it works."""
    require_images()
    source = tarball(VERSION)
    places = {c.gcc: place_with(image_with(c), row(c.image), source) for c in compilers}
    builds = {gcc: kept(where, way(where, gcc, profile)) for gcc, where in places.items()}
    found = time_them(place_with(worker_image(SID), SID, source), builds, rounds)
    built = [read(c, builds[c.gcc], found["interpreters"][name(c.gcc)]["version"]) for c in compilers]
    return Result(
        title="The optimized recipe with every compiler",
        rows=compilers_rows.rows(built, found["medians"]),
        tables=[compilers_rows.details(built), compilers_rows.ratios_of_each(built, found["medians"])],
        notes=NOTES,
        about={"source": f"{source.name}, SHA-256 {source.sha256}"},
        raw={"medians": found["medians"], "loops": found["loops"], "builds": compilers_rows.kept(built)},
    )


def name(gcc: str) -> str:
    """Name the interpreter of a compiler in the plan."""
    return f"gcc-{gcc}"


def row(platform: str) -> Platform:
    """Find the row of a platform, or of Debian sid."""
    return SID if platform == SID.name else platform_named(platform)


def require_images() -> None:
    """Make what Debian sid is built in; the platforms' own images are an operator's business."""
    if not exists(SID.base_image):
        make_base_image(SID)
    if not exists(worker_image(SID)):
        build_image(SID)


def image_with(compiler: Compiler) -> str:
    """Make the image of a compiler, from the platform's worker image.

    Raises:
        FarmError: if that image is missing, or this one cannot be made of it.
    """
    base = worker_image(row(compiler.image))
    if not exists(base):
        raise FarmError(f"{base} is not on this Docker host: `make images PLATFORM={compiler.image}` builds it")
    image = f"{base}-gcc-{compiler.gcc}"
    arguments = [f"--build-arg=IMAGE={base}", f"--build-arg=GCC={compiler.gcc}", f"--tag={image}"]
    if docker("build", "--quiet", f"--file={PROGRAMS}/compiler.Dockerfile", *arguments, str(PROGRAMS)):
        raise FarmError(f"{image} could not be built, see above")
    return image


def way(where: Place, gcc: str, profile: str) -> Way:
    """Build as the farm does, and keep what the build says of itself."""
    mine = ours(where.platform, where.tarball, profile)
    return dataclasses.replace(mine, name=f"ours-by-gcc-{gcc}-{profile}", leaves={**mine.leaves, **LOGS})


def time_them(where: Place, builds: dict[str, Build], rounds: int) -> dict[str, Any]:
    """Run the chosen benchmarks under all interpreters."""
    say(f"{len(CHOSEN)} benchmarks under {len(builds)} interpreters, {rounds} rounds")
    minor = VERSION.rpartition(".")[0]
    plan = {
        "interpreters": {name(gcc): f"{FOLDER}/{name(gcc)}/{VERSION}/bin/python{minor}" for gcc in builds},
        "benchmarks": {n: [f"{SCRIPTS}/bm_{BENCHMARKS[n][0]}/run_benchmark.py", *BENCHMARKS[n][1:]] for n in CHOSEN},
        "rounds": rounds,
        "values": VALUES,
        "warmups": WARMUPS,
    }
    lay_out = "for tree in gcc-*.tar; do mkdir ${tree%.tar}; tar -C ${tree%.tar} -xf $tree; done; chown -R nobody ."
    return run_pyperf(where, plan, {f"{name(gcc)}.tar": one.folder / TREE for gcc, one in builds.items()}, lay_out)


def read(compiler: Compiler, build: Build, version: str) -> Built:
    """Read what a build left."""
    texts = {log: (build.folder / log).read_text() for log in LOGS}
    return Built(
        compiler=compiler,
        version=version,
        spent={phase: seconds.cpu for phase, seconds in build.spent.items()},
        tests=compilers_rows.passed(texts["smoke-test.log"]),
        flags=compilers_rows.flags(texts["arguments"] + texts["variables"]),
        deb=(build.folder / "ours.deb").stat().st_size,
    )
