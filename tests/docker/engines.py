"""Docker engines for tests, farms whose workers are containers there, and what the tests ask of both."""

import contextlib
import io
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import docker
import pytest
from docker.models.containers import Container
from docker.tls import TLSConfig

from python_builds.adapters.database.one_master import master_name
from python_builds.adapters.workers.docker_engines import container_name
from python_builds.cli.building.progress import SUCCESS
from python_builds.core.platforms.platforms import platform_named
from python_builds.core.workers.images import worker_image
from tests.e2e.farms import FarmUnderTest, make_farm, mini_tarball, wait

BUILDER = "debian-12-amd64"
IMAGE = worker_image(platform_named("debian-12"))
SLOW = "3.11.6"
CACHE = f"python-builds-test-{os.getpid()}"
"""What the names of ccache's volumes begin with."""
BRIDGE, ADDRESS = "pybuilds-test", "198.18.77.1"
"""Of the network for tests of networks (RFC 2544), which no machine is in."""


@contextlib.contextmanager
def containers_farm(
    engine: docker.DockerClient, url: str, master: str, *hosts: dict[str, object], **values: object
) -> Iterator[FarmUnderTest]:
    """Make a farm with two containers, stop it, and see that no container is left."""
    host = {"name": "here", "url": url, "master": master, "workers": 2, "memory": "1g", "ccache": CACHE, **values}
    with make_farm(docker_hosts=[host, *hosts], worker_host=master) as made:
        mini_tarball(made.tarballs, "3.11.2")
        mini_tarball(made.tarballs, SLOW, COMPILE_SECONDS=5)
        with stopped_clean(engine, made):
            yield made


@contextlib.contextmanager
def stopped_clean(engine: docker.DockerClient, farm: FarmUnderTest) -> Iterator[None]:
    """Stop a farm at the end, and see that no container is left."""
    try:
        yield
    finally:
        farm.run("stop")
        left = containers(engine, farm)
        for container in left:
            container.remove(force=True, v=True)
        for volume in engine.volumes.list(filters={"name": CACHE}):
            volume.remove(force=True)
    assert left == [], "a test left containers"


class PrivateEngine:
    """An engine of a test's own, on a disk of its own, so that it can be stopped and its disk filled.

    `inside` is what its programs are run by, where that is in a network namespace, and `tls` what `url` takes.
    """

    def __init__(
        self,
        folder: Path,
        *options: str,
        url: str = "",
        inside: Sequence[str] = (),
        tls: TLSConfig | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self.folder = folder
        self.url = url or f"unix://{folder}/socket"
        self.options = options or (f"--bridge={BRIDGE}",)
        self.inside = inside
        self.tls = tls
        self.environment = environment
        self.containerd: subprocess.Popen[bytes] | None = None
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        assert self.process is None
        socket = f"{self.folder}/containerd.sock"
        if self.containerd is None:  # it outlives a killed engine, as on systems where both are services
            folders = [f"--root={self.folder}/disk/containerd", f"--state={self.folder}/containerd"]
            self.containerd = self._spawn("containerd", f"--address={socket}", *folders)
        command = ["dockerd", f"--data-root={self.folder}/disk/data", f"--exec-root={self.folder}/exec"]
        options = [f"--pidfile={self.folder}/pid", f"--host={self.url}", "--iptables=false", *self.options]
        self.process = self._spawn(*command, *options, f"--containerd={socket}")
        try:
            wait(self._answers, "the private engine")
        except AssertionError as error:
            pytest.fail(f"{error}: {(self.folder / 'log').read_text()[-2000:]}")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop it."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(timeout=60)
            self.process = None

    def die(self) -> None:
        """End it at once, with all that it has started: also what an engine that was killed left."""
        for started in (self.process, self.containerd):
            if started is not None:
                started.kill()
                started.wait()
        self.process = self.containerd = None
        for process in self._processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        wait(lambda: not self._processes(), "the private engine's processes to end")

    def clear(self) -> None:
        """End it, and let go of its disk."""
        self.die()
        mounted = [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines()]
        for point in reversed(mounted):
            if Path(point).is_relative_to(self.folder):
                subprocess.run(["umount", "--lazy", point], check=True)

    def _spawn(self, *command: str) -> subprocess.Popen[bytes]:
        with (self.folder / "log").open("ab") as log:
            full = [*self.inside, *command]
            return subprocess.Popen(full, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment)

    def _processes(self) -> list[int]:
        """List what has the folder in its command or, in a container, as its root."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                roots = [m for m in (process / "mountinfo").read_text().splitlines() if m.split()[4] == "/"]
                if f"{self.folder}/".encode() in (process / "cmdline").read_bytes() or str(self.folder) in str(roots):
                    found.append(int(process.name))
        return found

    def client(self) -> docker.DockerClient:
        """Talk to it."""
        return docker.DockerClient(base_url=self.url, tls=self.tls or False)

    def _answers(self) -> bool:
        with contextlib.suppress(docker.errors.DockerException), contextlib.closing(self.client()) as client:
            return bool(client.ping())
        assert self.process is not None
        assert self.process.poll() is None, "it ended"
        return False


def run(*command: object) -> None:
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    assert done.returncode == 0, f"{command}: {done.stderr}"


def containers(engine: docker.DockerClient, farm: FarmUnderTest) -> list[Container]:
    """List a farm's containers, whatever image they are of."""
    workers = {name for host in farm.settings.docker_hosts for name in host.worker_names}
    names = {container_name(worker, master_name(farm.settings)) for worker in workers}
    return [c for c in engine.containers.list(all=True, ignore_removed=True) if c.name in names]


def force(farm: FarmUnderTest, version: str = SLOW) -> int:
    """Ask for a build for Debian 12; return its request."""
    client = farm.client()
    release = client.force("release", python_version=version, profile="quick", platforms=["debian-12"])
    assert farm.wait_for_results(release) == SUCCESS
    properties = client.properties(client.builds(release)[0]["buildid"])
    return int(properties["requested"][BUILDER])


def states(farm: FarmUnderTest, request: int) -> list[str]:
    """Say what the builds of a request show in the web UI."""
    return [build["state_string"] for build in farm.client().builds(request)]


def use_image(farm: FarmUnderTest, engine: docker.DockerClient, command: str) -> None:
    """Have the farm use an image that runs another command than the worker."""
    text = f"FROM {IMAGE}\nCMD {command}\n".encode()
    engine.images.build(fileobj=io.BytesIO(text), tag=f"broken/{IMAGE}", rm=True, forcerm=True)
    farm.environment["PYTHON_BUILDS_REGISTRY"] = "broken"
