"""The ledger: what Buildbot's database knows of requests, in the farm's own words.

Nothing is remembered that could be lost: what is asked for and what came of it is read from the database each time,
finished requests once.
"""

import datetime
import itertools
from collections.abc import Iterable, Mapping
from typing import Any

from buildbot.data.resultspec import Filter
from buildbot.process.results import CANCELLED, EXCEPTION, FAILURE, RETRY, SKIPPED
from twisted.internet import defer, threads

from python_builds.core.building.requests import PLANNED, parse_platform_request, parse_release_request, requested_tag
from python_builds.core.errors import PythonBuildsError
from python_builds.core.planning import back_off
from python_builds.core.planning.alerts import IndexBuilds
from python_builds.core.planning.back_off import Attempt, Inputs
from python_builds.core.planning.plan import expand
from python_builds.core.platforms.platform import Platform
from python_builds.core.publishing.artifacts import Product
from python_builds.core.upstream.tags import Tag
from python_builds.farm.building.failures import PROPERTY as FAILURE_PROPERTY
from python_builds.farm.building.failures import failure_of, why
from python_builds.farm.indexes.manifest_steps import DAMAGED, MANIFEST
from python_builds.farm.planning import request_rows
from python_builds.farm.planning.request_rows import GOOD, Row

ENDINGS = {CANCELLED: back_off.CANCELLED, EXCEPTION: back_off.BROKEN}

INPUTS = {"recipe": "recipe", "source_sha256": "source"}
"""Properties of a build, and what they are to the planner."""

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
        self._asked: dict[int, frozenset[Product]] = {}
        self._since = 0
        self._read: set[int] = set()
        self._attempts: dict[Product | Tag, list[Attempt]] = {}

    @defer.inlineCallbacks
    def pending(self) -> Any:
        """Collect the products that unfinished requests will make, in one query: one could slip between two.

        What a request was asked with never changes, so it is read once.
        """
        unfinished = yield self._ours((yield request_rows.unfinished(self.master)))
        new = [request for request in unfinished if request["id"] not in self._asked]
        values = yield request_rows.properties(self.master, {request["buildsetid"] for request in new})
        for request in new:
            self._asked[request["id"]] = self._products(request["name"], values[request["buildsetid"]])
        self._asked = {request["id"]: self._asked[request["id"]] for request in unfinished}
        return set().union(*self._asked.values())

    @defer.inlineCallbacks
    def attempts(self) -> Any:
        """Collect what came of finished requests, by product, or by tag for those of the release builder."""
        finished = yield request_rows.finished(self.master, self._since)
        new = [one for one in (yield self._ours(finished)) if one["id"] not in self._read]
        values = yield request_rows.properties(self.master, {request["buildsetid"] for request in new})
        failed = [request["id"] for request in new if request["results"] not in GOOD]
        builds = yield request_rows.last_builds(self.master, failed, (*INPUTS, FAILURE_PROPERTY))
        yield threads.deferToThread(self._take, new, values, builds)
        self._since = max((self._since, *(request["complete_at"] - OVERLAP_SECONDS for request in finished)))
        return self._attempts

    def _take(self, requests: Iterable[Row], values: Mapping[int, Row], builds: Mapping[int, Row]) -> None:
        """Take up what has finished; in a thread, as at start that is all there is."""
        for request in requests:
            self._read.add(request["id"])
            asked = values[request["buildsetid"]]
            what = self._what(request["name"], asked)
            if what is not None:
                attempt = _attempt(request, asked, builds.get(request["id"]))
                self._attempts.setdefault(what, []).append(attempt)

    @defer.inlineCallbacks
    def index_builds(self) -> Any:
        """Look at the last builds of the indexes, which nobody asked for by name."""
        names = yield request_rows.builder_names(self.master)
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
            request = failed[0]["buildrequestid"]
            last = yield request_rows.last_builds(self.master, [request], ())
            reason = f"{MANIFEST}/{last[request]['number']}: {why(last[request])}"
        damaged: Mapping[str, str] = {}
        for good in builds[len(failed) :][:1]:
            seen = yield self.master.data.get(("builds", good["buildid"], "properties"))
            damaged = seen.get(DAMAGED, ({}, ""))[0]
        return IndexBuilds(failures=len(failed), reason=reason, damaged=damaged)

    @defer.inlineCallbacks
    def _ours(self, requests: Iterable[Row]) -> Any:
        """Pick the requests of releases and of platforms, and name their builders."""
        builders = yield request_rows.builder_names(self.master)
        named = [{**request, "name": builders.get(request["builderid"], "")} for request in requests]
        return [one for one in named if one["name"] == self.release or one["name"] in self.builders]

    def _products(self, name: str, values: Row) -> frozenset[Product]:
        try:
            if name in self.builders:
                return frozenset([parse_platform_request(values, *self.builders[name]).product])
            request = parse_release_request(values)
        except PythonBuildsError:
            return frozenset()  # its own build will say what is wrong with it
        if request.tag is None:
            return frozenset()
        matrix = expand(request.tag, request.platforms, self.builders, request.profile, request.architectures)
        return frozenset(matrix.products)

    def _what(self, name: str, values: Row) -> Product | Tag | None:
        """Say what a request was for; which release the newest was is in the requests that it made."""
        try:
            return (
                requested_tag(values)
                if name == self.release
                else parse_platform_request(values, *self.builders[name]).product
            )
        except PythonBuildsError:
            return None


def _attempt(request: Row, asked: Row, build: Row | None) -> Attempt:
    # The web UI's Rebuild copies the properties.
    planned = bool(asked.get(PLANNED)) and request["rebuilt_buildid"] is None
    result = back_off.OK if request["results"] in GOOD else ENDINGS.get(request["results"], back_off.FAILED)
    left = build["properties"] if build else {}
    failure = failure_of(request["name"], build) if build else None
    reason = f"{failure.build}: {failure.words}" if failure else "no build of it ever began"
    return Attempt(
        request=request["id"],
        result=result,
        reason="" if result == back_off.OK else reason,
        ended=datetime.datetime.fromtimestamp(request["complete_at"], datetime.UTC),
        by_hand=not planned,
        inputs=Inputs(**{field: str(left.get(name, "")) for name, field in INPUTS.items()}),
        failure=failure,
    )
