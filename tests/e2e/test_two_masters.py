"""Two masters and one database: the second is refused and says why, or waits as a spare and takes over."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import requests

from python_builds.adapters.planning.report_file import plan_path
from python_builds.cli.building.progress import SUCCESS, WARNINGS
from tests.cut_network import cut, other_machine
from tests.e2e.farms import FarmUnderTest, make_farm, mini_tarball, platform_builder, wait
from tests.e2e.test_planner import NOWHERE, list_releases, release
from tests.postgres import Postgres, make_postgres


@pytest.fixture(scope="module")
def server() -> Iterator[Postgres]:
    with make_postgres() as made:
        yield made


@contextlib.contextmanager
def two_masters(
    database_url: str, of_first: Mapping[str, object] | None = None, **settings: object
) -> Iterator[tuple[FarmUnderTest, FarmUnderTest]]:
    """Make two masters of one farm, each with a state folder of its own, as on two machines."""
    common = {"sources": None, "python_org_url": NOWHERE, "plan_seconds": 1, "database_url": database_url}
    with (
        make_farm(**common, **of_first or {}) as first,
        make_farm(**common, store=first.settings.store, **settings) as second,
    ):
        for farm in (first, second):
            farm.environment["PYTHON_BUILDS_SOURCES"] = f"mirror {first.tarballs} python.org"
        yield first, second


def log_of(farm: FarmUnderTest) -> str:
    return (farm.settings.state_dir / "master" / "twistd.log").read_text()


def test_a_second_master_on_one_postgresql_is_refused_and_told_by_whom(server: Postgres) -> None:
    with two_masters(server.new_url()) as (first, second):
        assert first.run("run").returncode == 0
        refused = second.run("run")
        again = first.run("run")

    assert refused.returncode == 1
    assert "the database postgresql://farm:***@127.0.0.1:" in refused.stdout
    assert f":{first.settings.state_dir / 'master'} (process " in refused.stdout, "who has it"
    assert "PYTHON_BUILDS_STANDBY=true" in refused.stdout, "what helps"
    assert "Traceback" not in refused.stdout
    assert again.stdout.startswith("running: ")


def test_a_second_master_on_one_sqlite_is_refused_however_it_is_started(tmp_path: Path) -> None:
    with two_masters(f"sqlite:///{tmp_path / 'farm.sqlite'}") as (first, second):
        assert first.run("run").returncode == 0
        refused = second.run("run")
        direct = subprocess.run(
            [Path(sys.executable).parent / "twistd", "--nodaemon", "--pidfile=", "--python=buildbot.tac"],
            cwd=first.settings.state_dir / "master",
            env=first.environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        serves = first.client().get("masters")["masters"]
        first.run("stop")
        free = second.run("run")

    assert refused.returncode == 1
    assert f"{tmp_path / 'farm.sqlite'} is another master's: " in refused.stdout
    assert "STANDBY" not in refused.stdout, "SQLite has no spare"
    assert direct.returncode == 1
    assert f"is another master's: {os.uname().nodename}:{first.settings.state_dir / 'master'} (process" in direct.stderr
    assert len(serves) == 1
    assert free.returncode == 0, free.stdout


def test_a_spare_plans_and_ends_what_ran_once_the_master_is_killed(server: Postgres) -> None:
    with two_masters(server.new_url(), standby="true") as (first, spare):
        mini_tarball(first.tarballs, "3.11.6", COMPILE_SECONDS=5)
        mini_tarball(first.tarballs, "3.11.7")
        first.run("run")
        request = first.client().force("release", python_version="3.11.6", profile="quick")
        first.wait_for_results(request)
        (build,) = first.client().children(request)
        first.wait_for_step("compile")
        list_releases(spare, release("3.11.7"))
        waiting, status = spare.run("run"), spare.run("status")
        assert not plan_path(spare.settings.state_dir).exists()
        for process in first.processes():
            with contextlib.suppress(ProcessLookupError):  # one may end with another
                os.kill(process, signal.SIGKILL)
        wait(plan_path(spare.settings.state_dir).exists, "the spare's first plan")
        spare.wait_for_port()
        result = spare.wait_for_results(build)
        wait(lambda: bool(spare.files("python/**/*3.11.7*.deb")), "what the spare has planned")
        masters = spare.client().get("masters")["masters"]
        builds = spare.client().builds(build)
        running = spare.run("status")
        refused = first.run("run")

    assert f"it waits as the spare of {os.uname().nodename}:{first.settings.state_dir}" in waiting.stdout
    assert waiting.returncode == 0
    assert "waits as the spare of " in status.stdout
    assert result in (SUCCESS, WARNINGS)
    assert [b["complete"] for b in builds] == [True, True], "the dead master's build, and the spare's"
    assert [(m["name"].startswith("python-builds:127.0.0.1:"), m["active"]) for m in masters] == [(True, True)]
    assert running.stdout.startswith("running: ")
    assert refused.returncode == 1 and str(spare.settings.state_dir) in refused.stdout


def test_a_master_that_loses_its_lock_to_a_spare_ends_at_once_and_says_why(server: Postgres) -> None:
    url = server.new_url()
    database = url.rpartition("/")[2]
    with two_masters(url, standby="true") as (first, spare):
        first.run("run")
        spare.run("run")
        master = first.master_process()
        # What a server does that has not heard of a master's machine for a while.
        server.ask(
            "SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database ON oid = database "
            f"WHERE locktype = 'advisory' AND granted AND datname = '{database}'"
        )
        wait(lambda: not Path(f"/proc/{master}").exists(), "the end of the first")
        spare.wait_for_port()
        said, took = log_of(first), log_of(spare)

    assert "the database is another master's by now: " in said
    assert "This one ends at once" in said
    assert "the database is free: this spare takes over" in took


def test_a_spare_takes_over_from_a_master_that_is_cut_off_from_the_database_and_nothing_is_published_twice() -> None:
    with (
        other_machine() as there,
        make_postgres(host=there.link.here) as server,
        two_masters(server.url, of_first={"web_host": there.side.there}, standby="true") as (first, spare),
    ):
        first.inside = there.inside
        mini_tarball(first.tarballs, "3.11.6", COMPILE_SECONDS=5)
        assert first.run("run").returncode == 0
        spare.run("run")
        request = first.client().force("release", python_version="3.11.6", profile="quick")
        first.wait_for_results(request)
        (build,) = first.client().children(request)
        first.wait_for_step("compile")
        locks = (
            "SELECT client_port FROM pg_stat_activity JOIN pg_locks USING (pid) WHERE locktype = 'advisory' AND granted"
        )
        cut(there.link, int(server.ask(locks)))
        wait(plan_path(spare.settings.state_dir).exists, "the spare's first plan")
        spare.wait_for_port()
        result = spare.wait_for_results(build)
        builds = spare.client().builds(build)
        page = requests.get(first.settings.public_url, timeout=30).text
        master = first.master_process()
        there.link.mend()
        wait(lambda: not Path(f"/proc/{master}").exists(), "the end of the first")
        said = log_of(first)
        records = [name.rpartition("/")[2] for name in spare.files("**/records/*.json")]

    assert result in (SUCCESS, WARNINGS)
    assert [b["complete"] for b in builds] == [True, True], "the build of the master that was cut off, and the spare's"
    assert page.startswith("The farm's database has not answered for ")
    assert "the database does not answer; builds and pages wait for it" in said
    assert f"the database is another master's by now: {os.uname().nodename}:{spare.settings.state_dir}" in said
    assert records == [f"3.11.6-{platform_builder().rpartition('-')[2]}-r1.json"]


def test_a_master_goes_on_when_its_database_was_away_and_has_its_lock_again() -> None:
    with make_postgres() as server, two_masters(server.url) as (first, second):
        first.run("run")
        master = first.master_process()
        server.stop("fast")
        server.start()
        locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"
        wait(lambda: server.ask(locks) == "1", "the lock")
        refused = second.run("run")
        still = first.master_process()
        wait(lambda: first.client().get("masters")["masters"][0]["active"], "the pages")

    assert refused.returncode == 1 and str(first.settings.state_dir) in refused.stdout
    assert still == master
