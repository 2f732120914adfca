"""What is done on Docker hosts beside building: containers of a master that died are found and removed."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import docker
import docker.errors
from docker.tls import TLSConfig

from python_builds.facts.docker_hosts import DockerHost
from python_builds.facts.images import WORKER_LABEL

SECONDS = 20
"""That a host has to answer."""


def tls_config(host: DockerHost) -> TLSConfig | None:
    """Give docker-py's TLS settings for a host, or None for one without."""
    if host.tls is None:
        return None
    return TLSConfig(client_cert=_files(host.tls, "cert", "key"), ca_cert=str(host.tls / "ca.pem"), verify=True)


def container_name(worker: str, master: Path) -> str:
    """Name a worker's container as Buildbot does: after the worker and the master, by its machine and folder."""
    master_name = f"{os.uname().nodename}:{master}"
    return f"buildbot-{worker}-{hashlib.sha1(master_name.encode(), usedforsecurity=False).hexdigest()[:6]}"


def remove_leftovers(hosts: Sequence[DockerHost], master: Path) -> list[str]:
    """Remove the containers that a master in this folder left behind; return what could not be done, as sentences.

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
            problems.append(f"Docker host {host.name} ({host.url}) does not answer: {error}")
    return problems


def _files(folder: Path, *names: str) -> tuple[str, ...]:
    return tuple(str(folder / f"{name}.pem") for name in names)
