"""The same work without the farm: containers with the limits of the farm's, made through the same engine."""

import contextlib
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import docker
from docker.models.containers import Container

from benchmarks.containers import finish, fresh_container, put, read
from python_builds.core.workers.docker_hosts import DockerHost
from python_builds.farm.workers.workers import CCACHE

TIMES = "/tmp/times"  # noqa: S108 - in a container of its own
STAMP = f"date +%s.%N >>{TIMES}"


class ByHand:
    """Makes containers on the engine of a farm's Docker host."""

    def __init__(self, engine: docker.DockerClient, host: DockerHost, image: str, volume: str, user: str) -> None:
        self.engine, self.host, self.image = engine, host, image
        self.volume = volume
        self.user = user

    def first_command(self) -> float:
        """Measure the seconds from asking for a container to its first command."""
        began = time.time()
        with self._container(["sh", "-c", STAMP]) as made:
            return self._times(made)[0] - began

    def run(self, commands: Mapping[str, Sequence[str]], folder: str, files: Mapping[str, Path]) -> dict[str, float]:
        """Run commands in a folder that has these files, all in one container; give the seconds of each."""
        lines = [f"{shlex.join(command)}\n{STAMP}" for command in commands.values()]
        script = "\n".join(["set -eu", STAMP, *lines, ""])
        with self._container(["sh", "-c", script], working_dir=folder) as made:
            put(made, folder, files)
            times = self._times(made)
        return {name: after - before for name, (before, after) in zip(commands, pairwise(times), strict=True)}

    def copy_out(self, files: Sequence[Path], repeats: int) -> list[float]:
        """Measure the seconds that a plain `docker cp` of files out of a container takes."""
        seconds = []
        with self._container(["true"]) as made, tempfile.TemporaryDirectory(dir=files[0].parent) as target:
            for file in files:
                _docker_cp(str(file), f"{made.id}:/srv/")
            for _ in range(repeats):
                began = time.monotonic()
                _docker_cp(f"{made.id}:/srv", target)
                seconds.append(time.monotonic() - began)
                shutil.rmtree(Path(target, "srv"))
        return seconds

    def cached(self) -> dict[str, int]:
        """Read what ccache's statistics have counted."""
        with self._container(["sh", "-c", "ccache --print-stats"], user=self.user) as made:
            lines = [line.split() for line in finish(made).splitlines()]
        return {line[0]: int(line[1]) for line in lines if len(line) == 2 and line[1] != "0"}

    @staticmethod
    def _times(container: Container) -> list[float]:
        finish(container)
        return [float(line) for line in read(container, TIMES).split()]

    @contextlib.contextmanager
    def _container(self, command: list[str], **options: str) -> Iterator[Container]:
        environment = {"PYTHON_BUILDS_BUILD_USER": self.user, "PYTHON_BUILDS_CCACHE": "bench", "CCACHE_DIR": CCACHE}
        mounts = {self.volume: {"bind": CCACHE, "mode": "rw"}}
        with fresh_container(
            self.engine, self.host, self.image, command, environment=environment, volumes=mounts, **options
        ) as made:
            yield made


def _docker_cp(source: str, target: str) -> None:
    subprocess.run(["docker", "cp", "--quiet", source, target], check=True, capture_output=True)
