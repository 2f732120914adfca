"""python.org's releases become changes, once each, whenever the master dies; against a python.org of this machine."""

import os
import signal
from collections.abc import Iterator

import pytest

from python_builds.adapters.upstream import release_list
from tests.e2e.farms import FarmUnderTest, make_farm, wait
from tests.e2e.upstream import RELEASES, Upstream


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as running:
        yield running


def settings(upstream: Upstream) -> dict[str, object]:
    return {
        "sources": "python.org",
        "python_org_url": upstream.url,
        "peps_url": upstream.url,
        "automatic_builds": "false",
    }


def changes(farm: FarmUnderTest) -> list[str]:
    return sorted(change["revision"] for change in farm.client().get("changes")["changes"])


def kill_and_start_again(farm: FarmUnderTest) -> None:
    os.kill(farm.master_process(), signal.SIGKILL)
    assert farm.run("run").returncode == 0


def test_each_new_release_becomes_one_change_whenever_the_master_dies(upstream: Upstream) -> None:
    for version in ("3.11.1", "3.11.2", "3.13.5", "3.14.0rc1"):
        upstream.publish(version)
    with make_farm(**settings(upstream)) as farm:
        farm.run("run")
        wait(lambda: len(changes(farm)) >= 2, "the first look")
        assert changes(farm) == ["3.11.2", "3.13.5"]
        (change,) = (c for c in farm.client().get("changes")["changes"] if c["revision"] == "3.13.5")
        assert change["properties"]["python_version"] == ["3.13.5", "Change"]
        assert change["properties"]["prerelease"] == [False, "Change"]

        upstream.publish("3.13.6")
        upstream.publish("3.13.7", signed=False)
        (farm.settings.state_dir / "python-org.json").unlink()  # as if half an hour had gone by
        asked = []

        def stalls(handler: object) -> None:
            asked.append(handler)
            upstream.closing.wait(60)

        # Between poll and change: what the API says is kept, and nothing is shown yet.
        upstream.faults["/ftp/python/3.13.6/"] = stalls
        kill_and_start_again(farm)
        wait(lambda: bool(asked), "the look into the directory")
        polls = upstream.asked.count(RELEASES)
        upstream.faults.clear()
        kill_and_start_again(farm)
        wait(lambda: len(changes(farm)) >= 3, "the change")
        assert changes(farm) == ["3.11.2", "3.13.5", "3.13.6"]
        kill_and_start_again(farm)
        listed = release_list.read(release_list.release_list_path(farm.settings.state_dir))
        assert listed is not None
        assert {r.version: r.complete for r in listed.releases} == {
            "3.13.7": False,
            "3.13.6": True,
            "3.13.5": True,
            "3.11.2": True,
            "3.11.1": True,
        }
        assert upstream.asked.count(RELEASES) == polls, "restarts use up what python.org grants a day"
        assert changes(farm) == ["3.11.2", "3.13.5", "3.13.6"]


def test_a_farm_starts_while_python_org_is_away_and_says_so() -> None:
    away = "http://127.0.0.1:9"
    with make_farm(sources="python.org", python_org_url=away, peps_url=away, automatic_builds="false") as farm:
        assert farm.run("run").returncode == 0
        log = farm.settings.state_dir / "master" / "twistd.log"
        wait(lambda: "python.org was not polled" in log.read_text(), "the log")
        assert changes(farm) == []
        listed = release_list.read(release_list.release_list_path(farm.settings.state_dir))
        assert listed is not None and listed.failures == 1 and "Connection refused" in listed.last_problem
