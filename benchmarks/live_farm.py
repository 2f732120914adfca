"""A farm of a benchmark's own, started and asked by its public commands: state, store and ccache are nobody else's."""

import ast
import contextlib
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import docker

from benchmarks.events import Events
from python_builds.adapters.workers.local_engine import has_image, local_engine
from python_builds.cli.building.progress import SUCCESS, WARNINGS
from python_builds.cli.master.client import Client
from python_builds.core.building.requests import TRUST
from python_builds.core.errors import FarmError
from python_builds.core.platforms.platforms import platform_named
from python_builds.core.publishing.artifacts import builder_name
from python_builds.core.workers.docker_hosts import DockerHost
from python_builds.core.workers.images import worker_image
from tests.e2e.farms import FarmUnderTest, make_farm

PLATFORM = platform_named("debian-12")
IMAGE = worker_image(PLATFORM)


@dataclass(frozen=True, kw_only=True)
class FarmBuild:
    """One platform build; times are seconds since the release was asked for."""

    release_submitted: float
    release_began: float
    submitted: float
    steps: dict[str, tuple[float, float]]
    """Beginning and end of each step that ran, by name and in order."""
    commands: dict[str, list[str]]
    """What the worker ran, by step."""
    folder: str
    """Where it ran that."""
    properties: dict[str, Any]

    @property
    def raw(self) -> dict[str, object]:
        """All times."""
        return {n: v for n, v in asdict(self).items() if n not in ("commands", "folder", "properties")}

    @property
    def first_on_worker(self) -> float:
        """When the worker got its first work: its container runs and has connected."""
        return next(began for name, (began, _) in self.steps.items() if name.startswith("send "))

    @property
    def published(self) -> float:
        """When the record was written, after which the build counts."""
        return self.steps["record"][1]

    def seconds(self, *names: str) -> float:
        """Add up what some steps took."""
        return sum(self.steps[name][1] - self.steps[name][0] for name in names)

    @property
    def uploads(self) -> list[str]:
        """Name the steps in which files travel from the worker to the master."""
        return [name for name in self.steps if name.startswith("upload ")]

    @property
    def uploaded_bytes(self) -> int:
        """How much travelled."""
        return sum(int(artifact["size"]) for artifact in self.properties["uploaded"])


class LiveFarm:
    """A farm that runs, whose every build is watched."""

    def __init__(self, farm: FarmUnderTest, host: DockerHost, engine: docker.DockerClient) -> None:
        self.farm, self.host, self.engine = farm, host, engine
        self.client: Client = farm.client()
        self.trust = ""
        self.events = Events(self.client)

    @property
    def ccache(self) -> str:
        """Name the volume of its builder's ccache."""
        return f"{self.host.ccache}-{builder_name(PLATFORM, self.host.architecture)}-{self.trust}"

    @property
    def store(self) -> Path:
        """Where it publishes."""
        return Path(self.farm.settings.store)

    def build(self, version: str) -> FarmBuild:
        """Force a release as the web UI does, and give the platform's build when everything is at rest again."""
        began = time.monotonic()
        release = self.client.force(
            "release", python_version=version, platforms=[PLATFORM.name], profile="quick", force=True
        )
        self._rest(release)
        parts = self.client.children(release)
        if len(parts) != 1:
            raise FarmError(f"the release build of {version} asked for {len(parts)} builds: {self._end(release)}")
        build = self.client.builds(parts[0])[-1]
        if build["results"] not in (SUCCESS, WARNINGS):
            raise FarmError(f"the build of {version} did not succeed: {build['state_string']}")
        steps = [s for s in self.client.steps(build["buildid"]) if s["results"] in (SUCCESS, WARNINGS)]
        logged = {s["name"]: found for s in steps if (found := self._command(s["stepid"]))}
        first = self.client.steps(self.client.builds(release)[-1]["buildid"])[1]  # after Buildbot's preparation
        return FarmBuild(
            release_submitted=self.events.at("buildrequests", release, "new") - began,
            release_began=self.events.at("steps", first["stepid"], "started") - began,
            submitted=self.events.at("buildrequests", parts[0], "new") - began,
            steps={s["name"]: self._times(s["stepid"], began) for s in steps},
            commands={name: command for name, (command, _) in logged.items()},
            folder=next(folder for _, folder in logged.values()),
            properties=self.client.properties(build["buildid"]),
        )

    def _times(self, step: int, began: float) -> tuple[float, float]:
        return self.events.at("steps", step, "started") - began, self.events.at("steps", step, "finished") - began

    def _rest(self, release: int) -> None:
        """Wait until nothing is asked for, the indexes included, and no container is left."""
        while self.client.get("buildrequests", complete=False)["buildrequests"]:
            time.sleep(1)
        self.trust = self.client.properties(self.client.builds(release)[-1]["buildid"])[TRUST]
        while self.engine.containers.list(all=True, filters={"volume": self.ccache}, ignore_removed=True):
            time.sleep(0.2)

    def _end(self, request: int) -> str:
        return ", ".join(str(build["state_string"]) for build in self.client.builds(request))

    def _command(self, step: int) -> tuple[list[str], str] | None:
        """Read from a step's log what the worker ran, and in which folder."""
        lines = []
        for log in self.client.get(f"steps/{step}/logs")["logs"]:
            if log["type"] == "s":
                chunks = self.client.get(f"logs/{log['logid']}/contents", offset=0, limit=10)["logchunks"]
                lines += [line.removeprefix("h ") for chunk in chunks for line in chunk["content"].splitlines()]
        command = next((line.removeprefix("argv: ") for line in lines if line.startswith("argv: ")), None)
        if command is None:
            return None
        folder = next(line.split()[2] for line in lines if line.startswith("in dir "))
        return [argument.decode() for argument in ast.literal_eval(command)], folder


@contextlib.contextmanager
def live_farm(engine: docker.DockerClient, **settings: object) -> Iterator[LiveFarm]:
    """Start a farm with one container at a time, and remove all that is left of it."""
    host = local_engine().model_copy(update={"ccache": f"python-builds-bench-{os.getpid()}"})
    if not has_image(host, IMAGE):
        raise FarmError(f"{IMAGE} is not on this Docker host: `make images PLATFORM={PLATFORM.name}` builds it")
    described = host.model_dump(mode="json", exclude_none=True)
    with make_farm(docker_hosts=[described], worker_host=host.master, local_worker="false", **settings) as farm:
        try:
            yield LiveFarm(_started(farm), host, engine)
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not cut this short
            farm.run("stop")
            _remove_volumes(engine, f"{host.ccache}-")
            signal.signal(signal.SIGINT, signal.default_int_handler)


def _started(farm: FarmUnderTest) -> FarmUnderTest:
    done = farm.run("run")
    if done.returncode:
        raise FarmError(f"the farm did not start:\n{done.stdout}")
    return farm


def _remove_volumes(engine: docker.DockerClient, start: str) -> None:
    """Remove ccache's volumes, and before them whatever container still has one: the farm's, or one made by hand."""
    for volume in engine.volumes.list():
        if volume.name.startswith(start):
            for container in engine.containers.list(all=True, filters={"volume": volume.name}):
                container.remove(force=True, v=True)
            volume.remove()
