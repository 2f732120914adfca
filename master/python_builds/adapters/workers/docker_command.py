"""The docker command, where an operator's own contexts, logins and build tools are wanted: images, not containers."""

import os
import shutil
import subprocess

from python_builds.core.errors import ImageError
from python_builds.core.workers.images import of_architecture


def require_docker() -> None:
    """Stop where there is no Docker.

    Raises:
        ImageError: if it is not installed, or its engine does not answer.
    """
    if shutil.which("docker") is None:
        raise ImageError("docker is not installed: apt-get install docker.io")
    if not output("version", "--format", "{{.Server.Version}}"):
        host = os.environ.get("DOCKER_HOST", "this machine")
        raise ImageError(f"the Docker engine of {host} does not answer: `docker version` says why")


def exists(image: str) -> bool:
    """Say whether the Docker host has an image."""
    return bool(output("image", "inspect", "--format", "{{.Id}}", image))


def engine_architecture() -> str:
    """Name the architecture of the Docker host, in Debian's spelling, which is Docker's too."""
    return output("version", "--format", "{{.Server.Arch}}")


def name_here(image: str, architecture: str) -> str:
    """Name an image as this Docker host has it: with its architecture, where that is not the host's; "" is."""
    return image if architecture in ("", engine_architecture()) else of_architecture(image, architecture)


def image_architecture(image: str) -> str:
    """Name the architecture of an image on the Docker host; empty if it is not there."""
    return output("image", "inspect", "--format", "{{.Architecture}}", image)


def docker(*arguments: str) -> int:
    """Run docker, with its output for people; return its exit status."""
    return subprocess.run(["docker", *arguments]).returncode


def output(*arguments: str) -> str:
    """Run docker for what it prints; nothing if it fails."""
    done = subprocess.run(["docker", *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    return done.stdout.strip() if done.returncode == 0 else ""
