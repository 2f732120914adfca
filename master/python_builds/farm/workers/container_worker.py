"""A worker in a container of a Docker host: Buildbot's own, which also says what happened to a container and why.

What Buildbot tells in its log only (or as a traceback) becomes a sentence here, which FarmBuild shows in the web UI.
"""

from collections.abc import Callable
from typing import Any

import docker
import docker.errors
import requests
from buildbot.interfaces import LatentWorkerCannotSubstantiate, LatentWorkerFailedToSubstantiate
from buildbot.plugins import worker
from buildbot.worker.latent import States
from twisted.internet import defer, threads
from twisted.python import log

from python_builds.adapters.workers.docker_engines import (
    image_of,
    inspect_container,
    networks_of,
    put_file,
    remove_container,
)
from python_builds.core.workers.container_limits import environment, limits
from python_builds.core.workers.docker_hosts import DockerHost
from python_builds.core.workers.images import PASSWORD_FILE
from python_builds.farm.workers.image_watch import watch_of
from python_builds.farm.workers.one_time_login import OneTimeLogin

CHECK_SECONDS = 2
IMAGE_ID = "worker_image_id"
"""The property of a build that says which image its container was made of."""

LEFT_SECONDS = 30
"""Until a container that could not be removed is tried again: its engine did not answer."""

NO_ANSWER = (docker.errors.DockerException, requests.RequestException, OSError)


class HostDoesNotAnswer(LatentWorkerFailedToSubstantiate):
    """The Docker engine cannot be reached, so nothing is known against the build: it waits."""

    build_waits = True


class HostLacksImage(LatentWorkerFailedToSubstantiate):
    """The image went since the host was asked; nothing is known against the build: it waits for the image."""

    build_waits = True


class ContainerWorker(OneTimeLogin, worker.DockerLatentWorker):
    """A latent worker whose instance is a container."""

    quarantine_max_timeout = 300  # Buildbot's hour would keep a host idle for that long after its return
    started_at = 0.0
    removal = None
    lacks_image = False

    def checkConfig(self, name: str, host: DockerHost, **kwargs: Any) -> None:
        """Check the arguments."""
        super().checkConfig(name, None, **_options(host), **kwargs)

    def reconfigService(self, name: str, host: DockerHost, **kwargs: Any) -> Any:
        """Take the arguments."""
        self.host = host
        return super().reconfigService(name, None, **_options(host), **kwargs)

    @defer.inlineCallbacks
    def start_instance(self, build: Any) -> Any:
        """Start the container, or say in a sentence why not."""
        self.lacks_image = False
        try:
            started = yield self._start(build)
        except LatentWorkerCannotSubstantiate as error:
            yield self._see_that_it_lacks(build.getProperty("worker_image"))
            raise HostLacksImage(f"{self.host.label} has no worker image for this build: {error}") from error
        except docker.errors.APIError as error:
            problem = f"{self.host.label} does not start a container: {error.explanation or error}"
            raise LatentWorkerFailedToSubstantiate(problem) from error
        except NO_ANSWER as error:
            self._rest_the_host()
            raise HostDoesNotAnswer(f"{self.host.label} does not answer: {error}") from error
        self.started_at = self.master.reactor.seconds()
        image = yield self._ask(image_of, self._curr_client_args, self.instance["Id"])
        build.setProperty(IMAGE_ID, image, "worker")
        return started

    @defer.inlineCallbacks
    def _start(self, build: Any) -> Any:
        """Start the container; where there is none, forget for which image it was to be.

        Buildbot forgets that only when it stops one, and until then gives the worker no build of another image.
        """
        try:
            started = yield super().start_instance(build)
        except Exception:
            self.resetWorkerPropsOnStop()
            raise
        return started

    def createEnvironment(self, build: Any = None) -> dict[str, str]:
        """Tell the container that is being made how it connects; its password is no part of that."""
        told = {name: value for name, value in super().createEnvironment(build).items() if name != "WORKERPASS"}
        return {**told, **environment(self.host), "WORKERPASS_FILE": PASSWORD_FILE}

    def _getDockerClient(self, client_args: dict[str, Any]) -> docker.APIClient:
        return _TellingClient(self.draw_password, **client_args)

    def networks(self) -> Any:
        """List what the container's connection can come from."""
        return self._ask(networks_of, self._curr_client_args, self.instance["Id"], self.host)

    @defer.inlineCallbacks
    def check_instance(self) -> Any:
        """Say whether the container is as it should be, and what there is to say about it.

        Buildbot asks while it waits for the worker to connect; FarmBuild asks when a build did not end well.
        """
        if self.instance is None:
            return True, ""
        starting = self.state == States.SUBSTANTIATING_STARTING
        patience = 0 if starting or self.conn else 5  # who lost the connection sees the container end soon
        seen = yield self._ask(
            inspect_container, self._curr_client_args, self.instance["Id"], self.started_at, patience
        )
        if not seen.runs:
            return False, f"its container {seen}"
        if starting and self.master.reactor.seconds() - self.started_at > self.host.start_seconds:
            return (
                False,
                f"its container did not connect to {self.host.master} in {self.host.start_seconds} s; it {seen}",
            )
        if not starting and self.conn is None:
            return False, f"the connection broke while its container {seen}"
        return True, seen.trouble

    @defer.inlineCallbacks
    def stop_instance(self, fast: bool = False) -> Any:
        """Stop and remove the container; what an engine that is down leaves there goes when it is back."""
        instance, arguments = self.instance, getattr(self, "_curr_client_args", None)
        try:
            yield super().stop_instance(fast)
        except NO_ANSWER:
            log.err(None, f"container {instance['Id'][:12]} is left on {self.host.label}")
            self._remove_later(arguments, instance["Id"])
        return True

    @defer.inlineCallbacks
    def stopService(self) -> Any:
        """Stop; a container that is still left is removed when the farm is started again."""
        yield super().stopService()
        if self.removal is not None and self.removal.active():
            self.removal.cancel()

    def _remove_later(self, arguments: Any, container: str) -> None:
        self.removal = self.master.reactor.callLater(LEFT_SECONDS, self._remove, arguments, container)

    @defer.inlineCallbacks
    def _remove(self, arguments: Any, container: str) -> Any:
        try:  # under the lock, as the start of the next container removes an old one too
            yield self._start_stop_lock.run(threads.deferToThread, remove_container, arguments, container)
        except NO_ANSWER:
            self._remove_later(arguments, container)

    @defer.inlineCallbacks
    def _ask(self, question: Callable[..., Any], *arguments: Any) -> Any:
        try:
            answer = yield threads.deferToThread(question, *arguments)
        except docker.errors.NotFound as error:
            raise LatentWorkerFailedToSubstantiate("its container was removed by somebody else") from error
        except NO_ANSWER as error:
            raise HostDoesNotAnswer(f"{self.host.label} does not answer: {error}") from error
        return answer

    @defer.inlineCallbacks
    def _see_that_it_lacks(self, image: str) -> Any:
        """Have the host asked again, so that no such build comes here again."""
        watch = watch_of(self.master)
        if watch is not None:
            yield watch.ask()
            self.lacks_image = watch.seen.lacks(self.host.name, image)

    def putInQuarantine(self) -> None:
        """Rest for a while, but not for want of an image: the next build is of a platform whose image is there."""
        if not self.lacks_image:
            self.rest()

    def rest(self) -> None:
        """Take no build for a while, each time longer."""
        super().putInQuarantine()

    def _rest_the_host(self) -> None:
        """Let all workers of the host wait, so that a waiting build does not try them one after the other."""
        for other in self.master.workers.workers.values():
            if getattr(other, "host", None) == self.host:
                other.rest()


class _TellingClient(docker.APIClient):
    """A client that tells a container its password between its creation and its start, which is one step of Buildbot's.

    Its environment would not do: all that runs in it has that, the engine's init and `docker exec` included.
    """

    def __init__(self, draw_password: Callable[[], str], **arguments: Any) -> None:
        super().__init__(**arguments)
        self._draw_password = draw_password

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
