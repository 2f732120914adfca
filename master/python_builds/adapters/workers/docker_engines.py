"""What is done on Docker hosts beside building: containers of a master that died are found and removed."""

import contextlib
import hashlib
import io
import socket
import tarfile
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import docker
import docker.errors
import requests
from docker.tls import TLSConfig
from docker.utils import parse_repository_tag

from python_builds.core.workers.docker_hosts import DockerHost
from python_builds.core.workers.images import WORKER_LABEL, of_architecture

SECONDS = 20
"""That a host has to answer."""

LOG_LINES = 5
"""That the end of a container's log is looked for words in: a traceback's has an empty one below them."""


class OwnAuthority(TLSConfig):  # type: ignore[misc]  # docker-py carries no types
    """TLS settings that hold, whatever authorities and proxies the environment names for the world outside.

    requests prefers REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE to what it was told, and neither has a host's own authority.
    """

    def configure_client(self, client: Any) -> None:
        """Have a client take nothing from the environment."""
        super().configure_client(client)
        client.trust_env = False


@dataclass(frozen=True)
class ContainerState:
    """What was seen of a container."""

    runs: bool
    exit_status: int
    out_of_memory: bool
    log: str

    @property
    def trouble(self) -> str:
        """Name what the container suffered from, if anything."""
        return "a process needed more memory than its container may have, and was killed" if self.out_of_memory else ""

    def __str__(self) -> str:
        """Tell it all, after "its container"."""
        how = "runs" if self.runs else f"ended with exit status {self.exit_status}"
        log = f"its log ends with: {self.log}" if self.log else "its log is empty"
        return "; ".join(filter(None, (how, self.trouble, log)))


def put_file(client: docker.APIClient, container: str, path: str, content: bytes) -> None:
    """Put a file of root's alone into a container that need not run."""
    packed, place = io.BytesIO(), PurePosixPath(path)
    with tarfile.open(fileobj=packed, mode="w") as tar:
        file = tarfile.TarInfo(place.name)
        file.size, file.mode = len(content), 0o600
        tar.addfile(file, io.BytesIO(content))
    client.put_archive(container, str(place.parent), packed.getvalue())


def inspect_container(arguments: Mapping[str, Any], container: str, since: float, patience: float) -> ContainerState:
    """Look at a container, after a wait for it to end."""
    with contextlib.closing(docker.APIClient(**arguments)) as client:
        if patience:
            with contextlib.suppress(requests.RequestException):
                client.wait(container, timeout=patience)
        state = client.inspect_container(container)["State"]
        lines = client.logs(container, tail=LOG_LINES).decode(errors="replace").split("\n")
        events = client.events(
            since=int(since), until=int(time.time()) + 1, filters={"container": container, "event": "oom"}, decode=True
        )
        return ContainerState(
            runs=state["Running"],
            exit_status=state["ExitCode"],
            out_of_memory=state["OOMKilled"] or any(True for _ in events),
            log=next((line.strip() for line in reversed(lines) if line.strip()), "")[:300],
        )


def image_of(arguments: Mapping[str, Any], container: str) -> tuple[str, str]:
    """Tell which image a container was made of: its id, and the reference by which a registry has it, if one does."""
    with contextlib.closing(docker.APIClient(**arguments)) as client:
        made = client.inspect_container(container)
        image, repository = str(made["Image"]), parse_repository_tag(made["Config"]["Image"])[0]
        known: list[str] = []
        with contextlib.suppress(docker.errors.ImageNotFound):  # by force, while a container uses it
            known = client.inspect_image(image)["RepoDigests"] or []
    return image, next((one for one in known if one.startswith(f"{repository}@")), "")


def networks_of(arguments: Mapping[str, Any], container: str, host: DockerHost) -> list[IPv4Network | IPv6Network]:
    """List where a container's connections to the master come from: what the operator says, or else what is known.

    That is its own addresses, and those of the engine's machine, where that is another.
    """
    if host.networks:
        return list(host.networks)
    with contextlib.closing(docker.APIClient(**arguments)) as client:
        attached = client.inspect_container(container)["NetworkSettings"]["Networks"].values()
    addresses = [one[key] for one in attached for key in ("IPAddress", "GlobalIPv6Address") if one.get(key)]
    if name := urlsplit(host.url).hostname:
        addresses += [str(address[0]) for *_, address in socket.getaddrinfo(name, None)]
    return sorted({ip_network(address) for address in addresses}, key=str)


def images_on(host: DockerHost, names: Collection[str]) -> frozenset[str]:
    """Tell which of the named images a host has for its architecture: a question, and one for each that is there.

    Raises:
        DockerException, OSError: if it does not answer.
    """
    arguments = {"base_url": host.url, "tls": tls_config(host) or False, "timeout": SECONDS}
    with contextlib.closing(docker.APIClient(**arguments)) as client:
        tags = {tag for image in client.images() for tag in image.get("RepoTags") or ()}
        there = (name for name in names if tags & {name, of_architecture(name, host.architecture)})
        return frozenset(name for name in there if image_for(client, name, host.architecture))


def image_for(client: docker.APIClient, name: str, architecture: str) -> str:
    """Find what an engine calls an image of an architecture, which may not be its own; "" if it has none."""
    for candidate in (name, of_architecture(name, architecture)):
        with contextlib.suppress(docker.errors.NotFound):
            if client.inspect_image(candidate)["Architecture"] == architecture:
                return candidate
    return ""


def remove_container(arguments: Mapping[str, Any], container: str) -> None:
    """Remove a container, unless it is gone."""
    with contextlib.closing(docker.APIClient(**arguments)) as client, contextlib.suppress(docker.errors.NotFound):
        client.remove_container(container, v=True, force=True)


def tls_config(host: DockerHost) -> TLSConfig | None:
    """Give docker-py's TLS settings for a host, or None for one without."""
    if host.tls is None:
        return None
    return OwnAuthority(client_cert=_files(host.tls, "cert", "key"), ca_cert=str(host.tls / "ca.pem"), verify=True)


def container_name(worker: str, master: str) -> str:
    """Name a worker's container as Buildbot does: after the worker, and the master by its name."""
    return f"buildbot-{worker}-{hashlib.sha1(master.encode(), usedforsecurity=False).hexdigest()[:6]}"


def remove_leftovers(hosts: Sequence[DockerHost], master: str) -> list[str]:
    """Remove the containers that a master of this name left behind; return what could not be done, as sentences.

    Called while the master is down: whatever runs under the names of its workers was left by one that died.
    """
    problems = []
    for host in hosts:
        try:
            client = docker.DockerClient(base_url=host.url, tls=tls_config(host) or False, timeout=SECONDS)
            ours = {container_name(worker, master) for worker in host.worker_names}
            for container in client.containers.list(all=True, filters={"label": WORKER_LABEL}):
                if container.name in ours:
                    container.remove(force=True, v=True)
        except (docker.errors.DockerException, OSError) as error:
            problems.append(f"{host.label} does not answer: {error}")
    return problems


def _files(folder: Path, *names: str) -> tuple[str, ...]:
    return tuple(str(folder / f"{name}.pem") for name in names)
