"""Logs in a whole Buildbot master inside the test: what is written is what Buildbot itself would have written."""

from typing import Any

import sqlalchemy as sa
from buildbot.db.model import Model
from buildbot.plugins import schedulers, steps, util
from buildbot.test.util.integration import RunMasterBase
from twisted.internet import defer

from python_builds.farm.database.shortcuts import Shortcuts, shortcuts
from tests.postgres import make_postgres

LARGEST = 65536
PIECES = (
    "one\n",
    "\n",
    "\n\n\n",
    "o" * 2000 + "\n" + "two\n",
    "sn\N{SNOWMAN}w\r\n\x85\u2028still the same line\n",
    "o" * (LARGEST - 1) + "\n",
    "o" * LARGEST + "\n",
    "1234567\n" * (LARGEST // 4),
    "last\n",
)


class LogWriterTest(RunMasterBase):
    url = "sqlite:///state.sqlite"

    def set_up(self, step: Any, *services: Any) -> Any:
        factory = util.BuildFactory([step])
        config = {
            "db_url": self.url,
            "builders": [util.BuilderConfig(name="one", workernames=["local1"], factory=factory)],
            "schedulers": [schedulers.ForceScheduler(name="force", builderNames=["one"])],
            "multiMaster": True,
            "services": services,
        }
        return self.setup_master(config, startWorker=True)

    @defer.inlineCallbacks
    def test_the_rows_are_those_that_buildbot_writes(self) -> Any:
        yield self.set_up(steps.SetProperty(property="one", value="1"))
        build = yield self.doForceBuild(wantSteps=True, useChange=False)
        add = self.master.data.updates.addLog
        of_step = build["steps"][0]["stepid"]
        logs = yield defer.gatherResults([add(of_step, name, "t") for name in ("theirs", "ours")])
        (ours,) = [function for _, name, function in shortcuts(self.master) if name == "appendLog"]
        theirs = self.master.db.logs.appendLog
        for piece in PIECES:
            assert (yield ours(logid=logs[1], content=piece)) == (yield theirs(logid=logs[0], content=piece)), piece[:9]
        table = Model.logchunks
        fields = (table.c.first_line, table.c.last_line, table.c.content, table.c.compressed)

        def rows(connection: sa.Connection, log: int) -> list[Any]:
            return [tuple(row) for row in connection.execute(sa.select(*fields).where(table.c.logid == log))]

        written = yield defer.gatherResults([self.master.db.pool.do(rows, log) for log in logs])
        assert sorted(written[0]) == sorted(written[1])
        assert {row[3] for row in written[1]} == {0, 1}, "a short piece is not compressed"
        read = yield defer.gatherResults([self.master.data.get(("logs", log, "contents")) for log in logs])
        assert read[0]["content"] == read[1]["content"] and len(read[0]["content"]) > LARGEST
        assert (yield ours(logid=10**6, content="no such log\n")) is None

    @defer.inlineCallbacks
    def test_a_build_s_log_is_whole(self) -> Any:
        yield self.set_up(steps.ShellCommand(command=["seq", "20000"], logEnviron=False), Shortcuts())
        build = yield self.doForceBuild(wantSteps=True, wantLogs=True, useChange=False)
        (log,) = build["steps"][1]["logs"]
        lines = [line[1:] for line in log["contents"]["content"].splitlines() if line.startswith("o")]
        assert lines == [str(number) for number in range(1, 20001)]


class LogWriterOnPostgresTest(LogWriterTest):
    def setUp(self) -> None:
        server = make_postgres()
        self.url = server.__enter__().url.replace("postgresql:", "postgresql+psycopg:")
        self.addCleanup(server.__exit__, None, None, None)
