"""Who may be a worker in a container: that container, once, and nobody else, whatever he knows.

On an engine of the tests' own, as its images are changed.
"""

import docker

from tests.docker.engines import containers, force, states, use_image
from tests.e2e.farms import FarmUnderTest, wait
from tests.e2e.strangers import log_in


def told_to(engine: docker.DockerClient, farm: FarmUnderTest) -> dict[str, str]:
    """Read what the farm's one container was told, as whoever may ask the engine can."""
    wait(lambda: len(containers(engine, farm)) == 1, "a container")
    (container,) = containers(engine, farm)
    return dict(line.split("=", 1) for line in container.attrs["Config"]["Env"])


def test_what_a_container_was_told_opens_nothing_once_it_is_connected(
    private_farm: FarmUnderTest, private_client: docker.DockerClient
) -> None:
    farm, engine = private_farm, private_client
    farm.run("run")
    request = force(farm)
    farm.wait_for_step("compile")
    told = told_to(engine, farm)

    assert "UnauthorizedLogin" in log_in(told)
    farm.wait_for_results(request)
    assert "UnauthorizedLogin" in log_in(told)
    assert "1 logins of others under its worker's name were refused" in states(farm, request)[-1]


def test_a_container_s_password_opens_nothing_from_elsewhere(
    private_farm: FarmUnderTest, private_client: docker.DockerClient
) -> None:
    farm, engine = private_farm, private_client
    use_image(farm, engine, '["sleep", "infinity"]')
    farm.run("run")
    request = force(farm, "3.11.2")
    told = told_to(engine, farm)
    (container,) = containers(engine, farm)
    wait(lambda: bool(container.reload() or container.attrs["NetworkSettings"]["IPAddress"]), "its address")
    address = container.attrs["NetworkSettings"]["IPAddress"]

    assert "LatentWorkerFailedToSubstantiate" in log_in(told)
    assert "UnauthorizedLogin" in log_in(told), "it was good once"
    wait(lambda: len(states(farm, request)) > 0 and "logged in" in states(farm, request)[0], "the build's end")
    assert f"{told['BUILDMASTER']} logged in with its password, which is for {address}/32" in states(farm, request)[0]
