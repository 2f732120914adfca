"""What a queue of thousands costs, beside a past of as many: asking, looking, telling, cancelling, pages, throughput.

Compared to a stock Buildbot of the same size.
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

from benchmarks.machine import say
from benchmarks.report import Result, Row
from benchmarks.scale_history import write_history
from benchmarks.scale_masters import (
    BUILDERS,
    Fill,
    Master,
    Watch,
    farm_with,
    looks,
    ran,
    started,
    stock,
    trivial_farm,
    wait,
)
from benchmarks.scale_pages import open_pages

MINORS, PATCHES = ("3.9", "3.10", "3.11"), 50
FINISHED = 20_000
PENDING = 1300
"""On one builder, for the pages."""

ON = "debian-12-amd64"
TRIVIAL, APART = 400, 20
"""Trivial builds between which the clock runs, and as many before and after as are left out."""

REASON = "measured"

STOCK = "a stock Buildbot"
GOALS = {
    ("asking for all", "wall"): "under 60 s for 3,000",
    ("a look of the planner", "wall"): "under 2 s",
    ("make status", "wall"): "under 2 s",
    ("cancelling all", "wall"): "under 20 s",
    ("the slowest page", "wall"): "under 3 s",
    ("trivial builds", "builds/s"): "at least 12 builds/s",
}

Found = dict[str, list[dict[str, float]]]
"""What was measured: of each thing some runs, each with its values by their unit, or `wall` and `CPU` in seconds."""

NOTES = f"""\
Both masters have {len(BUILDERS)} builders, one for each platform and architecture of the table, SQLite with 20,000
finished builds in it, and workers for them that begin nothing. The farm finds by itself that it lacks every release of
three minors, from a python.org on this machine: each is fetched, verified and mirrored, and then asked for on every
platform that is supported. The stock Buildbot is configured as its manual begins, and has one builder more, whose only
step triggers the same number of others; it fetches nothing.

*Asking* ends when no release is left to be asked for. *Cancelling* is what `make cancel` does; of a stock Buildbot,
what its own pages do, eight at a time. *A look* is one of the planner with all of that waiting.
*A page* is what the web UI asks for when a page is opened, all at once as a browser does, with {PENDING:,} requests
waiting on one builder; each page was opened three times, of which the median counts. *Trivial builds* are
one `true` each, on eight workers in the master's process, from a queue; the farm's is its whole configuration with one
builder more. CPU is that of the master's process."""


def measure() -> Result:
    """Measure the farm and a stock Buildbot in turn."""
    mine, queued = queue_of_farm()
    theirs = queue_of_stock(queued)
    waiting, trivial = past({ON: PENDING}), past({"trivial": TRIVIAL + 2 * APART})
    say("pages")
    with farm_with(waiting) as farm:
        mine |= open_pages(started(farm), ON)
        ran(farm, "stop")
    with stock(waiting) as master:
        theirs |= open_pages(master, ON)
    say("trivial builds")
    with trivial_farm(trivial) as master:
        mine |= trivial_builds(master)
    with stock(trivial, "trivial.cfg") as master:
        theirs |= trivial_builds(master)
    rows = [row for what in mine for row in _rows(what, mine, theirs)]
    return Result(title=f"A queue of {queued:,} builds", rows=rows, notes=NOTES, raw={"farm": mine, "stock": theirs})


def past(waiting: Mapping[str, int]) -> Fill:
    """Make what writes the past, and what waits by builder."""
    versions = [f"3.8.{patch}" for patch in range(30)]
    return lambda url: write_history(url, BUILDERS, versions, FINISHED, waiting)


def queue_of_farm() -> tuple[Found, int]:
    """Have a farm ask for all that it lacks, look at that, tell of it, and cancel it; also say how much it was."""
    with farm_with(past({}), [f"{minor}.{patch}" for minor in MINORS for patch in range(PATCHES)]) as farm:
        say("asking for all that is lacking")
        master = started(farm)
        watch = Watch(master.process)
        wait(lambda: master.count("%-%64") > 0, "the first request of a platform")
        wait(lambda: master.count("release") == 0, "the last request of a release")
        found: Found = {"asking for all": [watch.times()]}
        queued = master.count("%-%64")
        say(f"looking at {queued} builds that wait")
        found["a look of the planner"] = [{"wall": seconds} for seconds in looks(farm, 3)]
        for target in ("status", "plan"):
            found[f"make {target}"] = [ran(farm, target) for _ in range(3)]
        found["cancelling all"] = [cancelled(master, lambda asked: master.client.cancel(asked, REASON))]
        ran(farm, "stop")
        return found, queued


def queue_of_stock(queued: int) -> Found:
    """Have a stock Buildbot ask for as much, and cancel it."""
    with stock(past({})) as master:
        say("asking for as much of a stock Buildbot")
        watch = Watch(master.process)
        for _ in range(round(queued / len(BUILDERS))):
            master.client.force("release", username="Bench <bench@example.org>")
        wait(lambda: master.count("release") == 0, "the last request that triggers")
        found = {"asking for all": [watch.times()]}
        return {**found, "cancelling all": [cancelled(master, lambda asked: one_by_one(master, asked))]}


def one_by_one(master: Master, asked: Iterable[int]) -> None:
    """Cancel requests as Buildbot's own pages do, but eight at a time."""
    client = master.client
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: client.control(f"buildrequests/{number}", "cancel", reason=REASON), asked))


def cancelled(master: Master, cancel: Callable[[Iterable[int]], object]) -> dict[str, float]:
    """Cancel all that waits."""
    say("cancelling")
    watch = Watch(master.process)
    cancel(master.client.unfinished())
    wait(lambda: not master.count("%-%64"), "the end of what was cancelled")
    return watch.times()


def trivial_builds(master: Master) -> Found:
    """Count how many trivial builds end in a second, while more of them wait."""
    wait(lambda: master.count("trivial", complete=True) >= APART, "the first trivial builds")
    before, watch = master.count("trivial", complete=True), Watch(master.process)
    wait(lambda: master.count("trivial", complete=True) >= before + TRIVIAL, "the last trivial build")
    done, times = master.count("trivial", complete=True) - before, watch.times()
    return {"trivial builds": [{"builds/s": done / times["wall"], "CPU of one": times["CPU"] / done}]}


def _rows(what: str, mine: Found, theirs: Found) -> list[Row]:
    return [
        Row(
            what=what if unit in ("wall", "builds/s") else f"{what}, {unit}",
            values=[value[unit] for value in mine[what]],
            unit="s" if unit != "builds/s" else unit,
            compared_to=STOCK if what in theirs else "",
            reference=[value[unit] for value in theirs.get(what, [])],
            goal=GOALS.get((what, unit), ""),
        )
        for unit in mine[what][0]
    ]
