"""A farm whose workers are containers of this machine's Docker engine, with the miniature source tree."""

import ipaddress
import os
import signal
from collections.abc import Iterator

import docker
import pytest
from docker.models.containers import Container
from farms import FarmUnderTest, make_farm, mini_tarball

from python_builds.commands.progress import EXCEPTION, SUCCESS, WARNINGS
from python_builds.facts.docker_hosts import CAPABILITIES
from python_builds.facts.images import WORKER_LABEL

BUILDER = "debian-12-amd64"
SLOW = "3.11.6"


@pytest.fixture
def engine() -> Iterator[docker.DockerClient]:
    client = docker.from_env()
    yield client
    left = containers(client)
    for container in left:
        container.remove(force=True, v=True)
    assert left == [], "a test left containers running"


@pytest.fixture
def farm(engine: docker.DockerClient) -> Iterator[FarmUnderTest]:
    """Give a farm with two containers on this machine."""
    network = engine.networks.get("bridge").attrs["IPAM"]["Config"][0]
    bridge = str(next(ipaddress.ip_network(network["Subnet"]).hosts()))  # the engine's own address on it
    host = {"name": "here", "url": "unix:///var/run/docker.sock", "master": bridge, "workers": 2, "memory": "1g"}
    with make_farm(docker_hosts=[host], worker_host=bridge) as made:
        mini_tarball(made.tarballs, "3.11.2")
        mini_tarball(made.tarballs, SLOW, COMPILE_SECONDS=5)
        yield made
        made.run("farm", "stop")


def containers(engine: docker.DockerClient) -> list[Container]:
    return engine.containers.list(all=True, filters={"label": WORKER_LABEL})


def force(farm: FarmUnderTest, version: str = SLOW) -> int:
    client = farm.client()
    release = client.force("release", python_version=version, profile="quick", platforms=["debian-12"])
    assert farm.wait_for_results(release) == SUCCESS
    properties = client.properties(client.builds(release)[0]["buildid"])
    return int(properties["requested"][BUILDER])


def test_a_release_is_built_in_a_fresh_container(farm: FarmUnderTest) -> None:
    done = farm.build("3.11.2", PLATFORM="debian-12")

    assert done.returncode == 0, done.stdout
    assert farm.files("quick/python/debian-12/pkgs/python-3.11.2_1_amd64.deb")


def test_a_container_is_caged_and_knows_nothing_but_its_own_password(
    farm: FarmUnderTest, engine: docker.DockerClient
) -> None:
    farm.environment["AWS_SECRET_ACCESS_KEY"] = "not for workers"
    farm.run("farm", "run")
    force(farm)
    farm.wait_for_step("compile")
    (container,) = containers(engine)
    limits, environment = container.attrs["HostConfig"], container.attrs["Config"]["Env"]

    assert limits["CapDrop"] == ["ALL"]
    assert {c.removeprefix("CAP_") for c in limits["CapAdd"]} == set(CAPABILITIES)
    assert limits["SecurityOpt"] == ["no-new-privileges"]
    assert limits["Memory"] == limits["MemorySwap"] == 2**30
    assert limits["NanoCpus"] == 2 * 10**9
    assert limits["PidsLimit"] > 0
    assert not limits["Privileged"]
    assert "docker.sock" not in str(container.attrs["Mounts"])
    assert "not for workers" not in str(container.attrs)
    assert [e.partition("=")[0] for e in environment if "PASS" in e or "SECRET" in e or "KEY" in e] == ["WORKERPASS"]
    # As the build user, who may read the environment of what runs from the tarball and of nothing else.
    looking = ["env", "-i", "sh", "-c", "cat /proc/[0-9]*/environ"]
    compiling = container.exec_run(looking, user="65534:65534").output
    assert b"PYTHON_BUILDS_BUILD_USER" in compiling
    assert b"WORKERPASS" not in compiling


def test_two_versions_are_built_in_two_containers_at_once(farm: FarmUnderTest, engine: docker.DockerClient) -> None:
    mini_tarball(farm.tarballs, "3.11.7", COMPILE_SECONDS=5)
    farm.run("farm", "run")
    requests = [force(farm), force(farm, "3.11.7")]
    farm.wait_for_step("compile", builds=2)

    assert len(containers(engine)) == 2
    assert [farm.wait_for_results(r) in (SUCCESS, WARNINGS) for r in requests] == [True, True]


def test_a_build_whose_container_is_killed_is_retried_and_succeeds(
    farm: FarmUnderTest, engine: docker.DockerClient
) -> None:
    farm.run("farm", "run")
    request = force(farm)
    farm.wait_for_step("compile")
    containers(engine)[0].kill()

    assert farm.wait_for_results(request) in (SUCCESS, WARNINGS)
    assert "lost its worker (1 of 3 times)" in farm.client().builds(request)[0]["state_string"]


def test_containers_of_a_master_that_was_killed_are_removed_at_the_next_start(
    farm: FarmUnderTest, engine: docker.DockerClient
) -> None:
    farm.run("farm", "run")
    request = force(farm)
    farm.wait_for_step("compile")
    (left,) = containers(engine)
    os.kill(farm.master_process(), signal.SIGKILL)
    farm.run("farm", "run")

    assert farm.wait_for_results(request) in (SUCCESS, WARNINGS)
    with pytest.raises(docker.errors.NotFound):
        left.reload()


def test_a_build_that_takes_too_much_memory_is_a_red_step_and_the_next_one_works(farm: FarmUnderTest) -> None:
    mini_tarball(farm.tarballs, "3.11.8", MEMORY=4 * 2**30)

    done = farm.build("3.11.8", PLATFORM="debian-12")

    assert done.returncode == 1
    assert "FAILED  compile" in done.stdout
    assert "Killed" in done.stdout
    assert farm.build("3.11.2", PLATFORM="debian-12").returncode == 0


def test_a_missing_image_is_named_and_does_not_block_the_farm(farm: FarmUnderTest) -> None:
    farm.environment["PYTHON_BUILDS_REGISTRY"] = "registry.invalid"
    farm.run("farm", "run")
    request = force(farm, "3.11.2")

    assert farm.wait_for_results(request) == EXCEPTION
    build = farm.client().builds(request)[0]
    tail = farm.client().log_tail(farm.client().steps(build["buildid"])[0]["stepid"], 40)
    assert "not found on docker host" in "\n".join(tail)
