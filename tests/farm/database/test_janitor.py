"""The janitor in a whole Buildbot master inside the test: what is removed, and that the planner sees no difference."""

import datetime
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa
from buildbot.configurators.janitor import JANITOR_NAME
from buildbot.plugins import schedulers, steps, util
from buildbot.process.properties import Properties
from buildbot.process.results import CANCELLED, FAILURE, SUCCESS
from buildbot.test.util.integration import RunMasterBase
from packaging.version import Version
from twisted.internet import defer

from python_builds.adapters.store.store import make_store
from python_builds.core.platforms.platforms import platform_named
from python_builds.core.publishing.artifacts import Product
from python_builds.core.publishing.record_keys import record_key, reservation_key
from python_builds.core.settings.settings import Settings
from python_builds.farm.database.janitor import Janitor
from python_builds.farm.planning.build_history import BuildHistory
from tests.postgres import make_postgres

NAME = "debian-12-amd64"
BUILDERS = {NAME: (platform_named("debian-12"), "amd64")}
DAY = 86400


class JanitorTest(RunMasterBase):
    def setUp(self) -> None:
        scratch = TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        (self.folder / "master").mkdir()

    def database(self) -> str:
        """Give the URL of an empty database."""
        return f"sqlite:///{self.folder}/master/state.sqlite"

    @defer.inlineCallbacks
    def start(self) -> Any:
        settings = Settings(
            _env_file=None,
            state_dir=self.folder,
            store=self.folder / "store",
            keep_builds_days=100,
            keep_logs_days=10,
            database_url=self.database(),
        )
        factory = util.BuildFactory([steps.ShellCommand(command=["sh", "-c", util.Interpolate("%(prop:command)s")])])
        yield self.setup_master(
            {
                "db_url": settings.database_url.get_secret_value(),
                "builders": [
                    util.BuilderConfig(name=name, workernames=["local1"], factory=factory) for name in (NAME, "release")
                ],
                "schedulers": [
                    schedulers.Triggerable(name="ask", builderNames=[NAME]),
                    schedulers.ForceScheduler(name="force", builderNames=["release"]),
                ],
                "configurators": [Janitor(settings, [NAME, "release"])],
                "collapseRequests": False,
            },
            basedir=str(self.folder / "master"),
        )
        assert self.database().startswith(self.master.db._engine.dialect.name)
        self.master.workers.workers[JANITOR_NAME].missing_timeout = 0  # its timer would outlive the test

    @defer.inlineCallbacks
    def build(self, version: str, command: str, days: int) -> Any:
        """Have a version built, as if it had been so many days ago."""
        values = Properties(command=command, python_version=version, variant="", profile="optimized")
        scheduler = self.master.scheduler_manager.namedServices["ask"]
        ended = defer.Deferred()
        consumer = yield self.master.mq.startConsuming(lambda *_: ended.callback(None), ("buildsets", None, "complete"))
        bsid, _ = yield scheduler.addBuildsetForSourceStampsWithDefaults(
            reason="test", properties=values, external_idstring=f"{version} {days}"
        )
        yield ended
        yield consumer.stopConsuming()
        yield self.age(bsid, days)

    def age(self, buildset: int, days: int) -> Any:
        model = self.master.db.model
        then = int(time.time()) - days * DAY

        def thd(connection: Any) -> None:
            requests = sa.select(model.buildrequests.c.id).where(model.buildrequests.c.buildsetid == buildset)
            builds = sa.select(model.builds.c.id).where(model.builds.c.buildrequestid.in_(requests))
            for update in (
                model.buildsets.update().where(model.buildsets.c.id == buildset).values(complete_at=then),
                model.buildrequests.update().where(model.buildrequests.c.id.in_(requests)).values(complete_at=then),
                model.builds.update().where(model.builds.c.id.in_(builds)).values(complete_at=then),
                model.steps.update().where(model.steps.c.buildid.in_(builds)).values(started_at=then),
            ):
                connection.execute(update)
            connection.commit()

        return self.master.db.pool.do(thd)

    @defer.inlineCallbacks
    def clean(self) -> Any:
        """Have the janitor work; give its build's result and what its steps say."""
        ended = defer.Deferred()
        consumer = yield self.master.mq.startConsuming(lambda *_: ended.callback(None), ("buildsets", None, "complete"))
        yield self.master.scheduler_manager.namedServices[JANITOR_NAME].addBuildsetForSourceStampsWithDefaults("test")
        yield ended
        yield consumer.stopConsuming()
        builder = yield self.master.data.updates.findBuilderId(JANITOR_NAME)
        (build,) = yield self.master.data.get(("builders", builder, "builds"))
        said = yield self.master.data.get(("builds", build["buildid"], "steps"))
        return build["results"], {step["name"]: step["state_string"] for step in said}

    @defer.inlineCallbacks
    def kept(self) -> Any:
        """List the versions whose requests are left."""
        builder = yield self.master.data.updates.findBuilderId(NAME)
        found = []
        for request in (yield self.master.data.get(("builders", builder, "buildrequests"))):
            values = yield self.master.data.get(("buildsets", request["buildsetid"], "properties"))
            found.append(f"{values['python_version'][0]} {values['command'][0]}")
        return found

    @defer.inlineCallbacks
    def counts(self) -> Any:
        model = self.master.db.model
        tables = (model.builds, model.buildrequests, model.buildset_properties, model.steps, model.logs)

        def thd(connection: Any) -> dict[str, int]:
            return {t.name: connection.execute(sa.select(sa.func.count()).select_from(t)).scalar() for t in tables}

        return (yield self.master.db.pool.do(thd))

    @defer.inlineCallbacks
    def test_what_ended_long_ago_goes_with_all_that_belongs_to_it_and_what_the_planner_needs_stays(self) -> Any:
        yield self.start()
        yield self.build("3.13.1", "true", 300)
        yield self.build("3.13.2", "false", 300)  # made good since
        yield self.build("3.13.2", "true", 250)
        yield self.build("3.13.3", "false", 300)  # never made good
        yield self.build("3.13.3", "false", 200)
        yield self.build("3.13.4", "true", 50)
        before = yield BuildHistory(self.master, BUILDERS, "release").attempts()
        result, said = yield self.clean()

        assert result == SUCCESS, said
        assert said["remove old builds"] == "3 requests removed that ended more than 100 days ago"
        assert (yield self.kept()) == ["3.13.3 false", "3.13.3 false", "3.13.4 true"]
        counts = yield self.counts()
        assert counts["builds"] == counts["buildrequests"] == 4, "the janitor's own is the fourth"
        after = yield BuildHistory(self.master, BUILDERS, "release").attempts()
        needed = {what: found for what, found in before.items() if "3.13.3" in str(what)}
        assert {what: found for what, found in after.items() if "3.13.3" in str(what)} == needed
        assert len(needed) == 1

    @defer.inlineCallbacks
    def test_the_last_build_of_a_builder_stays_as_the_next_one_is_counted_from_it(self) -> Any:
        yield self.start()
        yield self.build("3.13.1", "true", 300)
        yield self.build("3.13.2", "true", 300)
        yield self.clean()

        assert (yield self.kept()) == ["3.13.2 true"]
        (buildset,) = [
            s for s in (yield self.master.data.get(("buildsets",))) if s["external_idstring"] or s["reason"] == "test"
        ][:1]
        assert buildset["external_idstring"] is None, "the same may be asked for again"
        yield self.build("3.13.3", "true", 0)
        builder = yield self.master.data.updates.findBuilderId(NAME)
        builds = yield self.master.data.get(("builders", builder, "builds"))
        assert max(build["number"] for build in builds) == 3

    @defer.inlineCallbacks
    def test_old_logs_go_before_their_builds(self) -> Any:
        yield self.start()
        yield self.build("3.13.1", "echo hello", 20)
        yield self.build("3.13.2", "echo hello", 5)
        chunks = self.master.db.model.logchunks
        logs: list[list[str]] = []
        _, said = yield self.clean()
        for build in sorted((yield self.master.data.get(("builds",))), key=lambda b: b["buildid"])[:2]:
            for step in (yield self.master.data.get(("builds", build["buildid"], "steps"))):
                found = yield self.master.data.get(("steps", step["stepid"], "logs"))
                logs.append([log["type"] for log in found])

        assert [kinds for kinds in logs if kinds] == [["d"], ["s"]]
        assert said["LogChunksJanitor"].startswith("deleted")
        assert (yield self.master.db.pool.do(lambda c: c.execute(sa.select(chunks.c.logid)).first())) is not None

    @defer.inlineCallbacks
    def test_what_died_leaves_no_folder_in_the_spool(self) -> Any:
        yield self.start()
        left = self.folder / "spool" / f"{NAME}-7"
        left.mkdir(parents=True)
        (left / "Python-3.13.5.tgz").write_bytes(b"x")
        result, said = yield self.clean()

        assert result == SUCCESS
        assert not left.exists()
        assert said["clean up"] == "1 folders and 0 reservations removed"
        assert said.get("compact the database", "the database has ").startswith("the database has ")
        assert ("compact the database" in said) == self.database().startswith("sqlite"), "PostgreSQL sees to itself"

    @defer.inlineCallbacks
    def test_the_folder_of_a_build_that_runs_stays_and_reservations_below_the_newest_record_go(self) -> Any:
        yield self.start()
        own, left = (self.folder / "spool" / name for name in (f"{JANITOR_NAME}-1", f"{JANITOR_NAME}-2"))
        own.mkdir(parents=True)
        left.mkdir()
        what = {"version": Version("3.13.5"), "platform": BUILDERS[NAME][0], "architecture": "amd64"}
        product = Product(**what, profile="optimized", variant="")
        store = make_store(Settings(_env_file=None, state_dir=self.folder, store=self.folder / "store"))
        for key in (*(reservation_key(product, revision) for revision in (1, 2)), record_key(product, 2)):
            store.create(key, b"{}")
        result, said = yield self.clean()

        assert (result, said["clean up"]) == (SUCCESS, "1 folders and 1 reservations removed")
        assert own.is_dir(), "the janitor's own build, which runs"
        assert not left.exists()
        assert not store.exists(reservation_key(product, 1)) and store.exists(reservation_key(product, 2))

    @defer.inlineCallbacks
    def test_a_request_that_a_person_cancelled_is_known_for_as_long_as_nothing_went_well(self) -> Any:
        yield self.start()
        yield self.build("3.13.1", "true", 0)
        yield self.build("3.13.5", "true", 300)
        yield self.build("3.13.6", "true", 300)
        model = self.master.db.model

        def cancel(connection: Any) -> None:
            requests = model.buildrequests
            second = connection.execute(sa.select(requests.c.id).order_by(requests.c.id).offset(1)).scalar()
            connection.execute(requests.update().where(requests.c.id == second).values(results=CANCELLED))
            connection.commit()

        yield self.master.db.pool.do(cancel)
        yield self.clean()
        found = yield BuildHistory(self.master, BUILDERS, "release").attempts()

        assert {str(what.version): [one.result for one in tries] for what, tries in found.items()}["3.13.5"] == [
            "cancelled"
        ]
        assert FAILURE not in found
        assert all(one.ended < datetime.datetime.now(datetime.UTC) for tries in found.values() for one in tries)


class JanitorOnPostgresTest(JanitorTest):
    """The same, with another database."""

    def database(self) -> str:
        if not hasattr(self, "server"):
            serving = make_postgres()
            self.server = serving.__enter__()
            self.addCleanup(serving.__exit__, None, None, None)
        return self.server.url.replace("postgresql:", "postgresql+psycopg:")
