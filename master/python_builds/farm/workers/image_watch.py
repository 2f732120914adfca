"""Which worker images Docker hosts have: asked at start and now and then, so that only what can be built is planned.

Loading a configuration asks no engine: there is a builder for every platform, and who plans or chooses a worker asks
here. The last answer is kept in Buildbot's database, for a start while a host is down.
"""

from collections.abc import Collection, Mapping
from typing import Any

import docker.errors
import requests
from buildbot.util.service import BuildbotService
from buildbot.util.state import StateMixin
from twisted.internet import defer, threads
from twisted.internet.task import LoopingCall
from twisted.python import log

from python_builds.adapters.workers.docker_engines import images_on
from python_builds.core.platforms.platform import Platform
from python_builds.core.platforms.platforms import PLATFORMS
from python_builds.core.settings.settings import Settings
from python_builds.core.workers.docker_hosts import DockerHost
from python_builds.core.workers.images import worker_image
from python_builds.core.workers.missing_images import HostImages, MissingImage

NAME = "image watch"

EVERY_SECONDS = 60
"""Between two questions at most; the planner is woken where the answer is another one."""

CHANGED = ("worker-images", "changed")
"""On Buildbot's message queue, when a host has other images than before."""

NO_ANSWER = (docker.errors.DockerException, requests.RequestException, OSError)


class ImageWatch(StateMixin, BuildbotService):
    """Knows what each host has last said."""

    name = NAME
    loop: LoopingCall | None = None
    has_asked = False

    def reconfigService(self, settings: Settings, at_home: Collection[str]) -> Any:
        """Take the settings, and the names of the builders that need no image, as this machine is their worker."""
        self.settings = settings
        self.at_home = at_home
        self.seen = HostImages()
        self.has_asked = False
        self._one_at_a_time = defer.DeferredLock()
        if self.running:
            self._begin()
        return defer.succeed(None)

    @defer.inlineCallbacks
    def startService(self) -> Any:
        """Begin to ask."""
        yield super().startService()
        self._begin()

    def _begin(self) -> None:
        """Ask at once and then now and then, if there is anybody to ask."""
        self._end()
        if self.settings.docker_hosts:
            self.loop = LoopingCall(self.ask)
            self.loop.clock = self.master.reactor
            self.loop.start(min(EVERY_SECONDS, self.settings.plan_seconds)).addErrback(log.err, "no images are seen")

    @defer.inlineCallbacks
    def stopService(self) -> Any:
        """Ask no more."""
        self._end()
        yield super().stopService()

    def _end(self) -> None:
        if self.loop is not None and self.loop.running:
            self.loop.stop()

    def ask(self) -> Any:
        """Ask every host, and have those look who wait for another answer."""
        return self._one_at_a_time.run(self._ask)

    @defer.inlineCallbacks
    def _ask(self) -> Any:
        hosts = self.settings.docker_hosts
        if not self.has_asked:
            kept = yield self.getState("images", {})
            known = {name: frozenset(images) for name, images in kept.items() if name in {host.name for host in hosts}}
            self.seen = HostImages(images=known)
        answers = yield defer.gatherResults([self._images_of(host) for host in hosts])
        images, silent = dict(self.seen.images), {}
        for host, answer in zip(hosts, answers, strict=True):
            if isinstance(answer, frozenset):
                images[host.name] = answer
            else:
                silent[host.name] = answer
        changed = images != self.seen.images
        self.seen = HostImages(images=images, silent=silent)
        self.has_asked = True
        if changed:
            yield self.setState("images", {name: sorted(found) for name, found in images.items()})
            log.msg("worker images on Docker hosts: " + "; ".join(f"{n}: {sorted(i)}" for n, i in images.items()))
            self.master.mq.produce(CHANGED, {})
            self.master.botmaster.maybeStartBuildsForAllBuilders()

    @defer.inlineCallbacks
    def _images_of(self, host: DockerHost) -> Any:
        """Give a host's images, or why it does not answer."""
        names = [worker_image(platform, self.settings.registry) for platform in PLATFORMS]
        try:
            return (yield threads.deferToThread(images_on, host, names))
        except NO_ANSWER as error:
            return " ".join(str(error).split()) or type(error).__name__

    @property
    def unknown(self) -> dict[str, str]:
        """Say of the hosts that have never answered why they do not."""
        return {name: why for name, why in self.seen.silent.items() if name not in self.seen.images}

    def missing(self, builders: Mapping[str, tuple[Platform, str]], *, doubt: bool) -> dict[str, MissingImage]:
        """Find the builders whose image is on none of their hosts; `doubt` counts one that never answered as such."""
        found = {}
        for name, (platform, architecture) in builders.items():
            hosts = tuple(host for host in self.settings.docker_hosts if host.architecture == architecture)
            image = worker_image(platform, self.settings.registry)
            lacking = [doubt if h.name not in self.seen.images else self.seen.lacks(h.name, image) for h in hosts]
            if hosts and all(lacking) and name not in self.at_home:
                found[name] = MissingImage(platform=platform.name, image=image, hosts=hosts)
        return found


def watch_of(master: Any) -> ImageWatch | None:
    """Find a master's watch; a master without Docker hosts may do without."""
    found: ImageWatch | None = master.service_manager.namedServices.get(NAME)
    return found


@defer.inlineCallbacks
def missing_images(master: Any, builders: Mapping[str, tuple[Platform, str]], *, doubt: bool = False) -> Any:
    """Find the builders that lack their image, once every host was asked."""
    watch = watch_of(master)
    if watch is None or not watch.settings.docker_hosts:
        return {}
    if not watch.has_asked:
        yield watch.ask()
    return watch.missing(builders, doubt=doubt)
