"""What became of the builds that a release asked for, told by the release's own build, which waits for none of them.

The line and the colour of a release's build are those of its parts: it is brought up to date whenever one has ended,
and at the start for those that were open when the master stopped. What its own request came to stays as it was.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from buildbot.data.resultspec import Filter
from buildbot.process.results import CANCELLED, EXCEPTION, FAILURE, SKIPPED, SUCCESS, WARNINGS
from buildbot.reporters.utils import getURLForBuild, getURLForBuildrequest
from buildbot.util.service import BuildbotService
from twisted.internet import defer
from twisted.python import log

from python_builds.core.building import build_words
from python_builds.core.building.build_words import TO_COME, parts_of_release
from python_builds.farm.planning import request_rows

ENDINGS = {
    **dict.fromkeys((SUCCESS, WARNINGS, SKIPPED), build_words.GOOD),
    **dict.fromkeys((FAILURE, EXCEPTION), build_words.FAILED),
    CANCELLED: build_words.CANCELLED,
}


COALESCE_SECONDS = 1
"""From the end of a part to the line that says so: many may end at once."""


class ReleaseParts(BuildbotService):
    """Listens to builds that begin and requests that end; costs a few queries for each, whatever there was before.

    A part may have been asked for by an earlier build of the same release: all that wait for it are told.
    """

    name = "release parts"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lock = defer.DeferredLock()
        self.ended: list[Mapping[str, Any]] = []
        self.waiting: defaultdict[int, set[int]] = defaultdict(set)
        """Builds of releases, by the requests that they say are still to come."""

    def reconfigService(self, release: str) -> Any:
        """Take the name of the builder of releases."""
        self.release = release
        return defer.succeed(None)

    @defer.inlineCallbacks
    def startService(self) -> Any:
        """Begin to listen, and catch up."""
        yield super().startService()
        listen = self.master.mq.startConsuming
        self.listening = [
            (yield listen(lambda _, build: self._do(self.link, build), ("builds", None, "new"))),
            (yield listen(self._note, ("buildrequests", None, "complete"))),
        ]
        self.master.reactor.callLater(0, self._do, self.catch_up)

    @defer.inlineCallbacks
    def stopService(self) -> Any:
        """Listen no more."""
        for consumer in self.listening:
            yield consumer.stopConsuming()
        yield super().stopService()

    def _note(self, _: Any, request: Mapping[str, Any]) -> None:
        """Bring releases up to date soon, each once for as many of its parts as have ended by then."""
        self.ended.append(request)
        if len(self.ended) == 1:
            self.master.reactor.callLater(COALESCE_SECONDS, self._do, self.follow)

    def _do(self, function: Any, *arguments: Any) -> Any:
        """Do one thing at a time; what goes wrong is in the log, and the next start catches up."""
        return self.lock.run(function, *arguments).addErrback(log.err, "telling a release what became of its builds")

    @defer.inlineCallbacks
    def link(self, build: Mapping[str, Any]) -> Any:
        """Link the first build of a request where the request is linked, by which the web UI counts what has begun."""
        request = build["buildrequestid"]
        parent = yield request_rows.parent_of_only_build(self.master, request)
        if parent is None:
            return
        builder = yield self.master.data.get(("builders", build["builderid"]))
        asked = getURLForBuildrequest(self.master, request)
        url = getURLForBuild(self.master, build["builderid"], build["number"])
        for step in (yield self.master.data.get(("builds", parent, "steps"))):
            if any(link["url"] == asked for link in step["urls"]):
                name = f"{builder['name']} #{build['number']}"
                yield self.master.data.updates.addStepURL(step["stepid"], name, url)

    @defer.inlineCallbacks
    def follow(self) -> Any:
        """Bring the releases up to date of which parts have ended, or which have just ended themselves."""
        ended, self.ended = self.ended, []
        release = yield self.master.data.updates.findBuilderId(self.release)
        due = {build for one in ended for build in self.waiting.pop(one["buildrequestid"], ())}
        for request in ended:
            if request["builderid"] == release:
                builds = yield self.master.data.get(("buildrequests", request["buildrequestid"], "builds"))
                due |= {build["buildid"] for build in builds[-1:]}
        for build in due:
            yield self.update(build)

    @defer.inlineCallbacks
    def catch_up(self) -> Any:
        """Bring those up to date that say that something is still to come."""
        release = yield self.master.data.updates.findBuilderId(self.release)
        still_open = [Filter("state_string", "contains", [TO_COME])]
        for build in (yield self.master.data.get(("builders", release, "builds"), filters=still_open)):
            yield self.update(build["buildid"])

    @defer.inlineCallbacks
    def update(self, release: int) -> Any:
        """Write down what became of a release's parts; a build that is none, or has not asked yet, stays as it is."""
        build = yield self.master.data.get(("builds", release))
        properties = yield self.master.data.get(("builds", release, "properties"))
        values = {name: value for name, (value, _) in properties.items()}
        parts = {**(values.get("requested") or {}), **(values.get("pending") or {})}
        if not build["complete"] or not parts:
            return
        ended = yield self._ended(parts)
        for builder, state in ended.items():
            if state is None:
                self.waiting[parts[builder]].add(release)
        words = parts_of_release(ended, len(values["existing"]), values["left_out"])
        line = f"CPython {values['python_version']}{values['variant']}, {values['profile']}: {words}"
        if line != build["state_string"]:
            yield self.master.data.updates.setBuildStateString(release, line)
        results = _results({*ended.values()})
        if results is not None and build["results"] == SUCCESS != results:
            yield self.master.data.updates.finishBuild(release, results)

    @defer.inlineCallbacks
    def _ended(self, parts: Mapping[str, int]) -> Any:
        by_number = {number: builder for builder, number in parts.items()}
        found = yield self.master.data.get(("buildrequests",), filters=[Filter("buildrequestid", "eq", [*by_number])])
        states = {r["buildrequestid"]: ENDINGS.get(r["results"]) if r["complete"] else None for r in found}
        return {builder: states.get(number) for number, builder in by_number.items()}


def _results(states: set[str | None]) -> int | None:
    """Give the colour of a release whose parts have all ended."""
    if None in states:
        return None
    if build_words.FAILED in states:
        return int(FAILURE)
    return int(WARNINGS if build_words.CANCELLED in states else SUCCESS)
