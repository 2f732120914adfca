"""A container's network: what comes from a tarball reaches nobody by it, the farm's own scripts do, and it is looked at before.

On an engine of the tests' own, whose bridge has a cloud's metadata address too.
"""

import contextlib
import json
import socket
import subprocess
import threading
from collections.abc import Iterator

import docker
import pytest

from python_builds.core.settings.setting_types import CHECKOUT
from python_builds.core.workers.container_limits import create_options
from python_builds.core.workers.docker_hosts import DockerHost
from python_builds.core.workers.images import CLOSE_NETWORK
from tests.docker.engines import ADDRESS, BRIDGE, IMAGE, PrivateEngine, run

METADATA = "169.254.169.254"
LINK_LOCAL = "fe80::42:c6ff:fe12:4d01"
"""Of the bridge, by its hardware address."""

CLOSED = DockerHost(name="test", url="unix://", master="")
OPEN = DockerHost(name="test", url="unix://", master="", open_network=True)
NET_ADMIN = 12
"""Its number in capability(7)."""
NOBODY, APT = (f"setpriv --reuid {uid} --regid {uid} --clear-groups --no-new-privs" for uid in (65534, 42))

TRY = """
import json, pathlib, socket, sys, time
bridge, metadata, link_local, port = *sys.argv[1:4], int(sys.argv[4])
until = time.monotonic() + 30
while not [line for line in pathlib.Path("/proc/net/if_inet6").read_text().splitlines() if line.endswith("80     eth0")]:
    assert time.monotonic() < until, "eth0 has no address of IPv6"
    time.sleep(0.05)

def tcp(address, protocol=0):
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM, protocol) as client:
        client.settimeout(10)
        client.connect(socket.getaddrinfo(address, port)[0][4])

def udp(address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as client:
        client.sendto(b"x", socket.getaddrinfo(address, 53)[0][4])

def ping():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP) as client:
        client.sendto(bytes([8, 0, 0, 0, 0, 0, 0, 0]), (bridge, 0))

def itself():
    for address in ("127.0.0.1", "::1", socket.gethostbyname(socket.gethostname())):
        with socket.create_server((address, 0), family=socket.AF_INET6 if ":" in address else socket.AF_INET) as server:
            socket.create_connection(server.getsockname()[:2], timeout=10).close()

tries = {
    "the master's machine": lambda: tcp(bridge),
    "it by MPTCP": lambda: tcp(bridge, 262),
    "it by IPv6": lambda: tcp(link_local + "%eth0"),
    "it by ICMP": ping,
    "a datagram": lambda: udp(bridge),
    "a datagram by IPv6": lambda: udp(link_local + "%eth0"),
    "metadata": lambda: tcp(metadata),
    "the internet": lambda: udp("203.0.113.1"),
    "Docker's name server": lambda: udp("127.0.0.11"),
    "itself": itself,
}
reached = []
for name, attempt in tries.items():
    try:
        attempt()
        reached.append(name)
    except OSError as error:
        print(name, error, file=sys.stderr)
print(json.dumps(reached))
"""
EVERYBODY = {
    "the master's machine",
    *("it by MPTCP", "it by IPv6", "it by ICMP", "a datagram", "a datagram by IPv6"),
    *("metadata", "the internet", "Docker's name server"),
}


class Network:
    """What there is around a container, and containers in there."""

    def __init__(self, url: str, port: int) -> None:
        self.url, self.port = url, port

    def run(self, host: DockerHost, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command in a container with a host's limits."""
        given = [
            *create_options(host),
            "--sysctl=net.ipv6.conf.all.disable_ipv6=0",
            *(f"--env={name}={value}" for name, value in environment.items()),
        ]
        return self.docker("run", "--rm", *given, f"--volume={CHECKOUT}/scripts:/scripts:ro", IMAGE, *command)

    def docker(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run docker."""
        return subprocess.run(["docker", "--host", self.url, *command], capture_output=True, text=True)

    def reached(self, host: DockerHost, user: str) -> set[str]:
        """Try to reach everybody."""
        arguments = [ADDRESS, METADATA, LINK_LOCAL, str(self.port)]
        done = self.run(host, CLOSE_NETWORK, *user.split(), "python3", "-c", TRY, *arguments)
        assert done.returncode == 0, done.stderr
        print(done.stderr)
        return {*json.loads(done.stdout)}


@pytest.fixture(scope="module")
def network(private_engine: PrivateEngine) -> Iterator[Network]:
    with contextlib.ExitStack() as undo:
        run("ip", "address", "add", f"{METADATA}/32", "dev", BRIDGE)
        undo.callback(run, "ip", "address", "delete", f"{METADATA}/32", "dev", BRIDGE)
        server = undo.enter_context(socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True))
        server.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, BRIDGE.encode())  # nobody else gets there
        port = server.getsockname()[1]
        threading.Thread(target=accept, args=[server], daemon=True).start()
        yield Network(private_engine.url, port)


def accept(server: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            server.accept()[0].close()


def test_what_comes_from_a_tarball_reaches_nobody_but_itself(network: Network) -> None:
    assert network.reached(CLOSED, NOBODY) == {"itself"}
    assert network.reached(OPEN, NOBODY) == {*EVERYBODY, "itself"}, "they are there, and open is open"


@pytest.mark.parametrize("user", ["env", APT], ids=["root", "apt"])
def test_the_farm_s_own_scripts_and_apt_reach_whom_they_want(network: Network, user: str) -> None:
    assert network.reached(CLOSED, user) == {*EVERYBODY, "itself"}


def test_a_container_reaches_no_other(engine: docker.DockerClient) -> None:
    """Of this machine's engine, whose bridge lets them."""
    serve = (
        "import socket; server = socket.create_server(('', 9)); print('ready', flush=True)\nwhile True: server.accept()"
    )
    other = engine.containers.run(IMAGE, ["python3", "-c", serve], detach=True, init=True)
    try:
        assert next(other.logs(stream=True)) == b"ready\n"
        other.reload()
        connect = f"exec 3<>/dev/tcp/{other.attrs['NetworkSettings']['IPAddress']}/9 && echo reached"
        closed, taken = (
            Network("unix:///var/run/docker.sock", 0).run(host, CLOSE_NETWORK, *NOBODY.split(), "bash", "-c", connect)
            for host in (CLOSED, OPEN)
        )
    finally:
        other.remove(force=True, v=True)

    assert "Connection refused" in closed.stderr
    assert taken.stdout == "reached\n", taken.stderr


SOCKET = "python3 -c 'import socket; socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM)'"


def test_nobody_can_open_the_network_again(network: Network) -> None:
    tries = f"nft flush ruleset; {NOBODY} nft flush ruleset; {NOBODY} unshare --user --net true; {SOCKET}; {NOBODY} {SOCKET}; grep CapBnd /proc/self/status"
    done = network.run(CLOSED, CLOSE_NETWORK, "bash", "-c", tries)

    assert done.stderr.count("Operation not permitted") == 3, done.stderr
    assert done.stderr.count("Address family not supported by protocol") == 2, "nor by sockets of other kinds"
    assert int(done.stdout.split()[1], 16) & 1 << NET_ADMIN == 0, "root may not either, from the first command on"


def test_a_container_whose_network_cannot_be_closed_ends_with_a_sentence(network: Network) -> None:
    without = create_options(CLOSED.model_copy(update={"open_network": True}))
    environment = ["--env=PYTHON_BUILDS_NETWORK=closed"]
    done = network.docker("run", "--rm", *without, *environment, IMAGE, CLOSE_NETWORK, "echo", "started")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1].startswith("the container's network cannot be closed (nft: ")
    assert '"open_network": true' in done.stderr.splitlines()[-1]


PREPARE = (
    "mkdir -p /tmp/b && cd /tmp/b && cp -r /scripts . && scripts/steps/prepare-folders.sh; s=$?; echo stage*; exit $s"
)


@pytest.mark.parametrize("master", [ADDRESS, "master.example", ""], ids=["address", "name", "by-hand"])
def test_no_build_begins_in_an_open_network(network: Network, master: str) -> None:
    given = {"BUILDMASTER": master, "BUILDMASTER_PORT": str(network.port)}
    closed, open_network = (
        network.run(CLOSED, *command, "bash", "-c", f"echo {ADDRESS} master.example >>/etc/hosts; {PREPARE}", **given)
        for command in ([CLOSE_NETWORK], [])
    )

    assert closed.stdout.split() == ["stage", "stage-debug", "stage-test"], closed.stderr
    assert (open_network.returncode, open_network.stdout) == (1, "stage*\n")
    found = f"{ADDRESS} (tcp port {network.port})" if master else f"{METADATA} (udp port 80)"
    assert f"check-network.sh: what comes from a tarball would reach {found}: the container was" in open_network.stderr
    assert network.run(OPEN, "bash", "-c", PREPARE, **given).returncode == 0, "the operator takes it"
