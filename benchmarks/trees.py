"""Builds in containers, and what they leave, kept for the benchmarks that need no fresh build.

Kept is what a build of the same commands, scripts, source and image left; it goes when its successor is there.
"""

import dataclasses
import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import docker

from benchmarks.containers import copy_out, finish, fresh_container, put, read
from benchmarks.machine import KEPT, say
from benchmarks.recipe_stages import USER, WORK, Way
from benchmarks.tarballs import Tarball, tarball
from benchmarks.timed import TIMES, Spent, by_phase, script
from python_builds.adapters.building.recipe import packed, recipe
from python_builds.adapters.workers.local_engine import has_image, local_engine
from python_builds.core.errors import FarmError
from python_builds.core.platforms.platform import Platform
from python_builds.core.platforms.platforms import platform_named
from python_builds.core.workers.docker_hosts import DockerHost
from python_builds.core.workers.images import worker_image
from python_builds.farm.workers.workers import CCACHE

CCACHE_SIZE = "2G"
SPENT = "spent.json"
"""Written last: where it is, the rest is complete."""

LOG = KEPT / "last-build.log"
"""What the last build said, whether it worked or not."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a version is built and tried: containers of a platform's worker image, or of one that is made from it."""

    engine: docker.DockerClient
    host: DockerHost
    platform: Platform
    image: str
    tarball: Tarball


@dataclass(frozen=True, kw_only=True)
class Build:
    """What a build cost and left."""

    spent: Mapping[str, Spent]
    """By phase."""
    folder: Path
    """Has the files that the way names."""


@dataclass(frozen=True, kw_only=True)
class Given:
    """What a build gets beside scripts and source."""

    ccache: str = ""
    """Name of a volume; without, the cache is empty and goes with the container."""
    files: Mapping[str, Path] = field(default_factory=dict)


def place(platform: str, version: str) -> Place:
    """Prepare to build a version for a platform on this machine's engine.

    Raises:
        FarmError: if the worker image is missing.
    """
    row = platform_named(platform)
    image = worker_image(row)
    if not has_image(local_engine(), image):
        raise FarmError(f"{image} is not on this Docker host: `make images PLATFORM={platform}` builds it")
    return place_with(image, row, tarball(version))


def place_with(image: str, row: Platform, source: Tarball) -> Place:
    """Prepare to build a tarball as for a platform, in containers of an image of this machine's engine."""
    return Place(engine=docker.from_env(), host=local_engine(), platform=row, image=image, tarball=source)


def kept(where: Place, way: Way) -> Build:
    """Return what such a build left, or build."""
    folder = _folder(where, way)
    if not (folder / SPENT).is_file():
        return build(where, way)
    spent = {phase: Spent(**values) for phase, values in json.loads((folder / SPENT).read_text()).items()}
    return Build(spent=spent, folder=folder)


def build(where: Place, way: Way, given: Given = Given()) -> Build:
    """Build, measure it, and keep what it leaves instead of what an earlier one left."""
    say(f"build of CPython {where.tarball.version} on {where.platform.name}: {way.name}")
    folder = _folder(where, way)
    partial = folder.with_name(f".{folder.name}.{os.getpid()}")
    partial.mkdir(parents=True)
    try:
        spent = _run(where, way, given, partial)
        values = {phase: dataclasses.asdict(seconds) for phase, seconds in spent.items()}
        (partial / SPENT).write_text(json.dumps(values, indent=2) + "\n")
        for old in folder.parent.glob(f"{folder.name.rpartition('-')[0]}-*"):
            shutil.rmtree(old)
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return Build(spent=spent, folder=folder)


def _run(where: Place, way: Way, given: Given, folder: Path) -> dict[str, Spent]:
    mounts = {given.ccache: {"bind": CCACHE, "mode": "rw"}} if given.ccache else {}
    cache = {"PYTHON_BUILDS_CCACHE": "bench", "CCACHE_DIR": CCACHE, "CCACHE_MAXSIZE": CCACHE_SIZE}
    environment = {"PYTHON_BUILDS_BUILD_USER": USER, **cache}
    command = ["bash", "-c", script(way.stages)]
    with fresh_container(
        where.engine, where.host, where.image, command, working_dir=WORK, environment=environment, volumes=mounts
    ) as made:
        put(made, WORK, {"scripts": way.scripts, where.tarball.name: where.tarball.path, **given.files})
        try:
            finish(made)
        finally:
            LOG.write_bytes(made.logs())
        for name, path in way.leaves.items():
            copy_out(made, f"{WORK}/{path}", folder / name)
        return by_phase(way.stages, read(made, TIMES))


def _folder(where: Place, way: Way) -> Path:
    """Name the folder for what a way leaves; its last part is a digest of all that could make it another."""
    parts = [
        where.tarball.sha256,
        str(where.engine.images.get(where.image).id),
        recipe(packed(way.scripts), where.platform, where.image) if way.name.startswith("ours") else "",
        repr([stage.command for stage in way.stages]),
    ]
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
    return KEPT / "builds" / f"{where.platform.name}-{where.tarball.version}-{way.name}-{digest}"
