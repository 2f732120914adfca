"""Worker images that no Docker host has where one would need it: what is said of them, and what to type.

Without its image a host cannot build for a platform, so nothing is planned for that platform until the image is there.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from python_builds.core.building.requests import ARCHITECTURES
from python_builds.core.workers.docker_hosts import DockerHost

NAMED = 3
"""Platforms that a command names; `make images` without any builds all that it can."""


@dataclass(frozen=True, kw_only=True)
class HostImages:
    """What Docker hosts have said, by their names."""

    images: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Of worker images; of a host that has never answered nothing is known."""
    silent: Mapping[str, str] = field(default_factory=dict)
    """Why a host does not answer now."""

    def lacks(self, host: str, image: str) -> bool:
        """Say whether a host is known to lack an image."""
        return host in self.images and image not in self.images[host]


@dataclass(frozen=True, kw_only=True)
class MissingImage:
    """A worker image that is on none of the hosts that could build for its platform."""

    platform: str
    image: str
    hosts: tuple[DockerHost, ...]

    @property
    def where(self) -> str:
        """Name the hosts."""
        return ", ".join(host.name for host in self.hosts)

    def __str__(self) -> str:
        return f"no image for {self.platform} on {self.where}"


def remedy(missing: Sequence[MissingImage]) -> str:
    """Say what to type so that the first of their hosts has the images."""
    first = missing[0]
    if "/" in first.image:
        pulls = [f"`{_docker(first.hosts[0])}docker pull {one.image}`" for one in missing[:NAMED]]
        return f"{', '.join(pulls)}{', …' if missing[NAMED:] else ''}, after `make push`"
    names = " ".join(one.platform for one in missing)
    quoted = f'"{names}"' if missing[1:] else names
    named = "" if missing[NAMED:] else f" PLATFORM={quoted}"
    host = first.hosts[0]
    emulated = "" if host.architecture == ARCHITECTURES[0] else f" ARCH={host.architecture}"
    return f"`{_docker(host)}make images{named}{emulated}`"


def _docker(host: DockerHost) -> str:
    """Give the variables that lead Docker's commands to a host; this machine's own engine needs none."""
    if host.url == "unix:///var/run/docker.sock":
        return ""
    return f"DOCKER_HOST={host.url} " + (f"DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH={host.tls} " if host.tls else "")


def left_out(missing: Sequence[MissingImage]) -> dict[str, tuple[str, ...]]:
    """Say why platforms are left out of what was asked for: a reason for each set of hosts, with the platforms."""
    by_hosts: dict[str, list[MissingImage]] = {}
    for one in missing:
        by_hosts.setdefault(one.where, []).append(one)
    return {f"no image on {w}: {remedy(found)}": tuple(m.platform for m in found) for w, found in by_hosts.items()}


def alerts(missing: Mapping[str, MissingImage], expected: Collection[str], silent: Mapping[str, str]) -> dict[str, str]:
    """Tell of the images that builders lack, and of hosts that have never said which they have.

    Each builder that is expected to build, because it has or because a setting names its platform, is an alert of its
    own. The others together are one: a farm may do without them.
    """
    found = {f"Docker host {name} does not answer": f"nothing is planned for it: {why}" for name, why in silent.items()}
    others: dict[str, dict[str, MissingImage]] = {}
    for builder, one in missing.items():
        if builder in expected:
            found[str(one)] = f"nothing is planned for {builder} until it is there: {remedy([one])}"
        else:
            others.setdefault(one.where, {})[builder] = one
    for where, lacking in others.items():
        names = ", ".join(one.platform for one in lacking.values())
        found[f"platforms without an image on {where}"] = (
            f"nothing is planned for {names}: {remedy([*lacking.values()])}, or name in PYTHON_BUILDS_PLATFORMS the "
            "platforms that this farm is for"
        )
    return found
