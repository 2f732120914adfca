"""What a release's build says of the builds that it asked for, in a whole Buildbot master."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from buildbot.data.resultspec import Filter
from buildbot.plugins import schedulers, steps, util
from buildbot.process.results import FAILURE, SUCCESS
from buildbot.test.util.integration import RunMasterBase
from twisted.internet import defer, task

from python_builds.adapters.store.directory_store import DirectoryStore
from python_builds.core.building.build_words import TO_COME
from python_builds.core.platforms.platforms import platform_named
from python_builds.farm.building.build import FarmBuild
from python_builds.farm.building.release_parts import ReleaseParts
from python_builds.farm.building.release_steps import SCHEDULER, RequestBuilds
from python_builds.farm.indexes.manifest_steps import MANIFEST
from tests.farm.test_request_builds import Wait

PARTS = {f"debian-{number}-amd64": (platform_named(f"debian-{number}"), "amd64") for number in (12, 13)}


class ReleasePartsTest(RunMasterBase):
    def setUp(self) -> None:
        scratch = TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)

    @defer.inlineCallbacks
    def release(self, first: Any, second: Any, *, listening: bool = True) -> Any:
        """Run a release build whose two parts do this."""
        asked = {"python_version": "3.11.2", "variant": "", "profile": "quick", "platforms": ["debian-12", "debian-13"]}
        ask = RequestBuilds(DirectoryStore(self.folder / "store"), PARTS, name="ask")
        factories = {
            "release": util.BuildFactory([steps.SetProperties(properties=asked), ask]),
            **{name: util.BuildFactory([step]) for name, step in zip(PARTS, (first, second), strict=True)},
            MANIFEST: util.BuildFactory([]),
        }
        factories["release"].buildClass = FarmBuild
        (self.folder / "master").mkdir()
        yield self.setup_master(
            {
                "builders": [
                    util.BuilderConfig(name=name, workernames=["local1"], factory=factory)
                    for name, factory in factories.items()
                ],
                "schedulers": [
                    schedulers.ForceScheduler(name="force", builderNames=["release"]),
                    schedulers.Triggerable(name=SCHEDULER, builderNames=sorted(PARTS)),
                    schedulers.Triggerable(name=MANIFEST, builderNames=[MANIFEST]),
                ],
                "services": [ReleaseParts(release="release")] if listening else [],
                "collapseRequests": False,
            },
            basedir=str(self.folder / "master"),
        )
        build = yield self.doForceBuild()
        return build["buildid"]

    @defer.inlineCallbacks
    def said(self, release: int, words: str) -> Any:
        """Wait until the release's build says so; return it."""
        while True:
            build = yield self.master.data.get(("builds", release))
            if words in build["state_string"]:
                return build
            yield task.deferLater(self.master.reactor, 0.05, lambda: None)

    @defer.inlineCallbacks
    def test_a_release_turns_red_when_one_of_its_builds_fails_and_names_it(self) -> Any:
        release = yield self.release(
            steps.MasterShellCommand(command="true"), steps.MasterShellCommand(command="false")
        )
        yield self.said(release, "1 failed (debian-13-amd64), 1 of 2 built")
        while (build := (yield self.master.data.get(("builds", release))))["results"] == SUCCESS:
            yield task.deferLater(self.master.reactor, 0.05, lambda: None)

        assert build["results"] == FAILURE
        assert build["state_string"] == "CPython 3.11.2, quick: 1 failed (debian-13-amd64), 1 of 2 built"
        request = yield self.master.data.get(("buildrequests", build["buildrequestid"]))
        assert request["results"] == SUCCESS

    @defer.inlineCallbacks
    def test_what_has_begun_is_linked_and_what_has_not_ended_is_still_to_come(self) -> Any:
        release = yield self.release(steps.MasterShellCommand(command="true"), Wait())
        build = yield self.said(release, f"1 of 2 built, 1 {TO_COME}")

        assert build["results"] == SUCCESS
        links: list[str] = []
        while len(links) < 4:
            (_, _, ask) = yield self.master.data.get(("builds", release, "steps"))
            links = [link["name"] for link in ask["urls"]]
            yield task.deferLater(self.master.reactor, 0.05, lambda: None)
        assert min(links) == "debian-12-amd64 #1"
        assert sum("#" in name for name in links) == 2

    @defer.inlineCallbacks
    def test_what_was_asked_for_already_is_a_part_of_the_later_release_too(self) -> Any:
        first = yield self.release(Wait(), Wait())
        yield self.master.data.control("force", {}, ("forceschedulers", "force"))
        second = None
        while second is None:
            yield task.deferLater(self.master.reactor, 0.05, lambda: None)
            builds = yield self.master.data.get(("builds",))
            (builder,) = {build["builderid"] for build in builds if build["buildid"] == first}
            others = [build for build in builds if build["builderid"] == builder and build["buildid"] != first]
            second = next((build["buildid"] for build in others if build["complete"]), None)
        yield self.said(second, f"0 of 2 built, 2 {TO_COME}")
        for part in (yield self.master.data.get(("buildrequests",), filters=[Filter("complete", "eq", [False])])):
            yield self.master.data.control("cancel", {"reason": "enough"}, ("buildrequests", part["buildrequestid"]))
        for release in (first, second):
            build = yield self.said(release, "2 cancelled")
            assert build["state_string"].endswith("0 of 2 built")

    @defer.inlineCallbacks
    def test_what_ended_while_nobody_listened_is_caught_up_with_at_the_next_start(self) -> Any:
        first, second = (steps.MasterShellCommand(command="true") for _ in PARTS)
        release = yield self.release(first, second, listening=False)
        while any(not r["complete"] for r in (yield self.master.data.get(("buildrequests",)))):
            yield task.deferLater(self.master.reactor, 0.05, lambda: None)
        before = yield self.master.data.get(("builds", release))
        late = ReleaseParts(release="release")
        yield late.setServiceParent(self.master)
        yield late.reconfigService(release="release")
        build = yield self.said(release, "2 of 2 built")

        assert before["state_string"] == f"0 of 2 built, 2 {TO_COME}"
        assert build["results"] == SUCCESS
