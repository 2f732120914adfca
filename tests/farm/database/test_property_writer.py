"""A build's properties in a whole Buildbot master inside the test: all are written, few transactions are taken."""

from typing import Any

from buildbot.plugins import schedulers, steps, util
from buildbot.process.results import SUCCESS
from buildbot.test.util.integration import RunMasterBase
from twisted.internet import defer

from python_builds.farm.database.property_writer import write_changed
from python_builds.farm.database.shortcuts import Shortcuts
from tests.postgres import make_postgres

MANY = {f"property-{number}": {"number": [number, None]} for number in range(60)}


class PropertyWriterTest(RunMasterBase):
    url = "sqlite:///state.sqlite"

    @defer.inlineCallbacks
    def test_all_are_written_and_told_in_few_transactions(self) -> Any:
        factory = util.BuildFactory(
            [steps.SetProperties(properties=MANY), steps.SetProperty(property="property-1", value="changed")]
        )
        yield self.setup_master(
            {
                "db_url": self.url,
                "builders": [util.BuilderConfig(name="one", workernames=["local1"], factory=factory)],
                "schedulers": [schedulers.ForceScheduler(name="force", builderNames=["one"])],
                "multiMaster": True,
                "services": [Shortcuts()],
            },
            startWorker=True,
        )
        told: dict[str, Any] = {}
        listening = yield self.master.mq.startConsuming(
            lambda _, message: told.update(message), ("builds", None, "properties", "update")
        )
        transactions = []
        do = self.master.db.pool.do_with_transaction

        def counted(function: Any, *rest: Any) -> Any:
            if "roperty" in function.__qualname__ or function is write_changed:
                transactions.append(function)
            return do(function, *rest)

        self.master.db.pool.do_with_transaction = counted
        build = yield self.doForceBuild(wantProperties=True, useChange=False)
        yield listening.stopConsuming()
        properties = build["properties"]
        assert build["results"] == SUCCESS
        assert {name: properties[name][0] for name in MANY} == MANY | {"property-1": "changed"}
        assert {name: tuple(told[name]) for name in properties} == properties
        assert len(transactions) <= 5


class PropertyWriterOnPostgresTest(PropertyWriterTest):
    def setUp(self) -> None:
        server = make_postgres()
        self.url = server.__enter__().url.replace("postgresql:", "postgresql+psycopg:")
        self.addCleanup(server.__exit__, None, None, None)
