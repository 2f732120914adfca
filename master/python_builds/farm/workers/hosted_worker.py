"""What the farm knows of workers on other machines, whatever runs them there.

Hosts that do not answer are waited for, rest and are asked again; what could not be removed there is removed later; how
an instance ended is a sentence. A backend is one file: a class of Buildbot's for its kind of instances, before it
HostedWorker and OneTimeLogin, and the answers that HostedWorker wants. docs/backends.md says what else one needs.
"""

from collections.abc import Callable
from typing import Any

from buildbot.interfaces import LatentWorkerCannotSubstantiate, LatentWorkerFailedToSubstantiate
from buildbot.worker import AbstractLatentWorker
from buildbot.worker.latent import States
from twisted.internet import defer, threads
from twisted.python import log

from python_builds.farm.workers.image_watch import watch_of

LEFT_SECONDS = 30
"""Until an instance that could not be removed is tried again: its host did not answer."""

LOST_SECONDS = 5
"""That the end of an instance may come after that of its connection."""


class HostDoesNotAnswer(LatentWorkerFailedToSubstantiate):
    """The host cannot be reached, so nothing is known against the build: it waits."""

    build_waits = True


class HostLacksImage(LatentWorkerFailedToSubstantiate):
    """The image went since the host was asked; nothing is known against the build: it waits for the image."""

    build_waits = True


class HostedWorker(AbstractLatentWorker):
    """A latent worker whose instance is on a host, which has other workers too."""

    host: Any
    """Has a name, a label for sentences, the master's address as its instances see it, and start_seconds."""

    kind: str
    """What an instance is called, as in container."""

    no_answer: tuple[type[Exception], ...]
    """What Buildbot's class raises if the host is not reached, or refuses."""

    refusal: Callable[[Exception], str]
    """Says what the host answered, if it did: then it is not silence."""

    looker: Callable[[], Callable[[float], Any]]
    """Gives what looks at the instance in a thread, after so many seconds in which it may end, for a ContainerState."""

    remover: Callable[[], tuple[str, Callable[[], Any]]]
    """Names the instance, and gives what removes it in a thread, when the worker has forgotten it."""

    quarantine_max_timeout = 300  # Buildbot's hour would keep a host idle for that long after its return
    started_at = 0.0
    removal: Any = None
    lacks_image = False

    @defer.inlineCallbacks
    def start_instance(self, build: Any) -> Any:
        """Start the instance, or say in a sentence why not."""
        self.lacks_image = False
        try:
            started = yield self._start(build)
        except LatentWorkerCannotSubstantiate as error:
            yield self._see_that_it_lacks(build.getProperty("worker_image"))
            raise HostLacksImage(f"{self.host.label} has no worker image for this build: {error}") from error
        except self.no_answer as error:
            if said := self.refusal(error):
                problem = f"{self.host.label} does not start a {self.kind}: {said}"
                raise LatentWorkerFailedToSubstantiate(problem) from error
            self._rest_the_host()
            raise HostDoesNotAnswer(f"{self.host.label} does not answer: {error}") from error
        self.started_at = self.master.reactor.seconds()
        return started

    @defer.inlineCallbacks
    def _start(self, build: Any) -> Any:
        """Start the instance; where there is none, forget for which image it was to be.

        Buildbot forgets that only when it stops one, and until then gives the worker no build of another image.
        """
        try:
            started = yield super().start_instance(build)
        except Exception:
            self.resetWorkerPropsOnStop()
            raise
        return started

    @defer.inlineCallbacks
    def check_instance(self) -> Any:
        """Say whether the instance is as it should be, and what there is to say about it.

        Buildbot asks while it waits for the worker to connect; FarmBuild asks when a build did not end well.
        """
        if self.instance is None:
            return True, ""
        starting = self.state == States.SUBSTANTIATING_STARTING
        seen = yield self.ask(self.looker(), 0 if starting or self.conn else LOST_SECONDS)
        if not seen.runs:
            return False, f"its {self.kind} {seen}"
        if starting and self.master.reactor.seconds() - self.started_at > self.host.start_seconds:
            patience = f"in {self.host.start_seconds} s"
            return False, f"its {self.kind} did not connect to {self.host.master} {patience}; it {seen}"
        if not starting and self.conn is None:
            return False, f"the connection broke while its {self.kind} {seen}"
        return True, seen.trouble

    @defer.inlineCallbacks
    def stop_instance(self, fast: bool = False) -> Any:
        """Stop and remove the instance; what a host that is down leaves there goes when it is back."""
        name, remove = self.remover()
        try:
            yield super().stop_instance(fast)
        except self.no_answer:
            log.err(None, f"{self.kind} {name} is left on {self.host.label}")
            self._remove_later(remove)
        return True

    @defer.inlineCallbacks
    def stopService(self) -> Any:
        """Stop; an instance that is still left is removed when the farm is started again."""
        yield super().stopService()
        if self.removal is not None and self.removal.active():
            self.removal.cancel()

    def _remove_later(self, remove: Callable[[], Any]) -> None:
        self.removal = self.master.reactor.callLater(LEFT_SECONDS, self._remove, remove)

    @defer.inlineCallbacks
    def _remove(self, remove: Callable[[], Any]) -> Any:
        try:  # under the lock, as the start of the next instance removes an old one too
            yield self._start_stop_lock.run(threads.deferToThread, remove)
        except self.no_answer:
            self._remove_later(remove)

    @defer.inlineCallbacks
    def ask(self, question: Callable[..., Any], *arguments: Any) -> Any:
        """Ask the host in a thread.

        Raises:
            HostDoesNotAnswer: if it does not.
        """
        try:
            answer = yield threads.deferToThread(question, *arguments)
        except self.no_answer as error:
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
