"""The same work without the farm: containers with the limits of the farm's, made through the same engine."""

import contextlib
import io
import shlex
import shutil
import subprocess
import tarfile
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path

import docker
import docker.errors
from docker.models.containers import Container

from python_builds.facts.docker_hosts import DockerHost
from python_builds.facts.errors import FarmError
from python_builds.farm.workers import CCACHE

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
        with self._container(["sh", "-c", STAMP]) as container:
            return self._times(container)[0] - began

    def run(self, commands: Mapping[str, Sequence[str]], folder: str, files: Mapping[str, Path]) -> dict[str, float]:
        """Run commands in a folder that has these files, all in one container; give the seconds of each."""
        lines = [f"{shlex.join(command)}\n{STAMP}" for command in commands.values()]
        script = "\n".join(["set -eu", STAMP, *lines, ""])
        with self._container(["sh", "-c", script], working_dir=folder) as container:
            container.put_archive("/", _archive(folder, files))
            times = self._times(container)
        return {name: after - before for name, (before, after) in zip(commands, pairwise(times), strict=True)}

    def copy_out(self, files: Sequence[Path], repeats: int) -> list[float]:
        """Measure the seconds that a plain `docker cp` of files out of a container takes."""
        seconds = []
        with self._container(["true"]) as container, tempfile.TemporaryDirectory(dir=files[0].parent) as target:
            for file in files:
                _docker_cp(str(file), f"{container.id}:/srv/")
            for _ in range(repeats):
                began = time.monotonic()
                _docker_cp(f"{container.id}:/srv", target)
                seconds.append(time.monotonic() - began)
                shutil.rmtree(Path(target, "srv"))
        return seconds

    def cached(self) -> dict[str, int]:
        """Read what ccache's statistics have counted."""
        with self._container(["sh", "-c", "ccache --print-stats"], user=self.user) as container:
            lines = [line.split() for line in self._finish(container).splitlines()]
        return {line[0]: int(line[1]) for line in lines if len(line) == 2 and line[1] != "0"}

    def _times(self, container: Container) -> list[float]:
        self._finish(container)
        chunks, _ = container.get_archive(TIMES)
        with tarfile.open(fileobj=io.BytesIO(b"".join(chunks))) as archive:
            members = [archive.extractfile(member) for member in archive]
        return [float(line) for member in members if member for line in member.read().split()]

    @staticmethod
    def _finish(container: Container) -> str:
        container.start()
        status = container.wait()["StatusCode"]
        if status:
            tail = container.logs(tail=20).decode(errors="replace")
            raise FarmError(f"a command by hand ended with status {status}:\n{tail}")
        return str(container.logs(stderr=False, tail=200).decode(errors="replace"))

    @contextlib.contextmanager
    def _container(self, command: list[str], **options: str) -> Iterator[Container]:
        container = self.engine.containers.create(
            self.image,
            command,
            environment={"PYTHON_BUILDS_BUILD_USER": self.user, "CCACHE_DIR": CCACHE},
            volumes={self.volume: {"bind": CCACHE, "mode": "rw"}},
            **self.host.limits(),
            **options,
        )
        try:
            yield container
        finally:
            with contextlib.suppress(docker.errors.NotFound):
                container.remove(force=True, v=True)


def _archive(folder: str, files: Mapping[str, Path]) -> bytes:
    """Pack files and folders for a folder of a container."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, path in files.items():
            archive.add(path, f"{folder.lstrip('/')}/{name}", filter=_as_root)
    return buffer.getvalue()


def _as_root(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    return member


def _docker_cp(source: str, target: str) -> None:
    subprocess.run(["docker", "cp", "--quiet", source, target], check=True, capture_output=True)
