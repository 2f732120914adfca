"""Docker hosts that containers run on, as an operator describes them in PYTHON_BUILDS_DOCKER_HOSTS: a JSON list.

[{"name": "big", "url": "tcp://10.0.0.5:2376", "tls": "/etc/python-builds/big", "workers": 4, "master": "10.0.0.1"}]
"""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, IPvAnyNetwork

CAPABILITIES = ("CHOWN", "DAC_OVERRIDE", "FOWNER", "KILL", "MKNOD", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT")
"""What root may do in a worker's container: make a root to try a package in, give up in there what a way out would take
(SETPCAP), and become the build user. No mounts."""

CLOSES_NETWORK = "NET_ADMIN"
"""What root has too, until close-network.sh gives it up before the worker starts."""

PROCESSES = 4096
"""That a container may have at once: a compilation has tens, CPython's tests some hundreds."""

SCRATCH, SCRATCH_OPTIONS = "/scratch", "exec,dev,mode=755"
"""A file system in memory, for the root in which a package is tried: that is where its /dev/shm lies, and older glibc
(2.31, as in Debian 11) makes no semaphores on any other kind."""


class DockerHost(BaseModel):
    """One Docker engine, and how much of it the farm may use."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(pattern=r"^[a-z][a-z0-9-]{0,30}$", description="starts the names of its workers")
    url: str = Field(pattern=r"^(unix|tcp)://[^@]*$", description="of the engine, as in DOCKER_HOST")
    tls: Path | None = Field(None, description="folder with ca.pem, cert.pem and key.pem, for tcp://")
    master: str = Field(description="address under which its containers reach the master")
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

    @property
    def label(self) -> str:
        """Name it in a sentence."""
        return f"Docker host {self.name} ({self.url})"

    @property
    def worker_names(self) -> list[str]:
        """Name its workers."""
        return [f"{self.name}-{number}" for number in range(1, self.workers + 1)]

    @property
    def capabilities(self) -> list[str]:
        """List what root may do in its containers."""
        return [*CAPABILITIES, *([] if self.open_network else [CLOSES_NETWORK])]

    @property
    def environment(self) -> dict[str, str]:
        """Tell a container's scripts what was decided for it."""
        return {"PYTHON_BUILDS_NETWORK": "open" if self.open_network else "closed"}

    def limits(self) -> dict[str, object]:
        """Give Docker's HostConfig for a worker's container."""
        return {
            "cap_drop": ["ALL"],
            "cap_add": self.capabilities,
            "security_opt": ["no-new-privileges"],
            "nano_cpus": int(self.cores * 1e9),
            "mem_limit": self.memory,
            "memswap_limit": self.memory,
            "pids_limit": PROCESSES,
            "tmpfs": {SCRATCH: SCRATCH_OPTIONS},
            "init": True,
        }

    def options(self) -> list[str]:
        """Give the same limits, and the environment, as options of `docker create`."""
        return [
            "--cap-drop=ALL",
            *(f"--cap-add={capability}" for capability in self.capabilities),
            "--security-opt=no-new-privileges",
            f"--cpus={self.cores}",
            f"--memory={self.memory}",
            f"--memory-swap={self.memory}",
            f"--pids-limit={PROCESSES}",
            f"--tmpfs={SCRATCH}:{SCRATCH_OPTIONS}",
            "--init",
            *(f"--env={name}={value}" for name, value in self.environment.items()),
        ]
