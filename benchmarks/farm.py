"""What the farm costs: the wait before the first step, its overhead over the same commands by hand, its file transfer.

And what a warm ccache gains. The builds are of a real CPython, quick profile, package check included; where only the
farm itself is measured, of the miniature source tree of the tests.
"""

import docker
from packaging.version import Version

from benchmarks import farm_rows
from benchmarks.by_hand import ByHand
from benchmarks.live_farm import IMAGE, FarmBuild, LiveFarm, live_farm
from benchmarks.machine import say
from benchmarks.report import Result, Row
from python_builds.adapters.building.recipe import SCRIPTS
from python_builds.core.errors import FarmError
from python_builds.core.publishing.artifacts import source_key
from tests.e2e.farms import mini_tarball

VERSION = "3.11.2"
STARTS = 5
PADDING = 200_000_000
"""Bytes in each of the two large artifacts, which no compression makes smaller."""

LARGE_BUILDS = 2
COPIES = 5

NOTES = """\
The farm and its worker's container are on one machine. Times are those of the farm's event stream. By hand: the
commands of the farm's own logs, as one shell script, in a container of the same image with the same limits and the
same ccache volume; the scripts and the tarball are in it before the clock starts, and nothing is uploaded, published
or recorded.

Whole builds are of the quick profile and ran in this order: farm with an empty ccache, farm, by hand, by hand, farm.
The package check, which downloads from the distribution's archive, is part of all of them.

Large artifacts are those of the tests' miniature tree with random bytes in it. 1 MB is a million bytes."""

Found = tuple[list[Row], dict[str, object]]
"""Rows, and the raw values behind them."""


def measure() -> Result:
    """Measure all of it, the short parts first."""
    engine = docker.from_env()
    with live_farm(engine) as farm:
        found = [starts(farm, STARTS), large_files(farm, PADDING, LARGE_BUILDS)]
    with live_farm(engine, sources="mirror apt", minimum_trust="signed-index", package_check="true") as farm:
        rows, raw, about = whole_builds(farm, VERSION)
    found.append((rows, raw))
    return Result(
        title="The farm",
        rows=[row for rows, _ in found for row in rows],
        notes=NOTES,
        about={"image": IMAGE, **about},
        raw={name: value for _, raw in found for name, value in raw.items()},
    )


def starts(farm: LiveFarm, repeats: int) -> Found:
    """Measure how long a request waits, on a farm with nothing else to do."""
    version = "3.11.3"
    mini_tarball(farm.farm.tarballs, version)
    builds, bare = [], []
    for number in range(repeats):
        say(f"request to first step, {number + 1} of {repeats}")
        builds.append(farm.build(version))
        bare.append(by_hand(farm).first_command())
    return farm_rows.starts(builds, bare), {"starts": [b.raw for b in builds], "starts by hand": bare}


def large_files(farm: LiveFarm, size: int, repeats: int) -> Found:
    """Measure how fast large artifacts travel."""
    version = "3.11.4"
    mini_tarball(farm.farm.tarballs, version, PADDING=size)
    builds = []
    for number in range(repeats):
        say(f"large artifacts, {number + 1} of {repeats}")
        builds.append(farm.build(version))
    return transfer(farm, builds, "large artifacts")


def whole_builds(farm: LiveFarm, version: str) -> tuple[list[Row], dict[str, object], dict[str, str]]:
    """Build a real CPython with an empty ccache, then with a full one in the farm and by hand: A B B A."""
    say(f"CPython {version} in the farm, empty ccache")
    cold = checked(farm.build(version))
    hand, name = by_hand(farm), str(cold.properties["source_name"])
    files = {"scripts": SCRIPTS, name: farm.store / source_key(Version(version), name)}
    warm: list[FarmBuild] = []
    alone: list[dict[str, float]] = []
    cached = [hand.cached()]
    for number, where in enumerate(("in the farm", "by hand", "by hand", "in the farm")):
        say(f"CPython {version} {where}, full ccache, {number + 1} of 4")
        if where == "by hand":
            alone.append(hand.run(cold.commands, cold.folder, files))
        else:
            warm.append(checked(farm.build(version)))
        cached.append(hand.cached())
        found, total = farm_rows.hits(cached)[-1]
        if found < total / 2:
            raise FarmError(f"ccache answered {found} of {total} compilations {where}: it was to be full")
    rows, raw = transfer(farm, [cold, *warm], "a real CPython's artifacts")
    raw |= {"empty ccache": cold.raw, "full ccache": [b.raw for b in warm], "by hand": alone, "ccache": cached}
    words = farm_rows.hits_in_words(farm_rows.hits(cached))
    about = {"source": f"{name}, SHA-256 {cold.properties['source_sha256']}", "ccache": words}
    return [*farm_rows.overhead(warm, alone), *farm_rows.gain(cold, warm), *rows], raw, about


def transfer(farm: LiveFarm, builds: list[FarmBuild], what: str) -> Found:
    """Compare the way of artifacts from the worker into the store to `docker cp` of the same files."""
    say(f"docker cp of {what}")
    files = [farm.store / artifact["key"] for artifact in builds[-1].properties["uploaded"]]
    copies = by_hand(farm).copy_out(files, COPIES)
    raw = {"bytes": builds[-1].uploaded_bytes, "docker cp": copies, "builds": [b.raw for b in builds]}
    return farm_rows.transfer(builds, copies, what), {what: raw}


def by_hand(farm: LiveFarm) -> ByHand:
    """Make containers like those of the farm, with its ccache."""
    return ByHand(farm.engine, farm.host, IMAGE, farm.ccache, farm.farm.settings.build_user)


def checked(build: FarmBuild) -> FarmBuild:
    """Return a build whose package was tried, as by hand it will be."""
    if not build.properties["checked"]:
        raise FarmError("the package could not be checked on the untouched base system, so a build was not whole")
    return build
