"""How large what we ship is, and how long it takes to install, beside the predecessor's and a plain build."""

from collections.abc import Mapping
from pathlib import Path

from benchmarks import size_rows
from benchmarks.containers import finish, fresh_container, put, read
from benchmarks.machine import say
from benchmarks.plots import PROGRAMS, require_tools
from benchmarks.recipe_stages import TREE, ours, plain, predecessor
from benchmarks.report import Result
from benchmarks.trees import Place, kept, place

PLATFORM, VERSION = "debian-12", "3.11.2"
INSTALLS = 5
"""Of each package, one after the other."""

FOLDER = "/srv/size"

NOTES = f"""\
Ours: the tarball and the deb that the farm's scripts make. The predecessor's: `tar czf` of what its build installed,
and a deb of that tree by `dpkg-deb -Zgzip`. Plain: `./configure --prefix=PREFIX && make && make install`, by `tar czf`.
Installed: the bytes of all files, those with several names counted once.

Packages were installed {INSTALLS} times each, in turn, by `apt-get install ./FILE` in one container of the worker
image, which has all that they depend on; each was purged again before the next. `make install` is the one of the
plain build. 1 MB is a million bytes."""


def measure() -> Result:
    """Measure."""
    require_tools()
    return compare(place(PLATFORM, VERSION))


def compare(where: Place, *, optimized: bool = True, installs: int = INSTALLS) -> Result:
    """Compare what the builds of a place leave; those that are not optimized only prove that it works."""
    mine = kept(where, ours(where.platform, where.tarball, "optimized" if optimized else "quick"))
    theirs = kept(where, predecessor(where.tarball, optimized=optimized))
    bare = kept(where, plain(where.tarball))
    say(f"sizes and {installs} installations of each package")
    measured = _try(
        where,
        installs,
        {
            **{name: mine.folder / name for name in ("ours.deb", "ours.tar.gz")},
            "ours.tar": mine.folder / TREE,
            "predecessor.tar": theirs.folder / TREE,
            "plain.tar": bare.folder / TREE,
        },
    )
    return Result(
        title="What an installation takes",
        rows=size_rows.rows(measured, bare.spent["install"].wall),
        plot=size_rows.plot(measured, bare.spent["install"].wall),
        notes=NOTES,
        about={
            "image": where.image,
            "source": f"{where.tarball.name}, SHA-256 {where.tarball.sha256}",
        },
        raw=measured,
    )


def _try(where: Place, installs: int, files: Mapping[str, Path]) -> dict[str, list[float]]:
    command = ["programs/measure-size.sh", where.tarball.version, str(installs)]
    with fresh_container(where.engine, where.host, where.image, command, working_dir=FOLDER) as made:
        put(made, FOLDER, {"programs": PROGRAMS, **files})
        finish(made)
        return size_rows.parse(read(made, f"{FOLDER}/measured"))
