"""Containers with the limits of the farm's, for whatever a benchmark runs without the farm."""

import contextlib
import io
import shutil
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import docker
import docker.errors
from docker.models.containers import Container

from python_builds.core.errors import FarmError
from python_builds.core.workers.container_limits import limits
from python_builds.core.workers.docker_hosts import DockerHost

LABEL = "python-builds.benchmark"
"""On each of these containers."""


@contextlib.contextmanager
def fresh_container(
    engine: docker.DockerClient, host: DockerHost, image: str, command: list[str], **options: Any
) -> Iterator[Container]:
    """Make a container, and remove it in the end with what it has."""
    made = engine.containers.create(image, command, labels=[LABEL], **limits(host), **options)
    try:
        yield made
    finally:
        with contextlib.suppress(docker.errors.NotFound):
            made.remove(force=True, v=True)


@contextlib.contextmanager
def volumes(engine: docker.DockerClient, *names: str) -> Iterator[None]:
    """Make empty volumes, and remove them in the end."""
    made = [engine.volumes.create(name) for name in names]
    try:
        yield
    finally:
        for volume in made:
            volume.remove()


def finish(container: Container) -> str:
    """Run a container to its end; return the last 200 lines of its output.

    Raises:
        FarmError: with the last lines that it wrote, if its command failed.
    """
    container.start()
    status = container.wait()["StatusCode"]
    if status:
        tail = container.logs(tail=20).decode(errors="replace")
        raise FarmError(f"a command in a container ended with status {status}:\n{tail}")
    return str(container.logs(stderr=False, tail=200).decode(errors="replace"))


def put(container: Container, folder: str, files: Mapping[str, Path]) -> None:
    """Copy files and folders into a folder of a container; they are root's there."""
    with tempfile.TemporaryFile() as packed:
        with tarfile.open(fileobj=packed, mode="w") as archive:
            for name, path in files.items():
                archive.add(path, f"{folder.lstrip('/')}/{name}", filter=_as_root)
        packed.seek(0)
        container.put_archive("/", packed)


def read(container: Container, path: str) -> str:
    """Read a small text file of a container."""
    buffer = io.BytesIO()
    _get(container, path, buffer)
    return buffer.getvalue().decode()


def copy_out(container: Container, path: str, target: Path) -> None:
    """Copy a file of a container to this machine."""
    with target.open("wb") as file:
        _get(container, path, file)


def _get(container: Container, path: str, target: IO[bytes]) -> None:
    chunks, _ = container.get_archive(path)
    with tempfile.TemporaryFile() as packed:
        for chunk in chunks:
            packed.write(chunk)
        packed.seek(0)
        with tarfile.open(fileobj=packed) as archive:
            member = archive.extractfile(archive.getmembers()[0])
            if member is None:
                raise FarmError(f"{path} in the container is no file")
            shutil.copyfileobj(member, target)


def _as_root(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    return member
