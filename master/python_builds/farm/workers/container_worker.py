"""A worker in a container of a Docker host: Buildbot's own, which also says what happened to a container and why.

What Buildbot tells in its log only (or as a traceback) becomes a sentence here, which FarmBuild shows in the web UI.
"""

import functools
from collections.abc import Callable
from typing import Any

import docker
import docker.errors
import requests
from buildbot.interfaces import LatentWorkerFailedToSubstantiate
from buildbot.plugins import worker
from twisted.internet import defer

from python_builds.adapters.workers.docker_engines import (
    ContainerState,
    image_for,
    image_of,
    inspect_container,
    networks_of,
    put_file,
    remove_container,
)
from python_builds.core.workers.container_limits import environment, limits
from python_builds.core.workers.docker_hosts import DockerHost
from python_builds.core.workers.images import PASSWORD_FILE
from python_builds.farm.workers.hosted_worker import HostedWorker
from python_builds.farm.workers.one_time_login import OneTimeLogin

CHECK_SECONDS = 2
IMAGE_ID = "worker_image_id"
"""The property of a build that says which image its container was made of."""
IMAGE_REFERENCE = "worker_image_reference"
"""By what a registry has it."""


class ContainerWorker(HostedWorker, OneTimeLogin, worker.DockerLatentWorker):
    """A latent worker whose instance is a container."""

    host: DockerHost
    kind = "container"
    no_answer = (docker.errors.DockerException, requests.RequestException, OSError)

    def checkConfig(self, name: str, host: DockerHost, **kwargs: Any) -> None:
        """Check the arguments."""
        super().checkConfig(name, None, **_options(host), **kwargs)

    def reconfigService(self, name: str, host: DockerHost, **kwargs: Any) -> Any:
        """Take the arguments."""
        self.host = host
        return super().reconfigService(name, None, **_options(host), **kwargs)

    @defer.inlineCallbacks
    def start_instance(self, build: Any) -> Any:
        """Start the container, and note its image."""
        started = yield super().start_instance(build)
        image, reference = yield self.ask(_of_ours(image_of), self._curr_client_args, self.instance["Id"])
        build.setProperty(IMAGE_ID, image, "worker")
        build.setProperty(IMAGE_REFERENCE, reference, "worker")
        return started

    def createEnvironment(self, build: Any = None) -> dict[str, str]:
        """Tell the container that is being made how it connects; its password is no part of that."""
        told = {name: value for name, value in super().createEnvironment(build).items() if name != "WORKERPASS"}
        return {**told, **environment(self.host), "WORKERPASS_FILE": PASSWORD_FILE}

    def _getDockerClient(self, client_args: dict[str, Any]) -> docker.APIClient:
        return _TellingClient(self.draw_password, self.host.architecture, **client_args)

    def _image_exists(self, client: docker.APIClient, name: str) -> bool:
        return bool(image_for(client, name, self.host.architecture))

    def networks(self) -> Any:
        """List what the container's connection can come from."""
        return self.ask(_of_ours(networks_of), self._curr_client_args, self.instance["Id"], self.host)

    def refusal(self, error: Exception) -> str:
        """Give what the engine answered."""
        return str(error.explanation or error) if isinstance(error, docker.errors.APIError) else ""

    def looker(self) -> Callable[[float], ContainerState]:
        """Give what looks at the container."""
        inspect = _of_ours(inspect_container)
        return functools.partial(inspect, self._curr_client_args, self.instance["Id"], self.started_at)

    def remover(self) -> tuple[str, Callable[[], None]]:
        """Name the container, and give what removes it later."""
        if self.instance is None:
            return "", lambda: None
        container = self.instance["Id"]
        return container[:12], functools.partial(remove_container, self._curr_client_args, container)


def _of_ours(question: Callable[..., Any]) -> Callable[..., Any]:
    """Have a question about a container say that it is gone, which is no silence."""

    def asked(*arguments: Any) -> Any:
        try:
            return question(*arguments)
        except docker.errors.NotFound as error:
            raise LatentWorkerFailedToSubstantiate("its container was removed by somebody else") from error

    return asked


class _TellingClient(docker.APIClient):
    """A client that tells a container its password between its creation and its start, which is one step of Buildbot's.

    Its environment would not do: all that runs in it has that, the engine's init and `docker exec` included.
    It takes the image of the host's architecture, which may have another name where the engine emulates it.
    """

    def __init__(self, draw_password: Callable[[], str], architecture: str, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._draw_password = draw_password
        self._architecture = architecture

    def create_container(self, image: str, *args: Any, **kwargs: Any) -> Any:
        return super().create_container(image_for(self, image, self._architecture), *args, **kwargs)

    def start(self, container: Any, *args: Any, **kwargs: Any) -> None:
        put_file(self, container["Id"], PASSWORD_FILE, self._draw_password().encode())
        super().start(container, *args, **kwargs)


def _options(host: DockerHost) -> dict[str, Any]:
    return {
        "docker_host": host.url,
        "masterFQDN": host.master,
        "hostconfig": limits(host),
        "check_instance_interval": CHECK_SECONDS,
        "missing_timeout": host.start_seconds + 120,  # check_instance knows more; this is for an engine that hangs
    }
