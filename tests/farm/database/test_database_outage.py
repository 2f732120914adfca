"""A database that goes away under Buildbot's own pool: whoever asks gets an answer when it is back."""

from collections.abc import Callable, Iterator
from pathlib import Path
from signal import SIGCONT, SIGSTOP
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

import pytest
from buildbot.db.enginestrategy import create_engine
from buildbot.db.pool import DBThreadPool
from sqlalchemy import text
from sqlalchemy.exc import OperationalError, ProgrammingError
from twisted.internet import defer, reactor, task, threads
from twisted.python import log
from twisted.trial import unittest

from python_builds.core.settings.settings import Settings
from python_builds.farm.database.database import make_database
from python_builds.farm.database.database_watch import SILENT_SECONDS, DatabaseWatch
from tests.e2e.farms import free_port
from tests.e2e.test_faults import small_disk
from tests.postgres import Postgres, make_postgres


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with make_postgres() as made:
        yield made


def run(*statements: str) -> Callable[[Any], Any]:
    """Make what the pool is given: statements, of which the last one's answer counts."""

    def in_thread(connection: Any) -> Any:
        for statement in statements:
            last = connection.execute(text(statement))
        return last.scalar() if last.returns_rows else None

    return in_thread


class Outages(unittest.TestCase):
    timeout = 100

    def pool(self, url: str, folder: str = "/") -> DBThreadPool:
        """Make Buildbot's pool with our engine's arguments, and note what it logs."""
        made = make_database(Settings(_env_file=None, database_url=url))
        pool = DBThreadPool(create_engine(made["db_url"], basedir=folder, **made["engine_kwargs"]), reactor=reactor)
        pool.start()
        self.addCleanup(pool.stop)
        self.said: list[str] = []
        note = lambda entry: self.said.append(log.textFromEventDict(entry) or "")  # noqa: E731
        log.addObserver(note)
        self.addCleanup(log.removeObserver, note)
        return pool

    def heard(self, words: str) -> bool:
        return any(words in line for line in self.said)

    @defer.inlineCallbacks
    def until(self, condition: Callable[[], bool]) -> Any:
        while not condition():
            yield task.deferLater(reactor, 0.05)


class PostgresTest(Outages):
    @pytest.fixture(autouse=True)
    def take_server(self, server: Postgres) -> None:
        self.server = server

    @defer.inlineCallbacks
    def test_what_is_asked_of_a_stopped_server_is_answered_when_it_runs_again(self) -> Any:
        pool = self.pool(self.server.url)
        for mode in ("fast", "immediate"):
            assert (yield pool.do(run("SELECT 1"))) == 1
            yield threads.deferToThread(self.server.stop, mode)
            answers = [pool.do(run(f"SELECT {n}")) for n in range(3)]
            yield self.until(lambda: self.heard("the database is waited for"))
            yield threads.deferToThread(self.server.start)

            assert (yield defer.gatherResults(answers)) == [0, 1, 2]
            assert self.heard("Connection refused")
            assert self.heard("the database is there again")
            assert not self.heard(self.server.password)
            self.said.clear()
            self.flushLoggedErrors(OperationalError)

    @defer.inlineCallbacks
    def test_a_transaction_whose_connection_is_cut_is_done_again_as_a_whole(self) -> Any:
        pool = self.pool(self.server.url)
        yield pool.do_with_transaction(run("CREATE TABLE lines (number INTEGER)"))
        cuts = [self.server.cut]

        def write(connection: Any) -> None:
            connection.execute(text("INSERT INTO lines VALUES (1)"))
            while cuts:
                cuts.pop()()
            connection.execute(text("INSERT INTO lines VALUES (2)"))

        yield pool.do_with_transaction(write)

        assert (yield pool.do(run("SELECT string_agg(number::text, ' ') FROM lines"))) == "1 2"
        assert self.flushLoggedErrors(OperationalError)

    @defer.inlineCallbacks
    def test_a_server_that_stands_still_is_told_of_and_answers_when_it_goes_on(self) -> Any:
        pool, clock = self.pool(self.server.url), task.Clock()
        watch = DatabaseWatch()
        watch.parent = SimpleNamespace(master=SimpleNamespace(db=SimpleNamespace(pool=pool), reactor=clock))
        yield watch.ask()
        assert watch.silence == 0 and not self.said
        self.server.signal(SIGSTOP)
        question = watch.ask()
        clock.advance(SILENT_SECONDS - 1)
        assert watch.silence == 0 and not self.said
        clock.advance(1)

        assert watch.silence == SILENT_SECONDS
        assert self.said == ["the database does not answer; builds and pages wait for it"]
        self.server.signal(SIGCONT)
        yield question
        assert watch.silence == 0
        assert self.said[1:] == [f"the database answers again, after {SILENT_SECONDS} s"]

    @defer.inlineCallbacks
    def test_what_the_server_refuses_is_an_error_at_once(self) -> Any:
        with pytest.raises(ProgrammingError, match="does not exist"):
            yield self.pool(self.server.url).do(run("SELECT nothing"))
        assert self.flushLoggedErrors(ProgrammingError)

    @defer.inlineCallbacks
    def test_a_server_that_was_never_there_is_an_error_at_once(self) -> Any:
        url = self.server.url.replace(f":{self.server.port}", f":{free_port()}")

        with pytest.raises(OperationalError, match="Connection refused"):
            yield self.pool(url).do(run("SELECT 1"))


class SqliteTest(Outages):
    @defer.inlineCallbacks
    def test_what_does_not_fit_on_a_full_disk_is_written_when_there_is_space(self) -> Any:
        scratch = TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        folder = Path(scratch.name) / "disk"
        with small_disk(folder, "size=400k"):
            pool = self.pool("sqlite:///state.sqlite", str(folder))
            try:
                yield self.fill(pool, folder)
            finally:
                yield pool.stop()
        self.flushLoggedErrors(OperationalError)

    @defer.inlineCallbacks
    def fill(self, pool: DBThreadPool, disk: Path) -> Any:
        yield pool.do_with_transaction(run("CREATE TABLE logs (content BLOB)"))
        (disk / "filler").write_bytes(bytes(300_000))
        writing = pool.do_with_transaction(run("INSERT INTO logs VALUES (zeroblob(200000))"))
        yield self.until(lambda: self.heard("database or disk is full"))
        (disk / "filler").unlink()
        yield writing

        assert (yield pool.do(run("SELECT sum(length(content)) FROM logs"))) == 200_000

    @defer.inlineCallbacks
    def test_a_statement_that_is_wrong_is_an_error_at_once(self) -> Any:
        scratch = TemporaryDirectory()
        self.addCleanup(scratch.cleanup)

        with pytest.raises(OperationalError, match="no such table"):
            yield self.pool("sqlite:///state.sqlite", scratch.name).do(run("SELECT * FROM nowhere"))
        assert self.flushLoggedErrors(OperationalError)
