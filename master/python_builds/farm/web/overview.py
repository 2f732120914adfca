"""Serves the overview: one look for all who ask within a few seconds, so that its cost follows time and not readers.

The page, what changes of it, and the text for terminals. Who may look is what web_login.py asks of every request.
"""

import datetime
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from buildbot.util.service import BuildbotService
from buildbot.www.resource import Resource
from twisted.internet import defer, threads

from python_builds.adapters.planning.overview_files import NO_INDEX, index_now, read_looks
from python_builds.adapters.store.store import make_store
from python_builds.core.planning.overview import NO_WORKER, Overview, Seen
from python_builds.core.planning.overview_making import make_overview
from python_builds.core.planning.overview_page import overview_content, overview_page
from python_builds.core.planning.overview_text import status_lines
from python_builds.core.planning.unwanted import Policy
from python_builds.core.platforms.platform import Platform
from python_builds.core.publishing.artifacts import builder_name
from python_builds.core.settings.settings import Settings
from python_builds.farm.builders import platform_builders
from python_builds.farm.planning import request_rows
from python_builds.farm.planning.observing import idle_because
from python_builds.farm.web.overview_farm import good_seconds, hosts, lines, pauses, running

NAME = "overview"
"""The service, and the plugin of the web UI."""

LASTS_SECONDS = 2
"""A look is good for as long."""

LASTS_TIMES, LASTS_AT_MOST = 20, 15
"""Or for so many times what it took, up to so many seconds, so that the overview of a large farm takes no more."""

STORE_SECONDS = 30
"""Between two questions whether the index in the store has changed."""

HOME = "../../"
"""From the plugin's pages to the web UI."""


WRITERS = {
    "": ("text/html", lambda seen, _: overview_page(seen, HOME)),
    "content": ("text/html", lambda seen, _: overview_content(seen, HOME)),
    "text": ("text/plain", lambda seen, url: "\n".join(status_lines(seen, url)) + "\n"),
}
"""What is served, by the end of its address: its type, and how it is written."""


class OverviewService(BuildbotService):
    """Looks, when somebody asks."""

    name = NAME

    def reconfigService(self, platforms: Sequence[Platform], settings: Settings) -> Any:
        """Take the platforms and the settings."""
        self.platforms, self.settings = platforms, settings
        self.builders = platform_builders(platforms, settings)
        self.store = make_store(settings)
        self.index, self.index_read_at = NO_INDEX, 0.0
        self.good_until = 0.0
        return defer.succeed(None)

    @defer.inlineCallbacks
    def startService(self) -> Any:
        """Begin to note when builds begin and end."""
        self.began: dict[int, datetime.datetime] = {}
        self.seconds: dict[str, tuple[float, ...]] = {}
        self.ids: dict[str, int] = {}
        self.lock = defer.DeferredLock()
        yield super().startService()
        consume = self.master.mq.startConsuming
        self.consumers = [
            (yield consume(self._has_begun, ("builds", None, "new"))),
            (yield consume(self._has_ended, ("builds", None, "finished"))),
        ]

    @defer.inlineCallbacks
    def stopService(self) -> Any:
        """Note nothing any more."""
        for consumer in self.consumers:
            yield consumer.stopConsuming()
        yield super().stopService()

    def written(self, kind: str) -> Any:
        """Look and write, or give what was written just now; `kind` is one of WRITERS."""
        return self.lock.run(self._written, kind)

    @defer.inlineCallbacks
    def _written(self, kind: str) -> Any:
        clock = self.master.reactor
        began = clock.seconds()
        paused = yield pauses(self.master, self.settings)
        is_stale = began > self.good_until or paused != self.seen.seen.paused
        if is_stale:
            self.seen: Overview = yield self._look(paused)
            self.pages: dict[str, bytes] = {}
        if kind not in self.pages:
            text = yield threads.deferToThread(WRITERS[kind][1], self.seen, self.settings.public_url)
            self.pages[kind] = text.encode()
        if is_stale:
            took = clock.seconds() - began
            self.good_until = clock.seconds() + min(max(LASTS_SECONDS, LASTS_TIMES * took), LASTS_AT_MOST)
        return self.pages[kind]

    @defer.inlineCallbacks
    def _look(self, paused: tuple[str, ...]) -> Any:
        now = datetime.datetime.now(datetime.UTC)
        botmaster = self.master.botmaster
        for name, builder in botmaster.builders.items():
            self.ids[name] = yield builder.getBuilderId()
        waiting = yield request_rows.waiting(self.master)
        builds = running(botmaster, self.ids, self.began, now)
        for name in {build.builder for build in builds} | {n for n, i in self.ids.items() if i in waiting}:
            if name not in self.seconds:
                self.seconds[name] = yield good_seconds(self.master, self.ids[name])
        live = {
            "running": builds,
            "queue": lines(self.master, {n: self.ids[n] for n in botmaster.builders}, waiting, self.seconds),
            "hosts": hosts(self.settings, self.master.workers.workers, builds),
            "paused": paused,
        }
        if self.master.reactor.seconds() - self.index_read_at > STORE_SECONDS:
            self.index = yield threads.deferToThread(index_now, self.store, self.index)
            self.index_read_at = self.master.reactor.seconds()
        return (yield threads.deferToThread(self._put_together, now, live))

    def _put_together(self, now: datetime.datetime, live: Mapping[str, Any]) -> Overview:
        """Read the files and compare, in a thread."""
        plan, releases = read_looks(self.settings.state_dir)
        seen = Seen(
            now=now,
            platforms=self.platforms,
            builders=self.builders,
            lacking={
                name: NO_WORKER
                for platform in self.platforms
                for architecture in platform.architectures
                if (name := builder_name(platform, architecture)) not in self.builders
            },
            policy=_policy(self.platforms, self.settings, now.date()),
            overdue=datetime.timedelta(hours=self.settings.overdue_hours),
            plan=plan,
            releases=None if idle_because(self.settings) else releases,
            polls="python.org" in self.settings.sources.split(),
            published=self.index.published,
            problems=tuple(filter(None, [self.index.problem])),
            **live,
        )
        return make_overview(seen)

    def _has_begun(self, _: Any, build: Mapping[str, Any]) -> None:
        self.began[build["buildid"]] = build["started_at"].astimezone(datetime.UTC)

    def _has_ended(self, _: Any, build: Mapping[str, Any]) -> None:
        """Forget a build, and how long its builder takes; it may have been one of the indexes."""
        self.began.pop(build["buildid"], None)
        name = next((name for name, number in self.ids.items() if number == build["builderid"]), None)
        self.seconds.pop(str(name), None)
        self.index_read_at = 0.0


def _policy(platforms: Sequence[Platform], settings: Settings, today: datetime.date) -> Policy:
    kept = settings.keep_platforms.split()
    return Policy(
        backfill=settings.backfill,
        prereleases=settings.prereleases,
        free_threaded=settings.free_threaded,
        unsupported=[p.name for p in platforms if not p.is_supported_on(today) and p.name not in kept],
    )


class OverviewResource(Resource):
    """One of the overview's addresses."""

    isLeaf = True

    def __init__(self, master: Any, kind: str) -> None:
        super().__init__(master)
        self.kind = kind

    def render_GET(self, request: Any) -> Any:
        """Answer with it, or that it is what the browser has."""
        return self.asyncRenderHelper(request, self._answer)

    @defer.inlineCallbacks
    def _answer(self, request: Any) -> Any:
        body = yield self.master.service_manager.namedServices[NAME].written(self.kind)
        request.setHeader(b"Content-Type", f"{WRITERS[self.kind][0]}; charset=utf-8".encode())
        request.setHeader(b"Cache-Control", b"no-cache")
        unchanged = request.setETag(b'"%s"' % hashlib.sha256(body).hexdigest()[:32].encode())
        return None if unchanged else body
