"""Three Docker engines in network namespaces of the tests' own, two of them with TLS, and a registry between them.

Addresses are of the network for tests of networks (RFC 2544), which no machine is in.
"""

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from python_builds.adapters.workers.docker_engines import tls_config
from python_builds.core.workers.docker_hosts import DockerHost
from tests.docker.engines import IMAGE, PrivateEngine, run
from tests.docker.registry import registry
from tests.e2e.farms import FarmUnderTest

LINK = "pybuilds-three"
MASTER = "198.18.78.1"
"""The address at which the engines' containers reach the master, and the engines a registry."""
REGISTRY = f"{MASTER}:5000"
NAMES = ("one", "two", "three")


@dataclass(frozen=True, kw_only=True)
class ThreeEngines:
    """What a test is given."""

    folder: Path
    engines: dict[str, PrivateEngine]

    def host(self, name: str, **values: object) -> dict[str, object]:
        """Describe an engine as an operator does."""
        tls = {"tls": str(self.folder / "tls")} if self.engines[name].tls else {}
        return {"name": name, "url": self.engines[name].url, "master": MASTER, **tls, **values}

    @property
    def environment(self) -> dict[str, str]:
        """Give that of a program of Docker's: it trusts the registry."""
        return {**os.environ, "SSL_CERT_FILE": str(self.folder / "tls" / "ca.pem"), "NO_PROXY": MASTER}

    def fill_registry(self, farm: FarmUnderTest) -> None:
        """Have the first engine push its worker image by `make push`, and the others pull it."""
        variables = {"DOCKER_HOST": self.engines["one"].url, "REGISTRY": REGISTRY, "PLATFORM": "debian-12"}
        pushed = farm.run("push", **{**self.environment, **variables})
        assert pushed.returncode == 0, pushed.stdout
        pulls = [self.docker(name, "pull", "--quiet", f"{REGISTRY}/{IMAGE}") for name in NAMES]
        assert [pull.wait(120) for pull in pulls] == [0, 0, 0]

    def docker(self, name: str, *arguments: str) -> subprocess.Popen[bytes]:
        """Run docker's command with an engine."""
        tls = ["--tlsverify"] if self.engines[name].tls else []
        environment = {**self.environment, "DOCKER_CERT_PATH": str(self.folder / "tls")}
        return subprocess.Popen(
            ["docker", "--host", self.engines[name].url, *tls, *arguments],
            stdin=subprocess.DEVNULL,
            env=environment,
        )


@contextlib.contextmanager
def three_engines() -> Iterator[ThreeEngines]:
    """Start them, the first with the worker image."""
    folder = Path(tempfile.mkdtemp(prefix="python-builds-engines-", dir="/var/tmp"))
    with contextlib.ExitStack() as undo:
        undo.callback(shutil.rmtree, folder)
        certify(folder / "tls")
        run("ip", "link", "add", LINK, "address", "02:42:c6:12:4e:01", "type", "bridge")
        undo.callback(run, "ip", "link", "delete", LINK)
        run("ip", "address", "add", f"{MASTER}/24", "dev", LINK)
        run("ip", "link", "set", LINK, "up")
        run("truncate", "--size=8G", folder / "image")
        run("mkfs.ext4", "-q", "-F", folder / "image")
        (folder / "disk").mkdir()
        run("mount", "-o", "loop", folder / "image", folder / "disk")
        undo.callback(run, "umount", "--lazy", folder / "disk")
        made = ThreeEngines(folder=folder, engines={})
        undo.enter_context(registry(folder / "disk" / "registry", REGISTRY, folder / "tls"))
        for number, name in enumerate(NAMES, start=1):
            made.engines[name] = undo.enter_context(engine(made, name, number))
        first = made.engines["one"].url
        run("bash", "-c", f"set -o pipefail; docker save {IMAGE} | docker --host {first} load")
        yield made


@contextlib.contextmanager
def engine(made: ThreeEngines, name: str, number: int) -> Iterator[PrivateEngine]:
    """Start an engine in a network namespace: the first at a socket, the others by TLS."""
    space, address, containers = f"{LINK}-{number}", f"198.18.78.1{number}", f"198.19.{number}"
    inside = ["nsenter", f"--net=/run/netns/{space}"]
    with contextlib.ExitStack() as undo:
        run("ip", "netns", "add", space)
        undo.callback(run, "ip", "netns", "delete", space)
        run("ip", "link", "add", f"pybuilds-{number}", "master", LINK, "type", "veth", "peer", "eth0", "netns", space)
        run("ip", "link", "set", f"pybuilds-{number}", "up")
        run(*inside, "ip", "link", "set", "lo", "up")
        run(*inside, "ip", "address", "add", f"{address}/24", "dev", "eth0")
        run(*inside, "ip", "link", "set", "eth0", "up")
        run(*inside, "ip", "route", "add", "default", "via", MASTER)
        run("ip", "route", "add", f"{containers}.0/24", "via", address, "dev", LINK)
        folder = made.folder / "disk" / name
        folder.mkdir()
        options, url, tls = [f"--bip={containers}.1/24"], "", None
        if number > 1:
            files = made.folder / "tls"
            url = f"tcp://{address}:2376"
            options += ["--tlsverify", *(f"--tls{kind}={files / kind}.pem" for kind in ("cert", "key"))]
            options += [f"--tlscacert={files / 'ca.pem'}"]
            tls = tls_config(DockerHost(name=name, url=url, master=MASTER, tls=files))
        one = PrivateEngine(folder, *options, url=url, inside=inside, tls=tls, environment=made.environment)
        undo.callback(one.clear)
        one.start()
        yield one


def certify(folder: Path) -> None:
    """Make a certificate that vouches for itself, for engines, their clients and the registry."""
    folder.mkdir(mode=0o700)
    names = ",".join(f"IP:198.18.78.{last}" for last in (1, 11, 12, 13))
    files = ("-keyout", folder / "key.pem", "-out", folder / "cert.pem")
    kind = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=tests")
    run("openssl", "req", "-x509", *kind, *files, "-addext", f"subjectAltName={names}")
    shutil.copy(folder / "cert.pem", folder / "ca.pem")
