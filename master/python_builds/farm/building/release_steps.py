"""The `release` builder: find the source, fetch and verify it once, mirror it, then ask for the platforms' builds.

The last step is the funnel's end: nothing else asks for platform builds. It waits for none of them.
"""

import contextlib
import functools
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from buildbot.process.buildstep import BuildStep
from buildbot.process.results import FAILURE, SUCCESS
from buildbot.reporters.utils import getURLForBuildrequest
from twisted.internet import defer

from python_builds.adapters.publishing.publishing import located, newest_record
from python_builds.adapters.store.store import Store
from python_builds.core.building.build_words import parts_of_release
from python_builds.core.building.requests import (
    PLANNED,
    TRUST,
    ReleaseRequest,
    parse_platform_request,
    parse_release_request,
)
from python_builds.core.errors import InvalidRequest
from python_builds.core.planning.plan import PERSON_PRIORITY, BuildMatrix, expand, missing
from python_builds.core.publishing.artifacts import Product
from python_builds.core.settings.settings import Settings
from python_builds.farm.building.readiness import see_that_it_can_be_published
from python_builds.farm.building.source_work import Origins, check_request, find_libraries, find_source, found_tag
from python_builds.farm.indexes.manifest_steps import MANIFEST
from python_builds.farm.planning import request_rows
from python_builds.farm.planning.requesting import request_once
from python_builds.farm.steps.in_thread import InThread
from python_builds.farm.steps.master_step import MasterStep
from python_builds.farm.steps.step_links import add_links
from python_builds.farm.steps.thread_step import ThreadStep
from python_builds.farm.workers.image_watch import missing_images

SCHEDULER = "platforms"
"""The Triggerable under whose name platform builds are asked for."""


def release_steps(settings: Settings, store: Store, origins: Origins, builders: Mapping[str, Any]) -> list[BuildStep]:
    """Make the steps; `builders` are this farm's platform builders, by name, each with its (platform, architecture)."""
    spool = settings.state_dir / "spool"
    return [
        MasterStep(check_request, spool, name="check the request", headline=True),
        see_that_it_can_be_published(settings, store),
        MasterStep(
            functools.partial(find_source, origins, store, settings),
            spool,
            headline=True,
            name="find the source and verify it",
        ),
        MasterStep(
            functools.partial(find_libraries, origins, store, settings),
            spool,
            name="find the sources of libraries",
            hideStepIf=lambda results, step: results == SUCCESS and not step.getProperty("libraries"),
        ),
        RequestBuilds(store, builders, name="ask for the platforms' builds"),
    ]


class RequestBuilds(ThreadStep):
    """Asks for one build for each platform and architecture that supports the version and lacks it.

    All are asked for in one transaction under an external id that names this build's request: a build of the same
    request that is started again, after a crash, asks for nothing twice. What was asked for, what exists
    and what is asked for already is left in the properties `requested`, `existing` and `pending`, by builder:
    the requests' ids, and the artifacts of what exists. What cannot be built here is in `left_out`, as sentences.
    """

    parts = ""

    def __init__(self, store: Store, builders: Mapping[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.store = store
        self.builders = builders

    @defer.inlineCallbacks
    def work(self, log: Any, thread: InThread) -> Any:
        """Compute what is missing and ask for it."""
        request = parse_release_request(self.values())
        tag = found_tag(request)
        imageless = yield missing_images(self.master, self.builders)
        plan = expand(
            tag, request.platforms, set(self.builders), request.profile, request.architectures, imageless=imageless
        )
        for sentence in plan.sentences:
            yield log.addStdout(f"not built: {sentence}\n")
        self.setProperty("left_out", plan.sentences, "release")
        reasons = "; ".join(plan.left_out)
        if not plan.products:
            self.summary = f"nothing on this farm can build CPython {tag} for what was asked: {reasons}"
            yield log.addStderr(f"{self.summary}\n")
            return FAILURE
        existing = {} if request.force else (yield thread.run(_existing, self.store, plan))
        pending = {} if request.force else (yield self._pending(plan.products))
        if existing:  # the build that made it may have ended before it asked for the indexes
            yield self._scheduler(MANIFEST).addBuildsetForSourceStampsWithDefaults(reason="a product exists")
        lacking = missing(plan.products, published=existing, pending=pending)
        requested = (yield self._ask(lacking, request, (yield self._urgency()))) if lacking else {}
        asked = {**requested, **_by_builder(pending)}
        yield add_links(
            self, {f"{name} (request {brid})": getURLForBuildrequest(self.master, brid) for name, brid in asked.items()}
        )
        for product in existing:
            yield log.addStdout(f"exists: {product}\n")
        self.parts = parts_of_release(dict.fromkeys(asked), len(existing), plan.sentences) if asked else ""
        self.setProperty("requested", requested, "release")
        self.setProperty("existing", _by_builder(existing), "release")
        self.setProperty("pending", _by_builder(pending), "release")
        counts = f"{len(requested)} asked for, {len(pending)} asked for already, {len(existing)} exist"
        self.summary = f"{counts}; {reasons}" if reasons else counts
        return SUCCESS

    def getResultSummary(self) -> dict[str, str]:
        """Show what was asked for; the build's line says what became of it, and goes on to: release_parts.py."""
        found = super().getResultSummary()
        return {**found, "build": self.parts or found["build"]}

    def _scheduler(self, name: str) -> Any:
        return self.master.scheduler_manager.namedServices[name]

    @defer.inlineCallbacks
    def _pending(self, products: Collection[Product]) -> Any:
        """Find which products unfinished requests will make, with the request's id."""
        names = yield request_rows.builder_names(self.master)
        version = str(next(iter(products)).version)
        unfinished = yield request_rows.unfinished_of(self.master, version)
        asked = yield request_rows.properties(self.master, {request["buildsetid"] for request in unfinished})
        found = {}
        for request in unfinished:
            platform = self.builders.get(names[request["builderid"]])
            if platform is None:
                continue  # the release's own
            with contextlib.suppress(InvalidRequest):  # its own build will say what is wrong with it
                found[parse_platform_request(asked[request["buildsetid"]], *platform).product] = request["id"]
        return {product: found[product] for product in products if product in found}

    def _ask(self, products: Sequence[Product], request: ReleaseRequest, urgency: int) -> Any:
        """Ask for builds of one tag, once for each request of this release; give the requests' ids by builder."""
        one = products[0]
        properties = {
            "python_version": str(one.version),
            "variant": one.variant,
            "profile": one.profile,
            "force": request.force,
            "retrain": request.retrain,
            TRUST: self.getProperty(TRUST),
            PLANNED: bool(self.getProperty(PLANNED)),
        }
        return request_once(
            self._scheduler(SCHEDULER),
            f"release-request/{self.build.requests[0].id}",
            builders=[product.builder for product in products],
            reason=f"CPython {one.tag}",
            properties=properties,
            priority=urgency,
            parent=self.build.buildid,
        )

    @defer.inlineCallbacks
    def _urgency(self) -> Any:
        """Hand the release's own priority on: whoever asked knows how urgent it is, but for the web UI's Rebuild."""
        request = self.build.requests[0]
        buildset = yield self.master.data.get(("buildsets", request.bsid))
        return request.priority if buildset["rebuilt_buildid"] is None else PERSON_PRIORITY


def _existing(store: Store, plan: BuildMatrix) -> dict[Product, list[dict[str, object]]]:
    """Find which products are published, with the artifacts of their newest revision."""
    records = {product: newest_record(store, product) for product in plan.products}
    return {product: located(store, record) for product, record in records.items() if record is not None}


def _by_builder(found: Mapping[Product, Any]) -> dict[str, Any]:
    return {product.builder: value for product, value in found.items()}
