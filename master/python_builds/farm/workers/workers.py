"""Where builds run: containers on Docker hosts, or a process on this machine. One function for each kind of worker."""

import platform as machine
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from buildbot.plugins import util, worker

from python_builds.adapters.workers.docker_engines import tls_config
from python_builds.core.building.requests import TRUST
from python_builds.core.platforms.platform import Platform
from python_builds.core.platforms.platforms import platform_for_system
from python_builds.core.publishing.artifacts import builder_name
from python_builds.core.settings.settings import Settings
from python_builds.core.upstream.trust import WORST
from python_builds.core.workers.container_limits import SCRATCH
from python_builds.core.workers.docker_hosts import QUIET, DockerHost
from python_builds.farm.workers.container_worker import ContainerWorker
from python_builds.farm.workers.image_watch import ImageWatch
from python_builds.farm.workers.local_worker import LocalProcessWorker, worker_folder

MASTER_WORKER = "master"
"""Builds on it run their steps on the master and send it no command."""

RELEASE_WORKERS = [MASTER_WORKER, "master-2", "master-3", "master-4"]
"""A builder has one build at a time on each of its workers: so many releases are fetched at once, and a source that
keeps one waiting keeps no other."""

LOCAL_WORKER = "local"
CCACHE = "/ccache"
PRISTINE = "/opt/pristine"
"""Where a worker image has the untouched base system."""

_DEBIAN_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def host_platform() -> tuple[Platform, str] | None:
    """Say which platform and architecture this machine is, if it is one of ours."""
    found = platform_for_system(machine.freedesktop_os_release())
    architecture = _DEBIAN_ARCHITECTURES.get(machine.machine())
    return (found, architecture) if found and architecture in found.architectures else None


def buildable(platforms: Sequence[Platform], settings: Settings) -> list[tuple[Platform, str]]:
    """List the platforms and architectures that this farm has workers for."""
    return [(p, a) for p in platforms for a in p.architectures if worker_names(p, a, settings)]


def worker_names(platform: Platform, architecture: str, settings: Settings) -> list[str]:
    """Name the workers that can build for a platform and architecture; a container's, once its host has the image."""
    if settings.platforms and platform.name not in settings.platforms.split():
        return []
    names = [n for h in settings.docker_hosts if h.architecture == architecture for n in h.worker_names]
    # What makes a machine ready to build by itself (install-packages.sh, make-base-root.sh) knows apt alone.
    if settings.builds_here and (platform, architecture) == host_platform() and platform.package_manager == "apt":
        names.append(LOCAL_WORKER)
    return names


def base_root(platform: Platform, settings: Settings) -> Path:
    """Name the folder of the untouched base system in which this machine tries packages."""
    return settings.state_dir / "base" / platform.name


def make_protocols(settings: Settings) -> dict[str, Any]:
    """Make the settings of where the master waits for workers."""
    host = settings.worker_host.replace(":", r"\:")
    return {"pb": {"port": f"tcp:{settings.worker_port}:interface={host}"}, "null": {}}


def make_workers(platforms: Sequence[Platform], settings: Settings) -> list[Any]:
    """Make all workers."""
    workers: list[Any] = [worker.LocalWorker(name) for name in RELEASE_WORKERS]
    for docker_host in settings.docker_hosts:
        workers += _containers(docker_host, settings)
    host = host_platform()
    if host and host[0] in platforms and LOCAL_WORKER in worker_names(*host, settings):
        workers.append(_process(host[0], settings))
    return workers


def make_image_watch(settings: Settings) -> ImageWatch:
    """Make the service that knows which images the Docker hosts have."""
    host = host_platform()
    at_home = {builder_name(*host)} if host and LOCAL_WORKER in worker_names(*host, settings) else set()
    return ImageWatch(settings=settings, at_home=sorted(at_home))


def _containers(host: DockerHost, settings: Settings) -> Iterable[Any]:
    """Make a Docker host's workers, all alike: which image one runs is a property of the build."""
    for name in host.worker_names:
        yield ContainerWorker(
            name,
            host=host,
            tls=tls_config(host),
            image=util.Property("worker_image"),
            volumes=[util.Interpolate(f"{host.ccache}-%(prop:buildername)s-%(prop:{TRUST}:-{WORST})s:{CCACHE}")],
            max_builds=1,
            properties={
                "base_root": PRISTINE if settings.package_check else "",
                "make_base_root": False,
                "scratch": SCRATCH,
                "ccache": CCACHE,
                QUIET: host.quiet_seconds,
            },
        )


def _process(platform: Platform, settings: Settings) -> Any:
    """Make the worker on this machine."""
    root = base_root(platform, settings)
    return LocalProcessWorker(
        LOCAL_WORKER,
        folder=worker_folder(settings.state_dir),
        master=settings.worker_host,
        max_builds=1,
        properties={
            "base_root": str(root) if settings.package_check else "",
            "make_base_root": settings.package_check,
            "apt_cache": str(root.with_name("apt-cache")),
        },
    )
