"""Where builds run when no setting says so: in containers, if this machine's own Docker engine can, else right here."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from python_builds.adapters.workers.local_engine import has_image, local_engine
from python_builds.cli.building.alive import Alive, Log, Sign
from python_builds.core.errors import ImageError
from python_builds.core.platforms.platform import Platform
from python_builds.core.platforms.platforms import PLATFORMS
from python_builds.core.settings.settings import Settings, variable
from python_builds.core.workers.docker_hosts import DockerHost
from python_builds.core.workers.images import worker_image

CHOSEN_BY = ("docker_hosts", "local_worker")
"""Settings of which any one, once set, leaves nothing to choose."""


@dataclass(frozen=True, kw_only=True)
class WorkerChoice:
    """What was found, for people and for the master."""

    why: str
    engine: DockerHost | None = None

    def __str__(self) -> str:
        return f"builds run {'in containers' if self.engine else 'on this machine'}: {self.why}"


def for_build(settings: Settings, platforms: Sequence[Platform]) -> WorkerChoice | None:
    """Choose for one build: containers if every platform's image is there or can be built; None if settings say it."""
    if settings.model_fields_set & {*CHOSEN_BY}:
        return None
    try:
        engine = local_engine()
        for platform in platforms:
            if not has_image(engine, worker_image(platform)):
                _build_image(engine, platform, settings.state_dir)
    except ImageError as error:
        return WorkerChoice(why=str(error))
    names = ", ".join(worker_image(platform) for platform in platforms)
    return WorkerChoice(why=f"the Docker engine answers and has {names}", engine=engine)


def for_farm(settings: Settings) -> WorkerChoice | None:
    """Choose for a farm: containers if the engine has any worker image; None if settings say it."""
    if settings.model_fields_set & {*CHOSEN_BY}:
        return None
    try:
        engine = local_engine()
        there = [p.name for p in PLATFORMS if has_image(engine, worker_image(p))]
    except ImageError as error:
        return WorkerChoice(why=str(error))
    if not there:
        return WorkerChoice(why="the Docker engine has no worker image; `make images` builds them")
    return WorkerChoice(why=f"the Docker engine has the worker images of {', '.join(there)}", engine=engine)


def with_engine(settings: Settings, engine: DockerHost | None) -> Settings:
    """Give the settings of a farm that uses the engine."""
    if engine is None:
        return settings
    return settings.model_copy(update={"docker_hosts": (engine,), "worker_host": engine.master})


def engine_environment(engine: DockerHost | None) -> dict[str, str]:
    """Tell a master the same."""
    if engine is None:
        return {}
    hosts = json.dumps([engine.model_dump(mode="json")])
    return {variable("docker_hosts"): hosts, variable("worker_host"): engine.master}


def _build_image(engine: DockerHost, platform: Platform, state_dir: Path) -> None:
    """Build a worker image; its base image is pulled, or made by debootstrap where no registry is reached.

    Raises:
        ImageError: if that is not possible here.
    """
    image = worker_image(platform)
    if shutil.which("docker") is None:
        raise ImageError(f"the Docker engine has no {image}, and the docker command that builds it is not installed")
    state_dir.mkdir(parents=True, exist_ok=True)
    path = state_dir / f"worker-image-{platform.name}.log"
    print(f"building {image}, which takes some minutes the first time", flush=True)
    environment = {**os.environ, "DOCKER_HOST": engine.url}
    with path.open("wb") as log:

        def run(*command: str) -> bool:
            process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
            return _watched(process, f"building {image}", path) == 0

        ours, named = (sys.executable, "-m", "python_builds"), f"--platform={platform.name}"
        if not has_image(engine, platform.base_image) and not run("docker", "pull", platform.base_image):
            run(*ours, "base-image", named)
        if not run(*ours, "images", named):
            raise ImageError(f"the Docker engine has no {image}, and it could not be built: see {path}")


def _watched(process: subprocess.Popen[bytes], what: str, path: Path) -> int:
    """Show that a process lives, which writes into a file, until it ends; it does not outlive this one's waiting."""
    alive, began = Alive(sys.stdout), time.monotonic()
    with process:
        try:
            while process.poll() is None:
                alive.show(what, Sign(what=what, seconds=time.monotonic() - began), lambda: _end_of(path))
                time.sleep(0.3)
        except BaseException:
            process.kill()
            raise
        finally:
            alive.clear()
    return process.returncode


def _end_of(path: Path) -> Log:
    lines = [line for line in path.read_text(errors="replace").splitlines() if line.strip()]
    return Log(place=str(path), last=lines[-1] if lines else "")
