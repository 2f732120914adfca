"""Who has a database, as the database itself tells it."""

import contextlib
import queue
import subprocess
import sys
import threading
import time

import psycopg
import pytest

from python_builds.adapters.database import postgres_lock
from python_builds.adapters.database.one_master import make_lock, master_name, require_free_database
from python_builds.adapters.database.postgres_lock import MASTER, PostgresLock, other_owner
from python_builds.core.errors import FarmError
from python_builds.core.settings.settings import Settings
from tests.postgres import make_postgres


@pytest.fixture(scope="module")
def server():
    with make_postgres() as made:
        yield made


@pytest.fixture
def locks(server, monkeypatch):
    """Make locks of as many processes on one new database."""
    monkeypatch.setattr(postgres_lock, "AGAIN_SECONDS", 0.05)
    monkeypatch.setattr(postgres_lock, "SPARE_SECONDS", 0.05)
    url = server.new_url()

    def make(who):
        lock = PostgresLock(url, who)
        lock.token = who
        return lock

    make.url = url
    return make


@pytest.fixture
def kept(locks):
    """Look after a lock in a thread; give a queue that gets who has it instead, if it is lost."""

    def keep(lock):
        lost = queue.Queue()
        threading.Thread(target=lambda: lost.put(lock.keep()), daemon=True).start()
        return lost

    return keep


def end_session(lock, server):
    """Have the server end a lock's session, as it does when a machine answers no more."""
    pid = lock._session.connection.dbapi_connection.info.backend_pid
    server.ask(f"SELECT pg_terminate_backend({pid})")


def until(condition):
    while not condition():
        time.sleep(0.02)


def test_of_two_one_has_it_and_the_other_learns_whose_it_is(locks):
    first, second = locks("first"), locks("second")

    assert second.owner() == ""
    assert first.take() == ""
    assert second.take() == "first"
    assert second.owner() == "first"


def test_who_waits_has_it_when_the_other_s_session_ends_and_ends_what_is_left_of_it(locks, server):
    first, second = locks("first"), locks("second")
    first.take()
    left = psycopg.connect(locks.url, application_name=MASTER)
    another = psycopg.connect(locks.url, application_name="psql")
    said = queue.Queue()
    waiting = threading.Thread(target=lambda: second.wait(said.put), daemon=True)
    waiting.start()
    assert said.get(timeout=60) == "waits as the spare of first"
    end_session(first, server)
    waiting.join(60)

    assert not waiting.is_alive() and second._is_held
    with pytest.raises(psycopg.OperationalError, match="terminating connection due to administrator command"):
        left.execute("SELECT 1")
    assert another.execute("SELECT 1").fetchone() == (1,), "it is no master's"


def test_a_master_whose_session_ended_takes_the_lock_again_where_nobody_else_did(locks, server, kept):
    first, second = locks("first"), locks("second")
    first.take()
    end_session(first, server)
    until(lambda: second.owner() == "")
    lost = kept(first)
    until(lambda: second.owner() == "first")

    assert lost.empty()


def test_a_master_that_is_not_heard_of_yet_to_be_gone_goes_on_until_it_has_the_lock_again(locks, kept):
    first = locks("first")
    first.take()
    dead, first._session = first._session, None  # the server has it still
    lost = kept(first)
    until(lambda: first._session is not None)
    assert not first._is_held
    dead.close()
    until(lambda: first._is_held)

    assert lost.empty()


def test_a_master_learns_that_another_had_the_lock_though_it_is_free_again(locks, server, kept):
    first, second = locks("first"), locks("second")
    first.take()
    end_session(first, server)
    until(lambda: second.take() == "")
    second._session.close()

    assert kept(first).get(timeout=60) == "second"


def test_every_new_connection_can_be_told_from_another_master_s(locks, monkeypatch):
    monkeypatch.setattr(postgres_lock, "this_process", lambda: "first")
    locks("first").take()
    with contextlib.closing(psycopg.connect(locks.url)) as connection:
        assert other_owner(connection) == ""
        monkeypatch.setattr(postgres_lock, "this_process", lambda: "second")
        assert other_owner(connection) == "first"


def test_the_server_is_asked_to_notice_a_machine_that_is_gone_within_half_a_minute(locks):
    first = locks("first")
    first.take()
    names = ("tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count")
    idle, interval, count = (int(first._session.exec_driver_sql(f"SHOW {name}").scalar()) for name in names)

    assert idle + interval * count <= 30
    assert first._session.exec_driver_sql("SHOW tcp_user_timeout").scalar() == "25000", "of what was sent, in ms"


def test_a_spare_that_ends_while_it_waits_leaves_no_session_behind(locks, server, monkeypatch):
    monkeypatch.setitem(postgres_lock.SESSION, "client_connection_check_interval", "100ms")
    first = locks("first")
    first.take()
    script = f"from python_builds.adapters.database.postgres_lock import PostgresLock as L; L({locks.url!r}, 'spare').wait(print)"
    spare = subprocess.Popen([sys.executable, "-uc", script], stdout=subprocess.PIPE, text=True)
    assert spare.stdout.readline() == "waits as the spare of first\n"
    of_locks = f"SELECT count(*) FROM pg_stat_activity WHERE application_name = '{postgres_lock.SPARE}' AND datname = "
    of_locks += f"'{locks.url.rpartition('/')[2]}'"
    until(lambda: server.ask(of_locks) == "2")
    spare.kill()
    spare.communicate()

    until(lambda: server.ask(of_locks) == "1")


def test_processes_are_told_apart_and_one_is_itself():
    script = "from python_builds.adapters.database.postgres_lock import this_process; print(this_process())"
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.strip()

    assert postgres_lock.this_process() == postgres_lock.this_process()
    assert other and other != postgres_lock.this_process()


def sqlite(folder, **values):
    (folder / "master").mkdir(exist_ok=True)
    return Settings(_env_file=None, state_dir=folder, **values)


def test_a_file_is_one_master_s_for_as_long_as_its_process_holds_it(tmp_path):
    settings = sqlite(tmp_path)
    lock = make_lock(settings)
    require_free_database(settings)
    assert lock.take() == ""
    assert make_lock(settings).take().startswith(lock.who)
    with pytest.raises(
        FarmError, match=r"sqlite:///state.sqlite is another master's: .*/master \(process \d+\), since"
    ):
        require_free_database(settings)
    del lock

    require_free_database(settings)
    assert make_lock(settings).take() == ""


def test_masters_of_one_database_that_machines_share_have_one_name_and_others_their_own(tmp_path):
    shared = {"database_url": "postgresql://farm:secret@db.example/farm"}
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    here, there = (sqlite(tmp_path / name) for name in "ab")

    assert master_name(sqlite(tmp_path / "a", **shared)) == master_name(sqlite(tmp_path / "b", **shared))
    assert master_name(sqlite(tmp_path / "a", **shared)) == "python-builds:db.example:5432/farm"
    assert master_name(here) != master_name(there)
