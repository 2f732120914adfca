"""The cage of containers, as Docker is told of it."""

import pytest
from pydantic import ValidationError

from python_builds.core.workers.container_limits import limits
from python_builds.core.workers.docker_hosts import DockerHost


def host(**values: object) -> DockerHost:
    return DockerHost.model_validate({"name": "here", "url": "unix:///socket", "master": "172.17.0.1", **values})


def test_containers_are_in_the_network_that_the_host_names_and_else_in_the_usual_one() -> None:
    assert limits(host(network="farm-workers"))["network_mode"] == "farm-workers"
    assert "network_mode" not in limits(host())


@pytest.mark.parametrize("name", ["host", "container:database", "a b", "-x", "ns/net"])
def test_a_network_is_named_and_nothing_else_that_docker_takes_for_one(name: str) -> None:
    with pytest.raises(ValidationError):
        host(network=name)
