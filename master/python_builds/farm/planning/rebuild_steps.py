"""The `rebuild` builder breaks the glass: it lists what a rebuild comes to and asks `release` for each version.

A batch is one request of this builder: all that it asks for has this builder's build as parent, and an external id that
begins with the request's number.
"""

import datetime
from collections.abc import Mapping
from typing import Any

from buildbot.process.results import SUCCESS
from buildbot.reporters.utils import getURLForBuildrequest
from twisted.internet import defer

from python_builds.adapters.planning.plan_files import read_published
from python_builds.adapters.store.store import make_store
from python_builds.core.advice import too_many
from python_builds.core.building.requests import BATCH, RebuildRequest, parse_rebuild_request
from python_builds.core.errors import InvalidRequest
from python_builds.core.planning.plan import REBUILD_PRIORITY, Request, split_into_requests
from python_builds.core.planning.rebuild import to_rebuild
from python_builds.core.platforms.platform import Platform
from python_builds.core.publishing.artifacts import Product
from python_builds.core.settings.settings import Settings
from python_builds.core.workers.missing_images import MissingImage
from python_builds.farm.planning.requesting import request_once
from python_builds.farm.steps.in_thread import InThread
from python_builds.farm.steps.step_links import add_links
from python_builds.farm.steps.thread_step import ThreadStep
from python_builds.farm.workers.image_watch import missing_images

REBUILD = "rebuild"
"""The builder, and its form."""

SCHEDULER = "rebuilds"
"""The Triggerable under whose name it asks."""


class RequestRebuilds(ThreadStep):
    """Lists a batch in the property `listed`, and asks for it unless `list_only` is set: `asked` has the requests."""

    def __init__(
        self, settings: Settings, builders: Mapping[str, tuple[Platform, str]], release: str, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.settings = settings
        self.builders = builders
        self.release = release

    @defer.inlineCallbacks
    def work(self, log: Any, thread: InThread) -> Any:
        """Compute the batch and ask for it."""
        request = parse_rebuild_request(self.values())
        products, sentences = yield thread.run(
            self._compute, request, (yield missing_images(self.master, self.builders))
        )
        for sentence in sentences:
            yield log.addStdout(f"not built: {sentence}\n")
        for product in products:
            yield log.addStdout(f"{product}\n")
        self.setProperty("listed", [[p.package, p.builder, p.profile] for p in products], REBUILD)
        self.setProperty("left_out", sentences, REBUILD)
        if request.list_only:
            self.summary = f"{len(products)} builds listed, none asked for"
            return SUCCESS
        if len(products) > self.settings.confirm_above and not request.many:
            raise InvalidRequest(f"{too_many(len(products), self.settings.confirm_above)}; nothing was asked for")
        requested = {}
        for part in split_into_requests(products, self.builders):
            requested[f"{part.tag} {' '.join(part.architectures)}"] = yield self._request(part)
        self.setProperty("asked", requested, REBUILD)
        links = {f"{name} (request {one})": getURLForBuildrequest(self.master, one) for name, one in requested.items()}
        yield add_links(self, links)
        self.summary = f"{len(products)} builds asked for, as batch {self.build.requests[0].id}"
        return SUCCESS

    def _compute(
        self, request: RebuildRequest, imageless: Mapping[str, MissingImage]
    ) -> tuple[tuple[Product, ...], list[str]]:
        store = make_store(self.settings)
        platforms = dict.fromkeys(platform for platform, _ in self.builders.values())
        readable, problems = read_published(store, request.profile, platforms)
        found = to_rebuild(
            request,
            self.builders,
            published={product for products in readable.values() for product in products},
            today=datetime.datetime.now(datetime.UTC).date(),
            keep=self.settings.keep_platforms.split(),
            imageless=imageless,
        )
        sentences = [*found.sentences, *problems]
        if not found.products:
            raise InvalidRequest("\n".join(["nothing on this farm is what was asked for", *sentences]))
        return found.products, sentences

    @defer.inlineCallbacks
    def _request(self, request: Request) -> Any:
        batch = self.build.requests[0].id
        properties = {
            "python_version": str(request.tag.version),
            "variant": request.tag.variant,
            "platforms": request.platforms,
            "architectures": request.architectures,
            "profile": request.products[0].profile,
            "force": True,
            BATCH: batch,
        }
        asked = yield request_once(
            self.master.scheduler_manager.namedServices[SCHEDULER],
            f"rebuild/{batch}/{request.tag}/{'+'.join(request.architectures)}",
            builders=[self.release],
            reason=f"rebuild, batch {batch}",
            properties=properties,
            priority=REBUILD_PRIORITY,
            parent=self.build.buildid,
        )
        return asked[self.release]
