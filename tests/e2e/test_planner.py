"""What the farm builds by itself: what is missing, once, whatever dies; and what fails holds nothing else back."""

import contextlib
import datetime
import json
import os
import signal
import time
from collections.abc import Iterator, Mapping

import pytest

from python_builds.adapters.planning.report_file import read_report
from python_builds.cli.building.progress import FAILURE
from tests.docker_engine import engine_on_this_machine
from tests.e2e.farms import FarmUnderTest, make_farm, mini_tarball, platform_builder, wait

NOWHERE = "http://127.0.0.1:9"


def release(version: str, **more: object) -> dict[str, object]:
    now = datetime.datetime.now(datetime.UTC).isoformat()
    return {"version": version, "complete": True, "first_seen": now, **more}


def list_releases(farm: FarmUnderTest, *releases: dict[str, object]) -> None:
    """Leave what the poller leaves."""
    now = datetime.datetime.now(datetime.UTC).isoformat()
    farm.settings.state_dir.mkdir(exist_ok=True)
    path = farm.settings.state_dir / "releases.json"
    path.with_suffix(".new").write_text(
        json.dumps({"polled_at": now, "last_success": now, "last_problem": None, "releases": releases})
    )
    path.with_suffix(".new").replace(path)


@contextlib.contextmanager
def planning_farm(**settings: object) -> Iterator[FarmUnderTest]:
    with make_farm(sources=None, python_org_url=NOWHERE, plan_seconds=1, retry_minutes="0.02 0.02", **settings) as farm:
        farm.environment["PYTHON_BUILDS_SOURCES"] = f"mirror {farm.tarballs} python.org"
        yield farm


@pytest.fixture
def farm() -> Iterator[FarmUnderTest]:
    with planning_farm() as made:
        yield made


def requests_of(farm: FarmUnderTest, builder: str) -> list[dict[str, object]]:
    client = farm.client()
    return client.get(f"builders/{client.builder_id(builder)}/buildrequests")["buildrequests"]


def tags_asked_for(farm: FarmUnderTest, builder: str) -> list[tuple[str, str]]:
    client = farm.client()
    found = []
    for request in requests_of(farm, builder):
        (values,) = client.get(f"buildsets/{request['buildsetid']}/properties")["properties"]
        found.append((values["python_version"][0], values["variant"][0]))
    return sorted(found)


def published(farm: FarmUnderTest) -> list[str]:
    return [name.rpartition("/")[2].partition("-")[0] for name in farm.files("python/*/records/*")]


def settle(farm: FarmUnderTest) -> None:
    """Let the planner look a few times more."""
    time.sleep(4)
    client = farm.client()
    wait(lambda: not client.get("buildrequests", complete=False)["buildrequests"], "the farm to be idle")


def test_a_release_is_built_by_itself_once_and_nothing_more(farm: FarmUnderTest) -> None:
    mini_tarball(farm.tarballs, "3.11.2")
    list_releases(farm, release("3.11.2"), release("3.11.3", complete=False))
    farm.run("run")
    wait(lambda: published(farm) == ["3.11.2"], "the release")
    settle(farm)

    assert len(requests_of(farm, "release")) == 1
    assert len(requests_of(farm, platform_builder())) == 1
    assert "1 wanted, 1 published" in farm.run("plan").stdout
    assert "1 wanted, 1 published" in farm.run("status").stdout


def test_the_free_threaded_build_of_a_release_is_asked_for_beside_the_ordinary_one(farm: FarmUnderTest) -> None:
    for version in ("3.13.5", "3.14.1"):
        mini_tarball(farm.tarballs, version)
    list_releases(farm, release("3.14.1"), release("3.13.5"))
    farm.run("run")
    expected = [("3.13.5", ""), ("3.14.1", ""), ("3.14.1", "t")]
    wait(lambda: tags_asked_for(farm, platform_builder()) == expected, "the platform's requests")
    wait(lambda: all(r["complete"] for r in requests_of(farm, platform_builder())), "the builds", 150)
    settle(farm)

    assert tags_asked_for(farm, "release") == expected
    assert tags_asked_for(farm, platform_builder()) == expected
    assert farm.files("sources/*/source.json") == ["sources/3.13.5/source.json", "sources/3.14.1/source.json"]


def test_a_minor_gets_a_free_threaded_build_where_the_setting_names_it() -> None:
    with planning_farm(free_threaded="3.13") as farm:
        for version in ("3.13.5", "3.14.1"):
            mini_tarball(farm.tarballs, version)
        list_releases(farm, release("3.14.1"), release("3.13.5"))
        farm.run("run")
        expected = [("3.13.5", ""), ("3.13.5", "t"), ("3.14.1", "")]
        wait(lambda: tags_asked_for(farm, platform_builder()) == expected, "the platform's requests")


def test_a_master_that_is_killed_at_any_moment_asks_for_each_release_once(farm: FarmUnderTest) -> None:
    for version in ("3.11.2", "3.12.4", "3.13.5"):
        mini_tarball(farm.tarballs, version)
    list_releases(farm, *map(release, ("3.11.2", "3.12.4", "3.13.5")))
    for seconds in (0.3, 1.0, 2.0):
        farm.run("run")
        time.sleep(seconds)
        os.kill(farm.master_process(), signal.SIGKILL)
        wait(lambda: "not running" in farm.run("status").stdout, "the master to be gone")
    farm.run("run")
    wait(lambda: sorted(published(farm)) == ["3.11.2", "3.12.4", "3.13.5"], "the releases", 150)
    settle(farm)

    assert len(requests_of(farm, "release")) == 3
    assert len(requests_of(farm, platform_builder())) == 3


def test_what_fails_backs_off_is_shown_with_its_reason_and_holds_nothing_back(farm: FarmUnderTest) -> None:
    mini_tarball(farm.tarballs, "3.13.5", CONFIGURE_ERROR="nocompiler")
    mini_tarball(farm.tarballs, "3.11.2")
    list_releases(farm, release("3.13.5"), release("3.11.2"), release("3.12.4"))
    farm.run("run")
    client = farm.client()
    wait(lambda: published(farm) == ["3.11.2"], "the good release")
    wait(lambda: "2 failed" in farm.run("plan").stdout, "the planner to give up")
    settle(farm)
    shown = farm.run("plan").stdout
    failed = [r for r in requests_of(farm, platform_builder()) if r["results"] == FAILURE]

    assert len(failed) == 3
    assert f"{platform_builder()}: failed 3 times: configure failed: configure: error: nocompiler; left until" in shown
    assert "no source has CPython 3.12.4" in shown
    assert "CPython 3.13.5 on" in farm.run("status").stdout

    client.force("release", python_version="3.13.5", profile="optimized")
    wait(
        lambda: len([r for r in requests_of(farm, platform_builder()) if r["results"] == FAILURE]) == 6, "3 more tries"
    )
    settle(farm)
    assert len([r for r in requests_of(farm, platform_builder()) if r["results"] == FAILURE]) == 6


def test_a_farm_for_one_build_builds_nothing_by_itself(farm: FarmUnderTest) -> None:
    mini_tarball(farm.tarballs, "3.11.2")
    mini_tarball(farm.tarballs, "3.12.4", COMPILE_SECONDS=4)
    list_releases(farm, release("3.11.2"))

    assert farm.build("3.12.4").returncode == 0
    assert published(farm) == []
    assert "automatic builds are switched off" in farm.run("plan").stdout


def alerts(farm: FarmUnderTest) -> Mapping[str, str]:
    seen = read_report(farm.settings.state_dir)
    assert seen is not None
    return seen.alerts


def test_a_docker_host_is_planned_for_once_it_has_an_image_and_an_image_that_comes_needs_no_restart() -> None:
    with engine_on_this_machine("debian-12") as engine, planning_farm(docker_hosts=[engine.host()]) as farm:
        list_releases(farm, release("3.13.5"))
        farm.run("run")
        wait(lambda: "1 wanted" in farm.run("plan").stdout, "the plan")
        shown = farm.run("plan").stdout

        assert "3.13.5     debian-12-amd64" in shown
        assert shown.count("platforms without an image on here") == 1
        (words,) = [words for key, words in alerts(farm).items() if key == "platforms without an image on here"]
        assert " rhel-9, " in words
        assert " opensuse-155" not in words, "nothing would be planned for what is past its support"
        wait(lambda: not farm.client().get("buildrequests", complete=False)["buildrequests"], "the requests", 60)
        assert {b["builderid"] for b in farm.client().get("builds")["builds"]} <= {
            farm.client().builder_id(name) for name in ("release", "manifest")
        }

        engine.platforms.append("rhel-9")
        wait(lambda: "2 wanted" in farm.run("plan").stdout, "the image to be seen")
        assert "rhel-9-amd64" in farm.run("plan").stdout
