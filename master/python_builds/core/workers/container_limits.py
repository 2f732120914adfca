"""The cage of containers: what a worker's may do, how much it may take, and what its scripts are told of that.

What it may reach: worker/close-network.sh, and by which kinds of sockets: worker/usual_sockets.py; its cores and its
memory: docker_hosts.py.
"""

from python_builds.core.workers.docker_hosts import DockerHost

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

PLAIN_PROCESSORS = {"arm64": "cortex-a57"}
"""What qemu-user is told to emulate. Its own choice signs pointers, in software: what is built with
-mbranch-protection, as every CPython here, took 20 times as long by qemu 7.2."""


def capabilities(host: DockerHost) -> list[str]:
    """List what root may do in a host's containers."""
    return [*CAPABILITIES, *([] if host.open_network else [CLOSES_NETWORK])]


def environment(host: DockerHost) -> dict[str, str]:
    """Tell a container's scripts, and what may emulate them, what was decided for it."""
    return {"PYTHON_BUILDS_NETWORK": "open" if host.open_network else "closed", **emulation(host.architecture)}


def emulation(architecture: str) -> dict[str, str]:
    """Tell qemu-user which processor to be; where a container is not emulated, nothing reads it."""
    return {"QEMU_CPU": PLAIN_PROCESSORS[architecture]} if architecture in PLAIN_PROCESSORS else {}


def limits(host: DockerHost) -> dict[str, object]:
    """Give Docker's HostConfig for a worker's container, its network included."""
    return {
        "cap_drop": ["ALL"],
        "cap_add": capabilities(host),
        "security_opt": ["no-new-privileges"],
        "nano_cpus": int(host.cores * 1e9),
        "mem_limit": host.memory,
        "memswap_limit": host.memory,
        "pids_limit": PROCESSES,
        "tmpfs": {SCRATCH: SCRATCH_OPTIONS},
        "init": True,
        **({"network_mode": host.network} if host.network else {}),
    }


def create_options(host: DockerHost) -> list[str]:
    """Give the same limits, and the environment, as options of `docker create`."""
    return [
        "--cap-drop=ALL",
        *(f"--cap-add={capability}" for capability in capabilities(host)),
        "--security-opt=no-new-privileges",
        f"--cpus={host.cores}",
        f"--memory={host.memory}",
        f"--memory-swap={host.memory}",
        f"--pids-limit={PROCESSES}",
        f"--tmpfs={SCRATCH}:{SCRATCH_OPTIONS}",
        "--init",
        *(f"--env={name}={value}" for name, value in environment(host).items()),
    ]
