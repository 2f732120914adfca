"""Who may be a worker in a container: that container, once, and nobody else, whatever he knows.

On an engine of the tests' own, as its images are changed.
"""

import json
import shlex

import docker

from python_builds.core.workers.images import PASSWORD_FILE
from tests.docker.engines import IMAGE, containers, force, states, use_image
from tests.e2e.farms import FarmUnderTest, wait
from tests.e2e.strangers import log_in

KEPT = "/kept"
KEEPING = f"cp {PASSWORD_FILE} {KEPT}; exec"


def told_to(engine: docker.DockerClient, farm: FarmUnderTest) -> dict[str, str]:
    """Read what the farm's one container was told, and has kept."""
    wait(lambda: [c.status for c in containers(engine, farm)] == ["running"], "a container that runs")
    (container,) = containers(engine, farm)
    wait(lambda: container.exec_run(["test", "-s", KEPT]).exit_code == 0, "what it was told")
    told = dict(line.split("=", 1) for line in container.attrs["Config"]["Env"])
    return {**told, "WORKERPASS": container.exec_run(["cat", KEPT]).output.decode()}


def test_what_a_container_was_told_opens_nothing_once_it_is_connected(
    private_farm: FarmUnderTest, private_client: docker.DockerClient
) -> None:
    farm, engine = private_farm, private_client
    worker = engine.images.get(IMAGE).attrs["Config"]["Cmd"]
    use_image(farm, engine, json.dumps(["sh", "-c", f"{KEEPING} {shlex.join(worker)}"]))
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
    use_image(farm, engine, json.dumps(["sh", "-c", f"{KEEPING} sleep infinity"]))
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
