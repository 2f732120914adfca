"""Docker hosts that containers run on, as an operator describes them in PYTHON_BUILDS_DOCKER_HOSTS: a JSON list.

[{"name": "big", "url": "tcp://10.0.0.5:2376", "tls": "/etc/python-builds/big", "workers": 4, "master": "10.0.0.1"}]
"""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, IPvAnyNetwork

QUIET_SECONDS = 20 * 60
"""Without a byte, before a worker counts as lost, or a command as stuck if its host does not say otherwise."""

QUIET = "quiet_seconds"
"""The property of a build that has its worker's host's, as that is written here."""


def _not_the_hosts(value: str) -> str:
    """Refuse the machine's own network: a container that closes its network would close the machine's."""
    if value in ("host", "none"):
        raise ValueError("must be a network of containers, as `docker network ls` names them, not host or none")
    return value


RESERVED = ("local", "master", "planner")
"""What the farm's own workers are called, or begin with, and what `make pause` calls the planner."""


def _free(name: str) -> str:
    """Refuse names that mean something else where workers and what is paused are named."""
    if name in RESERVED:
        raise ValueError(f"must be another name than {name}, which the farm itself has")
    return name


class DockerHost(BaseModel):
    """One Docker engine, and how much of it the farm may use."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, AfterValidator(_free)] = Field(
        pattern=r"^[a-z][a-z0-9-]{0,30}$", description="starts the names of its workers"
    )
    url: str = Field(pattern=r"^(unix|tcp)://[^@]*$", description="of the engine, as in DOCKER_HOST")
    tls: Path | None = Field(None, description="folder with ca.pem, cert.pem and key.pem, for tcp://")
    master: str = Field(description="address under which its containers reach the master")
    network: Annotated[str, AfterValidator(_not_the_hosts)] = Field(
        "",
        pattern=r"^([a-zA-Z0-9][a-zA-Z0-9_.-]{0,100})?$",
        description="of the engine's networks, the one that its containers are in, if not the usual one",
    )
    networks: tuple[IPvAnyNetwork, ...] = Field(
        (), description="that its containers' connections come from, if not from their own address or that of url"
    )
    architecture: str = Field("amd64", pattern="^(amd64|arm64)$")
    workers: int = Field(1, ge=1, le=64, description="containers at the same time")
    cores: float = Field(2, gt=0, description="for each container")
    memory: str = Field("4g", pattern="^[1-9][0-9]*[mg]$", description="for each container")
    ccache: str = Field(
        "python-builds-ccache", pattern=r"^[a-z][a-z0-9-]{0,40}$", description="starts the names of ccache's volumes"
    )
    open_network: bool = Field(
        False, description="whether what comes from a tarball may reach all that its containers' network does"
    )
    start_seconds: int = Field(120, ge=1, le=3600, description="that a container has to connect to the master")
    quiet_seconds: int = Field(
        QUIET_SECONDS, ge=1, le=4 * 3600, description="that a step's command may write nothing, before it is ended"
    )

    @property
    def label(self) -> str:
        """Name it in a sentence."""
        return f"Docker host {self.name} ({self.url})"

    @property
    def worker_names(self) -> list[str]:
        """Name its workers."""
        return [f"{self.name}-{number}" for number in range(1, self.workers + 1)]


def told_apart(hosts: tuple[DockerHost, ...]) -> tuple[DockerHost, ...]:
    """Refuse hosts of one name, whose workers nobody could tell apart."""
    names = [host.name for host in hosts]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"must give each host a name of its own, and {', '.join(twice)} is there more than once")
    return hosts
