"""Where builds run. Keep each kind of worker one function: Docker hosts come beside the local one."""

import platform as machine
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from buildbot.plugins import worker

from python_builds.facts.platforms import Platform, platform_for_system
from python_builds.facts.settings import Settings
from python_builds.farm.local_worker import LocalProcessWorker, worker_folder

MASTER_WORKER = "master"
"""Builds on it run their steps on the master and send it no command."""

LOCAL_WORKER = "local"
_DEBIAN_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def host_platform() -> tuple[Platform, str] | None:
    """Say which platform and architecture this machine is, if it is one of ours."""
    found = platform_for_system(machine.freedesktop_os_release())
    architecture = _DEBIAN_ARCHITECTURES.get(machine.machine())
    return (found, architecture) if found and architecture in found.architectures else None


def buildable(platforms: Sequence[Platform], settings: Settings) -> list[tuple[Platform, str]]:
    """List what this farm has workers for: this machine, if it is a deb platform and the settings want it to build."""
    host = host_platform()
    if not settings.local_worker or host is None or host[0].package_format != "deb" or host[0] not in platforms:
        return []
    return [host]


def worker_names(platform: Platform, architecture: str, settings: Settings) -> list[str]:
    """Name the workers that can build for a platform and architecture."""
    return [LOCAL_WORKER] if (platform, architecture) in buildable([platform], settings) else []


def base_root(platform: Platform, settings: Settings) -> Path:
    """Name the folder of the untouched base system in which this machine tries packages."""
    return settings.state_dir / "base" / platform.name


def make_workers(platforms: Sequence[Platform], settings: Settings) -> list[Any]:
    """Make all workers."""
    workers: list[Any] = [worker.LocalWorker(MASTER_WORKER)]
    for platform, _architecture in buildable(platforms, settings):
        root = base_root(platform, settings)
        workers.append(
            LocalProcessWorker(
                LOCAL_WORKER,
                folder=worker_folder(settings.state_dir),
                max_builds=1,
                properties={
                    "base_root": str(root) if settings.package_check else "",
                    "make_base_root": settings.package_check,
                    "apt_cache": str(root.with_name("apt-cache")),
                },
            )
        )
    return workers
