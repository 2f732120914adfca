"""The ledger: what Buildbot's database knows of requests, in the farm's own words.

Nothing is remembered that could be lost: what is asked for and what came of it is read from the database each time,
finished requests once.
"""

import datetime
import itertools
from collections.abc import Mapping, Sequence
from typing import Any

from buildbot.data.resultspec import Filter
from buildbot.process.results import CANCELLED, EXCEPTION, FAILURE, RETRY, SKIPPED, SUCCESS, WARNINGS
from twisted.internet import defer

from python_builds.core.building.requests import PLANNED, parse_platform_request, parse_release_request, requested_tag
from python_builds.core.errors import PythonBuildsError
from python_builds.core.planning import back_off
from python_builds.core.planning.alerts import IndexBuilds
from python_builds.core.planning.back_off import Attempt, Inputs
from python_builds.core.planning.plan import expand
from python_builds.core.platforms.platform import Platform
from python_builds.core.publishing.artifacts import Product
from python_builds.core.upstream.tags import Tag
from python_builds.farm.indexes.manifest_steps import DAMAGED, MANIFEST

ENDINGS = {CANCELLED: back_off.CANCELLED, EXCEPTION: back_off.BROKEN}

OVERLAP_SECONDS = 300
"""Finished requests are read again for as long: the database's clock has whole seconds, and clocks get set."""


LOOKED_BACK = 100
"""Builds of the indexes; after as many failures in a row, what was damaged before is told as over."""


class BuildHistory:
    """Reads one farm's requests; `builders` are its platform builders, `release` names the builder of releases."""

    def __init__(self, master: Any, builders: Mapping[str, tuple[Platform, str]], release: str) -> None:
        self.master = master
        self.builders = builders
        self.release = release
        self._since = 0
        self._known: dict[int, tuple[Product | Tag, Attempt] | None] = {}

    @defer.inlineCallbacks
    def pending(self) -> Any:
        """Collect the products that unfinished requests will make, in one query: one could slip between two."""
        names = yield self._names()
        unfinished = yield self.master.data.get(("buildrequests",), filters=[Filter("complete", "eq", [False])])
        found: set[Product] = set()
        for request in unfinished:
            name = names.get(request["builderid"])
            if name == self.release or name in self.builders:
                found |= self._products(name, (yield self._properties(request)))
        return found

    @defer.inlineCallbacks
    def attempts(self) -> Any:
        """Collect what came of finished requests, by product, or by tag for those of the release builder."""
        names = yield self._names()
        finished = yield self.master.data.get(
            ("buildrequests",),
            filters=[Filter("complete", "eq", [True]), Filter("complete_at", "ge", [self._since])],
        )
        for request in finished:
            name = names.get(request["builderid"])
            if request["buildrequestid"] not in self._known and (name == self.release or name in self.builders):
                self._known[request["buildrequestid"]] = yield self._attempt(name, request)
            ended = int(request["complete_at"].timestamp())
            self._since = max(self._since, ended - OVERLAP_SECONDS)
        result: dict[Product | Tag, list[Attempt]] = {}
        for known in self._known.values():
            if known is not None:
                result.setdefault(known[0], []).append(known[1])
        return result

    @defer.inlineCallbacks
    def index_builds(self) -> Any:
        """Look at the last builds of the indexes, which nobody asked for by name."""
        names = yield self._names()
        builder = next((number for number, name in names.items() if name == MANIFEST), None)
        if builder is None:
            return IndexBuilds()
        builds = yield self.master.data.get(
            ("builders", builder, "builds"),
            filters=[Filter("complete", "eq", [True]), Filter("results", "ne", [CANCELLED, RETRY, SKIPPED])],
            order=["-number"],
            limit=LOOKED_BACK,
        )
        failed = list(itertools.takewhile(lambda build: build["results"] in (FAILURE, EXCEPTION), builds))
        reason = ""
        if failed:
            steps = yield self.master.data.get(("builds", failed[0]["buildid"], "steps"))
            reason = f"{MANIFEST}/{failed[0]['number']}: {_why(failed[0], steps)}"
        damaged: Mapping[str, str] = {}
        for good in builds[len(failed) :][:1]:
            seen = yield self.master.data.get(("builds", good["buildid"], "properties"))
            damaged = seen.get(DAMAGED, ({}, ""))[0]
        return IndexBuilds(failures=len(failed), reason=reason, damaged=damaged)

    def _products(self, name: str, values: Mapping[str, Any]) -> set[Product]:
        try:
            if name in self.builders:
                return {parse_platform_request(values, *self.builders[name]).product}
            request = parse_release_request(values)
        except PythonBuildsError:
            return set()  # its own build will say what is wrong with it
        if request.tag is None:
            return set()
        return {*expand(request.tag, request.platforms, self.builders, request.profile, request.architectures).products}

    @defer.inlineCallbacks
    def _attempt(self, name: str, request: Mapping[str, Any]) -> Any:
        values = yield self._properties(request)
        what: Product | Tag | None
        try:
            if name == self.release:
                what = requested_tag(values)
            else:
                what = parse_platform_request(values, *self.builders[name]).product
        except PythonBuildsError:
            return None
        if what is None:
            return None  # which release the newest was is in the requests that it made
        planned = bool(values.get(PLANNED))
        if request["results"] in (SUCCESS, WARNINGS, SKIPPED):
            return what, self._made(request, back_off.OK, "", planned, {})
        result = ENDINGS.get(request["results"], back_off.FAILED)
        buildset = yield self.master.data.get(("buildsets", request["buildsetid"]))
        planned = planned and buildset["rebuilt_buildid"] is None  # the web UI's Rebuild copies the properties
        builds = yield self.master.data.get(("buildrequests", request["buildrequestid"], "builds"))
        if not builds:
            return what, self._made(request, result, "no build of it ever began", planned, {})
        last = max(builds, key=lambda build: build["number"])
        seen = yield self.master.data.get(("builds", last["buildid"], "properties"))
        steps = yield self.master.data.get(("builds", last["buildid"], "steps"))
        reason = f"{name}/{last['number']}: {_why(last, steps)}"
        return what, self._made(request, result, reason, planned, {k: v for k, (v, _) in seen.items()})

    @staticmethod
    def _made(request: Mapping[str, Any], result: str, reason: str, planned: bool, seen: Mapping[str, Any]) -> Attempt:
        return Attempt(
            request=request["buildrequestid"],
            result=result,
            reason=reason,
            ended=request["complete_at"].astimezone(datetime.UTC),
            by_hand=not planned,
            inputs=Inputs(recipe=str(seen.get("recipe", "")), source=str(seen.get("source_sha256", ""))),
        )

    @defer.inlineCallbacks
    def _names(self) -> Any:
        builders = yield self.master.data.get(("builders",))
        return {builder["builderid"]: builder["name"] for builder in builders}

    @defer.inlineCallbacks
    def _properties(self, request: Mapping[str, Any]) -> Any:
        properties = yield self.master.data.get(("buildsets", request["buildsetid"], "properties"))
        return {name: value for name, (value, _) in properties.items()}


def _why(build: Mapping[str, Any], steps: Sequence[Mapping[str, Any]]) -> str:
    """Name the first red step, with its own words where it has any beside its command."""
    red = next((step for step in steps if step["results"] in (FAILURE, EXCEPTION)), None)
    if red is None:
        return str(build["state_string"])
    words = str(red["state_string"])
    return f"{red['name']} failed" + ("" if words.startswith(("'", "finished")) else f": {words}")
