"""The funnel's end, in a whole Buildbot master inside the test: what it asks for, once, and what it leaves out."""

import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from buildbot.data.resultspec import Filter
from buildbot.plugins import schedulers, steps, util
from buildbot.process.buildstep import BuildStep
from buildbot.process.results import FAILURE, SUCCESS
from buildbot.test.util.integration import RunMasterBase
from twisted.internet import defer, task

from python_builds.adapters.publishing.publishing import write_record
from python_builds.adapters.store.directory_store import DirectoryStore
from python_builds.core.planning.plan import PERSON_PRIORITY
from python_builds.core.platforms.platforms import PLATFORMS, platform_named
from python_builds.core.publishing.records import Record
from python_builds.farm.building.release_steps import SCHEDULER, RequestBuilds
from python_builds.farm.indexes.manifest_steps import MANIFEST

PARTS = {
    "debian-12-amd64": (platform_named("debian-12"), "amd64"),
    "debian-13-amd64": (platform_named("debian-13"), "amd64"),
}


class Wait(BuildStep):
    """Keeps its build from ending, as a compilation would; it may be stopped before it has begun."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.waiting: defer.Deferred[int] = defer.Deferred()

    def run(self) -> Any:
        return self.waiting

    @defer.inlineCallbacks
    def interrupt(self, reason: Any) -> Any:
        yield super().interrupt(reason)
        if not self.waiting.called:
            self.waiting.callback(FAILURE)


class RequestBuildsTest(RunMasterBase):
    priority = 0

    def setUp(self) -> None:
        scratch = TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.store = DirectoryStore(Path(scratch.name) / "store")
        self.basedir = Path(scratch.name) / "master"
        self.basedir.mkdir()

    @defer.inlineCallbacks
    def release(self, times: int, **properties: object) -> Any:
        """Run a release build that asks this many times; return it and the platform builders' requests."""
        asking = [RequestBuilds(self.store, PARTS, name=f"ask {n}") for n in range(times)]
        asked = {"python_version": "3.11.2", "profile": "quick", **properties}
        factories = {
            "release": util.BuildFactory([steps.SetProperties(properties=asked), *asking]),
            **{name: util.BuildFactory([Wait()]) for name in PARTS},
            MANIFEST: util.BuildFactory([]),
        }
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
                "collapseRequests": False,
            },
            basedir=str(self.basedir),
        )
        build = yield self.doForceBuild(wantSteps=True, wantProperties=True, forceParams={"priority": self.priority})
        builders = yield self.master.data.get(("builders",))
        names = {b["builderid"]: b["name"] for b in builders}
        requests = yield self.master.data.get(("buildrequests",))
        return build, sorted(names[r["builderid"]] for r in requests if names[r["builderid"]] in PARTS)

    @defer.inlineCallbacks
    def test_every_platform_with_a_builder_is_asked_for_and_the_others_are_named(self) -> Any:
        build, asked = yield self.release(1, platforms=[p.name for p in PLATFORMS])

        assert build["results"] == SUCCESS
        assert asked == sorted(PARTS)
        assert set(build["properties"]["requested"][0]) == set(PARTS)
        assert build["steps"][-1]["state_string"] == (
            "2 asked for, 0 asked for already, 0 exist; no worker for amd64 or arm64"
        )
        assert "no worker for amd64 or arm64 (ubuntu-2004," in build["properties"]["left_out"][0][0]

    @defer.inlineCallbacks
    def test_an_architecture_that_nobody_asked_for_is_no_problem(self) -> Any:
        build, asked = yield self.release(1, platforms=["debian-12"])

        assert asked == ["debian-12-amd64"]
        assert build["steps"][-1]["state_string"] == "1 asked for, 0 asked for already, 0 exist"
        assert build["properties"]["left_out"][0] == []

    @defer.inlineCallbacks
    def test_an_architecture_that_was_asked_for_by_name_is_missed_by_name(self) -> Any:
        build, _ = yield self.release(1, platforms=["debian-12"], architectures=["amd64", "arm64"])

        assert build["steps"][-1]["state_string"] == ("1 asked for, 0 asked for already, 0 exist; no worker for arm64")
        assert build["properties"]["left_out"][0] == ["no worker for arm64 (debian-12)"]

    @defer.inlineCallbacks
    def test_a_build_that_asks_again_after_a_crash_asks_for_nothing_twice(self) -> Any:
        # Forced, so that it does not stop at seeing that the first time's requests are pending.
        build, asked = yield self.release(2, platforms=["debian-12"], force=True)

        assert build["results"] == SUCCESS
        assert asked == ["debian-12-amd64"]

    @defer.inlineCallbacks
    def test_what_is_pending_is_named_and_not_asked_for(self) -> Any:
        build, asked = yield self.release(2, platforms=["debian-12"])

        assert asked == ["debian-12-amd64"]
        assert build["properties"]["requested"][0] == {}
        assert set(build["properties"]["pending"][0]) == {"debian-12-amd64"}

    @defer.inlineCallbacks
    def test_the_builds_are_as_urgent_as_the_release_was_forced_or_not(self) -> Any:
        self.priority = 30
        build, _ = yield self.release(1, platforms=["debian-12"], force=True)

        (brid,) = build["properties"]["requested"][0].values()
        request = yield self.master.data.get(("buildrequests", brid))
        assert request["priority"] == 30

    @defer.inlineCallbacks
    def test_a_release_that_is_asked_for_with_the_button_rebuild_is_a_persons(self) -> Any:
        build, _ = yield self.release(1, platforms=["debian-12"], force=True)
        first = yield self.master.data.get(("buildrequests", build["buildrequestid"]))
        yield self.master.data.updates.rebuildBuildrequest(first)
        while True:
            builds = yield self.master.data.get(("builds",), filters=[Filter("complete", "eq", [True])])
            if len(builds) > 1:
                break
            yield task.deferLater(self.master.reactor, 0.05, lambda: None)
        requests = yield self.master.data.get(("buildrequests",))
        assert sorted(r["priority"] for r in requests) == [0, 0, 0, PERSON_PRIORITY]

    @defer.inlineCallbacks
    def test_a_variant_is_asked_for_as_such_and_the_ordinary_build_that_exists_does_not_count(self) -> Any:
        write_record(self.store, self.record("3.14.7"))
        build, asked = yield self.release(1, platforms=["debian-12"], python_version="3.14.7", variant="t")

        assert asked == ["debian-12-amd64"]
        assert build["properties"]["existing"][0] == {}
        (brid,) = build["properties"]["requested"][0].values()
        request = yield self.master.data.get(("buildrequests", brid))
        buildset = yield self.master.data.get(("buildsets", request["buildsetid"]))
        values = yield self.master.data.get(("buildsets", request["buildsetid"], "properties"))
        assert (values["python_version"][0], values["variant"][0]) == ("3.14.7", "t")
        assert buildset["reason"] == "CPython 3.14.7t"

    @defer.inlineCallbacks
    def test_a_variant_that_exists_is_not_asked_for_again(self) -> Any:
        write_record(self.store, self.record("3.14.7", variant="t"))
        build, asked = yield self.release(1, platforms=["debian-12"], python_version="3.14.7", variant="t")

        assert asked == []
        assert set(build["properties"]["existing"][0]) == {"debian-12-amd64"}

    @staticmethod
    def record(version: str, variant: str = "") -> Record:
        return Record(
            python_version=version,
            variant=variant,
            platform="debian-12",
            architecture="amd64",
            revision=1,
            profile="quick",
            checked=True,
            built_at=datetime.datetime(2026, 11, 22, tzinfo=datetime.UTC),
            source=None,
            artifacts=(),
        )

    @defer.inlineCallbacks
    def test_a_release_that_nothing_can_build_is_red_with_the_reason(self) -> Any:
        build, asked = yield self.release(1, platforms=["rhel-9"])

        assert build["results"] == FAILURE
        assert asked == []
        assert build["steps"][-1]["state_string"] == (
            "nothing on this farm can build CPython 3.11.2 for what was asked: no worker for amd64 or arm64"
        )
