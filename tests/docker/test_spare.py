"""Two masters, one database and one Docker engine: the first is killed in a build, and its spare goes on."""

import contextlib
import os
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import docker
import pytest

from python_builds.adapters.planning.report_file import plan_path, read_report
from python_builds.cli.building.progress import RETRY, SUCCESS, WARNINGS
from tests.docker.engines import CACHE, SLOW, containers, force, states, stopped_clean
from tests.e2e.farms import FarmUnderTest, mini_tarball, wait
from tests.e2e.test_two_masters import two_masters
from tests.postgres import make_postgres

A_MINUTE = timedelta(minutes=1)
"""In which a spare has the planner, as docs/operate.md and decision 0079 say."""


@pytest.fixture
def masters(engine: docker.DockerClient, bridge: str) -> Iterator[tuple[FarmUnderTest, FarmUnderTest]]:
    """Give a master and its spare, whose workers are containers of one engine."""
    host = {"name": "here", "url": "unix:///var/run/docker.sock", "master": bridge, "memory": "1g", "ccache": CACHE}
    workers = {"docker_hosts": [host], "worker_host": bridge}
    with make_postgres() as server, two_masters(server.url, workers, standby="true", **workers) as (first, spare):
        mini_tarball(first.tarballs, SLOW, COMPILE_SECONDS=5)
        with stopped_clean(engine, spare):
            yield first, spare


def test_a_spare_removes_the_container_of_a_killed_master_and_builds_in_another_what_ran_there(
    masters: tuple[FarmUnderTest, FarmUnderTest], engine: docker.DockerClient
) -> None:
    first, spare = masters
    assert first.run("run").returncode == 0
    assert "it waits as the spare of " in spare.run("run").stdout
    request = force(first)
    first.wait_for_step("compile")
    (left,) = containers(engine, first)
    killed_at = datetime.now(UTC)
    for process in first.processes():
        with contextlib.suppress(ProcessLookupError):  # one may end with another
            os.kill(process, signal.SIGKILL)
    wait(plan_path(spare.settings.state_dir).exists, "the spare's first plan")
    plan = read_report(spare.settings.state_dir)
    spare.wait_for_port()
    result = spare.wait_for_results(request)
    results = [build["results"] for build in spare.client().builds(request)]

    assert result in (SUCCESS, WARNINGS), states(spare, request)
    assert results == [RETRY, result], "the dead master's build, and the spare's"
    assert plan and plan.made_at - killed_at < A_MINUTE
    with pytest.raises(docker.errors.NotFound):
        left.reload()
    assert len(spare.files("quick/python/debian-12/records/*.json")) == 1
