"""The planner in a whole Buildbot master inside the test: what it asks for, once, with what priority, and what it leaves."""

import datetime
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from buildbot.plugins import schedulers, util
from buildbot.process.buildstep import BuildStep
from buildbot.process.results import CANCELLED, FAILURE, SUCCESS, WARNINGS
from buildbot.test.util.integration import RunMasterBase
from twisted.internet import defer, reactor, task

from python_builds.adapters.planning.report_file import read_report
from python_builds.adapters.publishing.publishing import write_record
from python_builds.adapters.publishing.trials import write_trials
from python_builds.adapters.store.directory_store import DirectoryStore
from python_builds.core.planning.agenda import PENDING
from python_builds.core.platforms.platforms import platform_named
from python_builds.core.publishing.records import Record
from python_builds.core.publishing.trials import BROKEN, Trial, Trials
from python_builds.core.settings.settings import Settings
from python_builds.farm.building.release_steps import SCHEDULER, RequestBuilds
from python_builds.farm.indexes.manifest_steps import DAMAGED, MANIFEST, TellDamage
from python_builds.farm.planning import requesting
from python_builds.farm.planning.announcing import NOTICE
from python_builds.farm.planning.planner import Planner
from python_builds.farm.workers import image_watch
from python_builds.farm.workers.workers import make_image_watch
from tests.docker_engine import Engine, engine_on_this_machine

PARTS = {
    "debian-12-amd64": (platform_named("debian-12"), "amd64"),
    "debian-13-amd64": (platform_named("debian-13"), "amd64"),
    "debian-13-arm64": (platform_named("debian-13"), "arm64"),
}
NOW = datetime.datetime.now(datetime.UTC)


class Publish(BuildStep):
    """Ends a platform build at once: with a record, or badly where the test wants that."""

    name = "publish"
    flunkOnFailure = True

    def __init__(self, store: DirectoryStore, bad: set[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.store = store
        self.bad = bad

    def run(self) -> Any:
        version, builder = self.getProperty("python_version"), self.getProperty("buildername")
        variant = self.getProperty("variant")
        if f"wait {version} {builder}" in self.bad:
            self.waiting: defer.Deferred[int] = defer.Deferred()
            return self.waiting
        if f"{version}{variant} {builder}" in self.bad:
            return FAILURE
        platform, architecture = PARTS[builder]
        record = {
            "python_version": version,
            "variant": variant,
            "platform": platform.name,
            "architecture": architecture,
            "revision": self.build.number,
            "profile": "optimized",
            "checked": True,
            "built_at": NOW,
            "source": {"name": "x.tgz", "sha256": "0" * 64, "size": 1, "origin": "test", "trust": "digest"},
            "artifacts": (),
        }
        write_record(self.store, Record.model_validate(record))
        return SUCCESS

    @defer.inlineCallbacks
    def interrupt(self, reason: Any) -> Any:
        yield super().interrupt(reason)
        self.waiting.callback(CANCELLED)


class WriteIndexes(BuildStep):
    """Ends badly where the test wants that, or finds what the test wants damaged."""

    name = "write the indexes"
    flunkOnFailure = True

    def __init__(self, bad: set[str], damaged: dict[str, str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bad = bad
        self.damaged = damaged

    def run(self) -> Any:
        if "indexes" in self.bad:
            self.descriptionDone = "the bucket is away"
            return FAILURE
        self.setProperty(DAMAGED, dict(self.damaged), "test")
        return SUCCESS


class PlannerTest(RunMasterBase):
    def setUp(self) -> None:
        scratch = TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        self.store = DirectoryStore(self.folder / "store")
        self.bad: set[str] = set()
        self.damaged: dict[str, str] = {}
        self.notices: list[str] = []
        self.recipes = dict.fromkeys(PARTS, "one")

    @defer.inlineCallbacks
    def start(self, *versions: str, **settings: object) -> Any:
        """Start a farm for which python.org has these releases; wait until it has nothing to do."""
        (self.folder / "state").mkdir()
        releases = [{"version": v, "complete": True, "first_seen": NOW.isoformat()} for v in versions]
        document = {"last_success": NOW.isoformat(), "releases": releases}
        (self.folder / "state" / "releases.json").write_text(json.dumps(document))
        self.settings = Settings(
            _env_file=None,
            state_dir=self.folder / "state",
            store=self.folder / "store",
            **{"retry_minutes": "60", "sources": "python.org", **settings},
        )
        (self.folder / "master").mkdir()
        factories = {
            "release": util.BuildFactory([RequestBuilds(self.store, PARTS, name="ask")]),
            **{name: util.BuildFactory([Publish(self.store, self.bad)]) for name in PARTS},
            MANIFEST: util.BuildFactory([WriteIndexes(self.bad, self.damaged), TellDamage(name="look for damage")]),
        }
        yield self.setup_master(
            {
                "builders": [
                    util.BuilderConfig(name=name, workernames=["local1"], factory=factory, properties={"recipe": "one"})
                    for name, factory in factories.items()
                ],
                "schedulers": [
                    schedulers.ForceScheduler(
                        name="force",
                        builderNames=["release"],
                        properties=[
                            util.StringParameter(name="python_version", default=""),
                            util.FixedParameter(name="platforms", default=[p.name for p, _ in PARTS.values()]),
                        ],
                    ),
                    schedulers.Triggerable(name=SCHEDULER, builderNames=sorted(PARTS)),
                    schedulers.Triggerable(name=MANIFEST, builderNames=[MANIFEST]),
                    Planner(
                        name="planner",
                        settings=self.settings,
                        builders=PARTS,
                        recipes=self.recipes,
                        release="release",
                        category="release",
                    ),
                ],
                "services": [make_image_watch(self.settings)],
                "collapseRequests": False,
            },
            basedir=str(self.folder / "master"),
        )
        yield self.settle()

    @property
    def planner(self) -> Planner:
        return self.master.scheduler_manager.namedServices["planner"]

    @defer.inlineCallbacks
    def settle(self) -> Any:
        """Wait for a look that began when nothing was unfinished, asked for nothing, and waits for nothing soon."""
        while True:
            began = datetime.datetime.now(datetime.UTC)
            idle = yield self.is_idle()
            self.planner.look()
            while (seen := read_report(self.settings.state_dir)) is None or seen.made_at < began:
                yield task.deferLater(reactor, 0.05, lambda: None)
            soon = began + datetime.timedelta(minutes=1)
            busy = any(one.state == PENDING or (one.until and one.until < soon) for one in seen.lines)
            if idle and (yield self.is_idle()) and not busy:
                return
            yield task.deferLater(reactor, 0.2, lambda: None)

    @defer.inlineCallbacks
    def is_idle(self) -> Any:
        return all(r["complete"] for r in (yield self.master.data.get(("buildrequests",))))

    @defer.inlineCallbacks
    def requests(self, builder: str) -> Any:
        """List a builder's requests, each with its properties."""
        builder_id = yield self.master.data.updates.findBuilderId(builder)
        found = yield self.master.data.get(("builders", builder_id, "buildrequests"))
        for request in found:
            properties = yield self.master.data.get(("buildsets", request["buildsetid"], "properties"))
            request["values"] = {name: value for name, (value, _) in properties.items()}
        return sorted(found, key=lambda r: r["buildrequestid"])

    def states(self) -> dict[str, str]:
        report = read_report(self.settings.state_dir)
        assert report is not None
        return {f"{one.version} {one.platform}-{one.architecture}": one.state for one in report.lines}

    @defer.inlineCallbacks
    def test_a_reason_that_buildbot_has_no_room_for_is_cut(self) -> Any:
        assert requesting.REASON == 256, "what PostgreSQL's column holds"
        self.patch(requesting, "REASON", 20)
        yield self.start("3.13.5")
        pending = yield self.requests("release")
        found = yield self.master.data.get(("buildsets", pending[0]["buildsetid"]))

        assert found["reason"] == "missing: debian-12-…"

    @defer.inlineCallbacks
    def test_what_is_missing_is_asked_for_once_the_most_urgent_first(self) -> Any:
        yield self.start("3.13.4", "3.13.5", "3.12.11", backfill="all")
        pending = yield self.requests("release")

        assert [(r["values"]["python_version"], r["priority"]) for r in pending] == [
            ("3.13.5", 20),
            ("3.12.11", 20),
            ("3.13.4", 15),
        ]
        for name in PARTS:
            expand = yield self.requests(name)
            assert [r["results"] for r in expand] == [SUCCESS] * 3
            assert [r["priority"] for r in expand] == [20, 20, 15], "the planner's priority is handed on"
        assert self.states() == {}

    @defer.inlineCallbacks
    def test_a_free_threaded_build_is_asked_for_beside_the_ordinary_one_where_its_minor_gets_one(self) -> Any:
        self.bad.add("3.14.7t debian-13-arm64")
        yield self.start("3.14.7", "3.13.5", free_threaded="3.14+")
        pending = yield self.requests("release")

        assert [(r["values"]["python_version"], r["values"]["variant"], r["priority"]) for r in pending] == [
            ("3.14.7", "", 20),
            ("3.14.7", "t", 20),
            ("3.13.5", "", 20),
        ]
        for name in PARTS:
            made = [(r["values"]["python_version"], r["values"]["variant"]) for r in (yield self.requests(name))]
            assert sorted(made) == [("3.13.5", ""), ("3.14.7", ""), ("3.14.7", "t")]
        assert self.states() == {"3.14.7t debian-13-arm64": "waiting"}, "the ordinary one is published"
        told = yield self.planner.getState("told", [])
        assert told == ["python-3.14.7t for debian-13-arm64 (optimized) fails"]

    @defer.inlineCallbacks
    def test_only_what_the_setting_names_gets_a_free_threaded_build_by_itself(self) -> Any:
        yield self.start("3.14.7", "3.13.5", free_threaded="3.13")
        pending = yield self.requests("release")

        assert [f"{r['values']['python_version']}{r['values']['variant']}" for r in pending] == [
            "3.14.7",
            "3.13.5",
            "3.13.5t",
        ]

    @defer.inlineCallbacks
    def test_a_person_who_forces_one_variant_starts_its_count_anew_and_no_other(self) -> Any:
        self.bad.update({"3.14.7 debian-12-amd64", "3.14.7t debian-12-amd64"})
        yield self.start("3.14.7", retry_minutes="0.001")
        yield self.doForceBuild(forceParams={"python_version": "3.14.7t"})
        yield self.settle()

        made = [r["values"]["variant"] for r in (yield self.requests("debian-12-amd64"))]
        assert (made.count(""), made.count("t")) == (2, 4)

    @defer.inlineCallbacks
    def test_one_red_platform_holds_nothing_back_and_is_left_until_its_recipe_changes(self) -> Any:
        self.bad.add("3.13.5 debian-13-arm64")
        yield self.start("3.13.5", "3.12.11", retry_minutes="0.001")

        assert self.states() == {"3.13.5 debian-13-arm64": "failed"}
        assert [r["results"] for r in (yield self.requests("debian-13-arm64"))].count(FAILURE) == 2
        _, again = [r["values"] for r in (yield self.requests("release")) if r["values"]["python_version"] == "3.13.5"]
        assert (again["platforms"], again["architectures"]) == (["debian-13"], ["arm64"])

        self.recipes["debian-13-arm64"] = "two"
        self.bad.clear()
        yield self.settle()
        assert self.states() == {}

    @defer.inlineCallbacks
    def test_a_person_who_asks_for_it_starts_the_count_anew(self) -> Any:
        self.bad.add("3.13.5 debian-12-amd64")
        yield self.start("3.13.5", retry_minutes="0.001")
        before = len((yield self.requests("debian-12-amd64")))
        yield self.doForceBuild(forceParams={"python_version": "3.13.5"})
        yield self.settle()

        assert before == 2
        assert len((yield self.requests("debian-12-amd64"))) == 4

    @defer.inlineCallbacks
    def test_records_that_cannot_be_read_leave_out_their_platform_alone(self) -> Any:
        self.store.create("python/debian-12/records/notes.json", b"no record")
        yield self.start("3.13.5")

        assert (yield self.requests("debian-12-amd64")) == []
        assert len((yield self.requests("debian-13-amd64"))) == 1
        (problem,) = read_report(self.settings.state_dir).problems
        assert problem.startswith("debian-12 is left out, as its records cannot be read")

    @defer.inlineCallbacks
    def test_a_farm_that_shall_not_builds_nothing_by_itself_and_says_why(self) -> Any:
        yield self.start("3.13.5", automatic_builds=False)

        assert (yield self.requests("release")) == []
        assert read_report(self.settings.state_dir).idle == "automatic builds are switched off"

    @defer.inlineCallbacks
    def test_what_a_person_cancelled_is_not_asked_for_again(self) -> Any:
        self.bad.update(f"wait 3.13.5 {name}" for name in PARTS)

        @defer.inlineCallbacks
        def cancel(key: Any, step: Any) -> Any:
            build = yield self.master.data.get(("builds", step["buildid"]))
            if step["name"] == "publish":
                wanted = ("control", "buildrequests", str(build["buildrequestid"]), "cancel")
                self.master.mq.produce(wanted, {"reason": "no"})

        original = self.setup_master

        @defer.inlineCallbacks
        def setup(*args: Any, **kwargs: Any) -> Any:
            yield original(*args, **kwargs)
            yield self.master.mq.startConsuming(cancel, ("steps", None, "started"))

        self.setup_master = setup
        yield self.start("3.13.5")
        cancelled = yield self.requests("debian-12-amd64")

        assert [request["results"] for request in cancelled] == [CANCELLED]
        assert set(self.states().values()) == {"failed"}

    def engine(self, *platforms: str) -> Engine:
        """Start a Docker engine that has these platforms' images, until the test ends."""
        serving = engine_on_this_machine(*platforms)
        engine = serving.__enter__()
        self.addCleanup(serving.__exit__, None, None, None)
        return engine

    @defer.inlineCallbacks
    def test_only_what_a_docker_host_has_the_image_of_is_planned_and_what_appears_later_is_seen(self) -> Any:
        engine = self.engine("debian-12")
        yield self.start("3.13.5", docker_hosts=[engine.host()])

        assert len((yield self.requests("debian-12-amd64"))) == 1
        assert (yield self.requests("debian-13-amd64")) == []
        report = read_report(self.settings.state_dir)
        assert self.states() == {}, "what cannot be built is not wanted"
        ((builder, lacks),) = report.without_image.items()
        assert builder == "debian-13-amd64" and lacks.startswith("no image for debian-13 on here: `")
        assert lacks.endswith("make images PLATFORM=debian-13`"), "what to do is said, too"
        ((key, text),) = report.alerts.items()
        assert key == "platforms without an image on here"
        assert "nothing is planned for debian-13: " in text
        assert f"`DOCKER_HOST={engine.url} make images PLATFORM=debian-13`" in text

        engine.platforms.append("debian-13")
        yield self.settle_after_asking()
        assert [r["results"] for r in (yield self.requests("debian-13-amd64"))] == [SUCCESS]
        assert read_report(self.settings.state_dir).alerts == {}

    @defer.inlineCallbacks
    def test_what_a_trial_after_release_found_broken_is_told_until_it_is_good(self) -> Any:
        yield self.start("3.13.5")
        yield self.listen()
        alarm = "3.13.5 for debian-12 amd64, revision 1: broken by an update of the distribution: x"
        one = Trial(revision=1, verdict=BROKEN, at=NOW, alarm=alarm, rebuilt=1)
        known = "what is published of CPython 3.13.5 for debian-12-amd64 is broken"
        for trial, told in ((one, [known]), (one.model_copy(update={"alarm": ""}), [known, f"solved: {known}"])):
            trials = Trials(looked_at=NOW, trials={"3.13.5": trial})
            write_trials(self.settings.state_dir, "debian-12-amd64", trials)
            yield self.settle()
            report = read_report(self.settings.state_dir)
            assert report.alerts == ({known: alarm} if trial.alarm else {})
            assert report.trials == {"debian-12-amd64": trials}
            assert self.notices == told

    @defer.inlineCallbacks
    def test_an_image_that_goes_is_one_alert_and_no_failure(self) -> Any:
        engine = self.engine("debian-12", "debian-13")
        yield self.start("3.13.5", docker_hosts=[engine.host()])
        yield self.listen()
        engine.platforms.remove("debian-13")
        yield self.settle_after_asking()

        assert self.notices == ["no image for debian-13 on here"]
        engine.platforms.append("debian-13")
        yield self.settle_after_asking()
        assert self.notices == ["no image for debian-13 on here", "solved: no image for debian-13 on here"]

    @defer.inlineCallbacks
    def test_a_platform_that_a_setting_names_is_missed_by_name(self) -> Any:
        engine = self.engine()
        yield self.start("3.13.5", docker_hosts=[engine.host()], platforms="debian-12")

        keys = [*read_report(self.settings.state_dir).alerts]
        assert keys == ["no image for debian-12 on here", "platforms without an image on here"]

    @defer.inlineCallbacks
    def test_a_person_who_asks_for_what_has_no_image_is_told_what_to_type(self) -> Any:
        engine = self.engine("debian-13")
        yield self.start(docker_hosts=[engine.host()])
        yield self.doForceBuild(forceParams={"python_version": "3.13.5"})
        builder = yield self.master.data.updates.findBuilderId("release")
        (build,) = yield self.master.data.get(("builders", builder, "builds"))

        assert (yield self.requests("debian-12-amd64")) == []
        said = f"no image on here: `DOCKER_HOST={engine.url} make images PLATFORM=debian-12` (debian-12)"
        assert build["state_string"].endswith(said)

    @defer.inlineCallbacks
    def test_nothing_is_planned_for_a_host_that_never_said_which_images_it_has(self) -> Any:
        engine = self.engine("debian-12", "debian-13")
        engine.silent = True
        yield self.start("3.13.5", docker_hosts=[engine.host()])

        assert (yield self.requests("debian-12-amd64")) == []
        alerts = read_report(self.settings.state_dir).alerts
        assert alerts["Docker host here does not answer"].startswith("nothing is planned for it: ")

        engine.silent = False
        yield self.settle_after_asking()
        assert [r["results"] for r in (yield self.requests("debian-12-amd64"))] == [SUCCESS]
        engine.silent = True
        yield self.settle_after_asking()
        report = read_report(self.settings.state_dir)
        assert (report.without_image, report.alerts) == ({}, {}), "what it has said once holds"

    @defer.inlineCallbacks
    def settle_after_asking(self) -> Any:
        yield self.master.service_manager.namedServices[image_watch.NAME].ask()
        yield self.settle()

    @defer.inlineCallbacks
    def write_indexes(self) -> Any:
        """Have the indexes written once; give how that build ended, with its words."""
        yield self.master.scheduler_manager.namedServices[MANIFEST].addBuildsetForSourceStampsWithDefaults("test")
        yield self.settle()
        builder = yield self.master.data.updates.findBuilderId(MANIFEST)
        builds = yield self.master.data.get(("builders", builder, "builds"))
        last = max(builds, key=lambda build: build["number"])
        return last["results"], last["state_string"]

    @defer.inlineCallbacks
    def listen(self) -> Any:
        yield self.master.mq.startConsuming(lambda _, notice: self.notices.append(notice["subject"]), NOTICE)

    @defer.inlineCallbacks
    def test_indexes_that_are_not_written_again_and_again_are_told_once_and_so_is_the_end(self) -> Any:
        yield self.start(automatic_builds=False)
        yield self.listen()
        self.bad.add("indexes")
        for _ in range(2):
            yield self.write_indexes()
        assert self.notices == [], "what the next attempt mends is nobody's mail"
        yield self.write_indexes()
        assert self.notices == ["the indexes are not written"], "the third time"
        for _ in range(2):
            yield self.write_indexes()
        assert self.notices == ["the indexes are not written"]
        report = read_report(self.settings.state_dir)
        told = report.alerts["the indexes are not written"]
        assert told == "tried 5 times, and again: manifest/5: write the indexes failed: the bucket is away (failure)"
        self.bad.clear()
        yield self.write_indexes()

        assert self.notices == ["the indexes are not written", "solved: the indexes are not written"]

    @defer.inlineCallbacks
    def test_indexes_that_failed_before_a_start_are_asked_for_after_it_once(self) -> Any:
        yield self.start(automatic_builds=False)
        self.bad.add("indexes")
        yield self.write_indexes()
        before = len((yield self.requests(MANIFEST)))
        self.bad.clear()
        self.planner._has_looked = False  # as in a master that has just started
        yield self.settle()
        yield self.settle()
        yield self.settle()

        assert len((yield self.requests(MANIFEST))) == before + 1

    @defer.inlineCallbacks
    def test_what_is_damaged_in_the_store_is_told_once_though_indexes_fail_meanwhile(self) -> Any:
        yield self.start(automatic_builds=False)
        yield self.listen()
        self.damaged.update({"python/x.json": "python/x.json is not a record: no JSON", "python/y": "y is another"})
        ended = yield self.write_indexes()
        assert ended == (WARNINGS, "warnings damaged: python/x.json is not a record: no JSON and 1 more")
        yield self.write_indexes()
        self.bad.add("indexes")
        yield self.write_indexes()
        assert self.notices == ["python/x.json is damaged", "python/y is damaged"]
        self.bad.clear()
        del self.damaged["python/y"]
        yield self.write_indexes()

        assert self.notices[2:] == ["solved: python/y is damaged"]
