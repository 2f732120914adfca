"""This machine's own Docker engine, as a Docker host that nobody had to describe."""

import contextlib
import ipaddress
import os
import socket
from typing import Any

import docker
import docker.errors

from python_builds.core.errors import ImageError
from python_builds.core.workers.docker_hosts import DockerHost

SOCKET = "unix:///var/run/docker.sock"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
"""Docker's names of what we build for, in Debian's spelling."""

SECONDS = 10
"""That the engine has to answer."""


def local_engine() -> DockerHost:
    """Describe the engine of this machine: one container at a time, with all its cores.

    Raises:
        ImageError: if there is none that could be used without settings, as the end of "on this machine: …".
    """
    url = os.environ.get("DOCKER_HOST") or SOCKET
    if not url.startswith("unix://"):
        raise ImageError(f"DOCKER_HOST is {url}, not this machine's own engine")
    try:
        with contextlib.closing(_client(url)) as client:
            about = client.info()
            bridge = bridge_address(client)
    except (docker.errors.DockerException, OSError):
        raise ImageError(f"no Docker engine answers at {url}") from None
    architecture = ARCHITECTURES.get(about["Architecture"])
    if architecture is None:
        raise ImageError(f"the Docker engine is of architecture {about['Architecture']}, which nothing is built for")
    if not _is_ours(bridge):
        raise ImageError(f"containers at {url} cannot reach this machine at an address of its own")
    return DockerHost(name="docker", url=url, master=bridge, architecture=architecture, cores=about["NCPU"])


def bridge_address(client: Any) -> str:
    """Find the engine's own address on the network that containers are in; "" where it has no such network."""
    try:
        (network, *_) = client.networks.get("bridge").attrs["IPAM"]["Config"]
    except (docker.errors.NotFound, ValueError):
        return ""
    return network.get("Gateway") or str(next(ipaddress.ip_network(network["Subnet"]).hosts()))


def has_image(host: DockerHost, image: str) -> bool:
    """Say whether the engine has an image.

    Raises:
        ImageError: if it does not answer any more.
    """
    try:
        with contextlib.closing(_client(host.url)) as client:
            client.images.get(image)
    except docker.errors.ImageNotFound:
        return False
    except (docker.errors.DockerException, OSError) as error:
        raise ImageError(f"the Docker engine at {host.url} does not answer: {error}") from None
    return True


def _client(url: str) -> docker.DockerClient:
    return docker.DockerClient(base_url=url, timeout=SECONDS)


def _is_ours(address: str) -> bool:
    """Say whether something on this machine can listen at an address."""
    if not address:
        return False
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True
