"""What goes wrong with containers and their engine: each ends in a retry or a red step that says what happened.

All of it happens on an engine of the tests' own, which they may stop and whose disk they may fill.
"""

import os
import signal

import docker
import pytest

from python_builds.cli.building.progress import EXCEPTION, FAILURE, RETRY, SUCCESS, WARNINGS
from tests.docker.engines import (
    ADDRESS,
    IMAGE,
    SLOW,
    PrivateEngine,
    containers,
    containers_farm,
    force,
    states,
    use_image,
)
from tests.e2e.farms import FarmUnderTest, mini_tarball, wait

GOOD = (SUCCESS, WARNINGS)


@pytest.fixture
def engine(private_client: docker.DockerClient) -> docker.DockerClient:
    return private_client


@pytest.fixture
def farm(private_farm: FarmUnderTest) -> FarmUnderTest:
    return private_farm


def test_a_build_whose_container_is_killed_is_retried_and_succeeds(
    farm: FarmUnderTest, engine: docker.DockerClient
) -> None:
    farm.run("run")
    request = force(farm)
    farm.wait_for_step("compile")
    containers(engine, farm)[0].kill()

    assert farm.wait_for_results(request) in GOOD
    lost = states(farm, request)[0]
    assert lost.startswith("lost its worker (1 of 3 times): its container ended with exit status 137")


def test_containers_of_a_master_that_was_killed_are_removed_at_the_next_start(
    farm: FarmUnderTest, engine: docker.DockerClient
) -> None:
    farm.run("run")
    request = force(farm)
    farm.wait_for_step("compile")
    (left,) = containers(engine, farm)
    os.kill(farm.master_process(), signal.SIGKILL)
    farm.run("run")

    assert farm.wait_for_results(request) in GOOD
    with pytest.raises(docker.errors.NotFound):
        left.reload()


def test_a_build_that_takes_too_much_memory_is_a_red_step_and_the_next_one_works(farm: FarmUnderTest) -> None:
    mini_tarball(farm.tarballs, "3.11.8", MEMORY=4 * 2**30)
    farm.run("run")
    request = force(farm, "3.11.8")

    assert farm.wait_for_results(request) == FAILURE
    assert "needed more memory than its container may have" in states(farm, request)[0]
    done = farm.build("3.11.8", PLATFORM="debian-12")
    assert "FAILED  compile" in done.stdout
    assert "Killed" in done.stdout
    assert farm.build("3.11.2", PLATFORM="debian-12").returncode == 0


def test_a_full_disk_is_a_red_step_and_the_next_build_works(farm: FarmUnderTest) -> None:
    mini_tarball(farm.tarballs, "3.11.7", FILL=1)

    done = farm.build("3.11.7", PLATFORM="debian-12")

    assert done.returncode == 1
    assert "FAILED  compile" in done.stdout
    assert "No space left on device" in done.stdout
    assert farm.build("3.11.2", PLATFORM="debian-12").returncode == 0


def test_a_missing_image_is_named_with_what_to_type_and_nothing_is_asked_for(farm: FarmUnderTest) -> None:
    farm.environment["PYTHON_BUILDS_REGISTRY"] = "registry.invalid"
    farm.run("run")
    client = farm.client()
    release = client.force("release", python_version="3.11.2", profile="quick", platforms=["debian-12"])

    assert farm.wait_for_results(release) == FAILURE
    (state,) = states(farm, release)
    assert "no image on here: `" in state
    assert f"docker pull registry.invalid/{IMAGE}`, after `make push`" in state
    assert client.get("buildrequests", complete=False)["buildrequests"] == []


@pytest.mark.parametrize(
    "command, said",
    [
        ('["bash"]', "its container ended with exit status 0; its log is empty"),
        ('["sh", "-c", "echo no worker here; exit 3"]', "exit status 3; its log ends with: no"),
    ],
    ids=["plain", "ends"],
)
def test_an_image_without_a_worker_is_given_up_and_says_how_its_container_ended(
    farm: FarmUnderTest, engine: docker.DockerClient, command: str, said: str
) -> None:
    use_image(farm, engine, command)
    farm.run("run")
    request = force(farm, "3.11.2")

    assert farm.wait_for_results(request) == EXCEPTION
    shown = states(farm, request)
    assert [state.partition(": ")[0] for state in shown] == [f"lost its worker ({n} of 3 times)" for n in (1, 2, 3)]
    assert all(said in state for state in shown)
    assert "given up" in shown[-1]


def test_a_container_that_never_connects_is_removed_and_its_worker_can_be_used_again(
    engine: docker.DockerClient, private_engine: PrivateEngine
) -> None:
    with containers_farm(engine, private_engine.url, ADDRESS, start_seconds=15) as farm:
        use_image(farm, engine, '["sleep", "infinity"]')
        farm.run("run")
        request = force(farm, "3.11.2")

        assert farm.wait_for_results(request) == EXCEPTION
        assert all(f"its container did not connect to {ADDRESS} in 15 s" in state for state in states(farm, request))
        engine.images.get(IMAGE).tag(f"broken/{IMAGE}")
        assert farm.wait_for_results(force(farm, SLOW)) in GOOD


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_builds_wait_for_an_engine_that_is_stopped_and_started_again(
    farm: FarmUnderTest, engine: docker.DockerClient, private_engine: PrivateEngine, how: signal.Signals
) -> None:
    farm.run("run")
    lost = force(farm)
    farm.wait_for_step("compile")
    private_engine.stop(how)
    asked_meanwhile = force(farm, "3.11.2")
    waits = "waiting for a worker: Docker host here"
    wait(lambda: any(s.startswith(waits) for s in states(farm, asked_meanwhile)), "a line that says why it waits")
    private_engine.start()

    assert farm.wait_for_results(lost) in GOOD
    assert farm.wait_for_results(asked_meanwhile) in GOOD
    wait(lambda: containers(engine, farm) == [], "what was left to be removed")


def test_builds_run_on_the_other_host_while_one_is_down_and_wait_without_a_count_while_both_are(
    engine: docker.DockerClient, private_engine: PrivateEngine
) -> None:
    down = {"name": "down", "url": f"unix://{private_engine.folder}/nothing", "master": ADDRESS, "workers": 2}
    with containers_farm(engine, private_engine.url, ADDRESS, down) as farm:
        farm.run("run")
        requests = [force(farm), force(farm, "3.11.2")]
        assert all(farm.wait_for_results(request) in GOOD for request in requests)

        mini_tarball(farm.tarballs, "3.11.9")
        private_engine.stop()
        request = force(farm, "3.11.9")
        wait(lambda: len(states(farm, request)) > 3, "more attempts than a build may lose its worker")
        private_engine.start()

        assert farm.wait_for_results(request) in GOOD
        client = farm.client()
        *waited, _ = client.builds(request)
        assert {build["results"] for build in waited} == {RETRY}
        (preparation,) = client.steps(waited[0]["buildid"])
        assert "does not answer" in preparation["state_string"]
