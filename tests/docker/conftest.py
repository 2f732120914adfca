"""Farms whose workers are containers: of this machine's Docker engine, or of one that a test may stop."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
from xdist.scheduler.loadscope import LoadScopeScheduling

from python_builds.adapters.database.one_master import master_name
from python_builds.adapters.workers.docker_engines import container_name
from python_builds.adapters.workers.local_engine import bridge_address
from tests.docker.engines import ADDRESS, BRIDGE, IMAGE, PrivateEngine, containers_farm, run
from tests.docker.real_farm import Published, real_farm
from tests.docker.rpm_box import VERSION, Box, Built, started_box
from tests.e2e.farms import FarmUnderTest, make_farm, mini_tarball


class Groups(LoadScopeScheduling):
    """Has tests in an engine or a container of their own, and of what one farm published, run beside the others.

    Much of their time is waiting: for an engine to start, a container to connect, a package manager.

    xdist_group marks would say so too, but pytest-xdist 3.8 with pytest 9.2 takes no notice of them.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0].rpartition("/")[2]
        if file in {
            "test_compose.py",
            "test_docker_faults.py",
            "test_logins.py",
            "test_network.py",
            "test_three_engines.py",
        }:
            return "engine"
        if file == "test_emulated.py":
            return "emulated"
        if file.startswith("test_real_"):
            return "published"
        return "rpm" if file.startswith("test_rpm") or file == "test_stand_ins.py" else "shared"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--keep-stand-ins", action="store_true", help="write what was tried to proofs/stand-ins/")


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Groups:
    return Groups(config, log)


@pytest.fixture
def engine() -> Iterator[docker.DockerClient]:
    """Give this machine's engine."""
    with contextlib.closing(docker.from_env()) as client:
        yield client


@pytest.fixture
def bridge(engine: docker.DockerClient) -> str:
    """Give the address at which containers of this machine's engine reach it."""
    return bridge_address(engine)


@pytest.fixture
def farm(engine: docker.DockerClient, bridge: str) -> Iterator[FarmUnderTest]:
    """Give a farm with two containers on this machine."""
    with containers_farm(engine, "unix:///var/run/docker.sock", bridge) as made:
        yield made


@pytest.fixture
def bare_farm(engine: docker.DockerClient) -> Iterator[FarmUnderTest]:
    """Give a farm whose settings say nothing of where it builds."""
    with make_farm(docker_hosts=None) as made:
        mini_tarball(made.tarballs, "3.11.2")
        try:
            yield made
        finally:
            made.run("stop")
        names = {container_name("docker-1", master_name(made.settings))}
        assert not [c.name for c in engine.containers.list(all=True, ignore_removed=True) if c.name in names]


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Published]:
    """Have a farm build and publish real CPythons."""
    with real_farm(tmp_path_factory.mktemp("farm")) as made:
        yield made


@pytest.fixture(scope="session")
def rpm_box() -> Iterator[Box]:
    """Give a container in which packages for rpm systems are made and tried."""
    with started_box() as box:
        yield box


@pytest.fixture(scope="session")
def rpm_tree(rpm_box: Box, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Build the miniature in it, once for all who package it."""
    return Built(rpm_box, "mini", VERSION, mini_tarball(tmp_path_factory.mktemp("mini"), VERSION))


@pytest.fixture(scope="session")
def private_engine() -> Iterator[PrivateEngine]:
    """Start an engine with the worker image, on a loop-mounted disk of 2 GB."""
    folder = Path(tempfile.mkdtemp(prefix="python-builds-engine-", dir="/var/tmp"))
    made = PrivateEngine(folder)
    with contextlib.ExitStack() as undo:
        undo.callback(shutil.rmtree, folder)
        # An address of its own: else it takes one of its containers', and loses it, and all of them, when that one ends.
        run("ip", "link", "add", BRIDGE, "address", "02:42:c6:12:4d:01", "type", "bridge")
        undo.callback(run, "ip", "link", "delete", BRIDGE)
        run("ip", "address", "add", f"{ADDRESS}/24", "dev", BRIDGE)
        run("ip", "link", "set", BRIDGE, "up")
        undo.callback(made.clear)
        (folder / "disk").mkdir()
        run("truncate", "--size=2G", folder / "image")
        run("mkfs.ext4", "-q", "-F", folder / "image")
        run("mount", "-o", "loop", folder / "image", folder / "disk")
        made.start()
        run("bash", "-c", f"set -o pipefail; docker save {IMAGE} | docker --host {made.url} load")
        yield made


@pytest.fixture
def private_client(private_engine: PrivateEngine) -> Iterator[docker.DockerClient]:
    """Talk to the private engine."""
    with contextlib.closing(private_engine.client()) as client:
        yield client


@pytest.fixture
def private_farm(private_engine: PrivateEngine, private_client: docker.DockerClient) -> Iterator[FarmUnderTest]:
    """Give a farm with two containers on the private engine."""
    with containers_farm(private_client, private_engine.url, ADDRESS) as made:
        yield made
        if private_engine.process is None:
            private_engine.start()
