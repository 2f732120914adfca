"""A farm on three Docker engines in networks of their own, that grows and shrinks while it builds."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from python_builds.cli.building.progress import SUCCESS, WARNINGS
from tests.docker.engines import force, states
from tests.docker.three_engines import MASTER, NAMES, REGISTRY, ThreeEngines, three_engines
from tests.e2e.farms import FarmUnderTest, make_farm, mini_tarball, wait

GOOD = (SUCCESS, WARNINGS)
VERSIONS = ("3.11.2", "3.11.3", "3.11.4", "3.11.5", "3.11.6")
LIMITS: dict[str, dict[str, object]] = {
    "one": {"memory": "1g", "cores": 2},
    "two": {"memory": "768m", "cores": 1.5},
    "three": {"memory": "512m", "cores": 1},
}
LARGER: dict[str, object] = {"workers": 2, "memory": "640m", "cores": 1.25}
GIVEN = (640, 1.25 * 10**9)
"""What hosts are given that stay and had one worker, and what their containers have of it."""


@pytest.fixture(scope="module")
def three() -> Iterator[ThreeEngines]:
    with three_engines() as made:
        yield made


@pytest.fixture
def farm(three: ThreeEngines) -> Iterator[FarmUnderTest]:
    """Give a farm whose hosts are in its file of settings, which can be changed while it runs."""
    with make_farm(worker_host=MASTER, registry=REGISTRY) as made:
        del made.environment["PYTHON_BUILDS_DOCKER_HOSTS"]
        made.environment["PYTHON_BUILDS_ENV_FILE"] = str(made.folder / "farm.env")
        for version in VERSIONS:  # time enough for a reconfig while they are built
            mini_tarball(made.tarballs, version, COMPILE_SECONDS=20)
        three.fill_registry(made)
        try:
            yield made
        finally:
            made.run("stop")


def set_hosts(farm: FarmUnderTest, three: ThreeEngines, *names: str, **changed: object) -> None:
    """Write them into the file, as an operator does."""
    hosts = [three.host(name, **{**LIMITS[name], **changed}) for name in names]
    (farm.folder / "farm.env").write_text(f"PYTHON_BUILDS_DOCKER_HOSTS='{json.dumps(hosts)}'\n")


def reconfigure(farm: FarmUnderTest) -> None:
    """Have the running master read its settings."""
    command = [Path(sys.executable).parent / "buildbot", "reconfig", farm.settings.state_dir / "master"]
    done = subprocess.run(command, env=farm.environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout


def builds_on(three: ThreeEngines, name: str) -> list[tuple[int, int]]:
    """Say which limits the containers have that run on an engine."""
    containers = three.engines[name].client().containers.list(ignore_removed=True)
    return [(c.attrs["HostConfig"]["Memory"] >> 20, c.attrs["HostConfig"]["NanoCpus"]) for c in containers]


def workers_of(farm: FarmUnderTest, request: int) -> list[str]:
    """Name the workers that a request's builds were on, in their order."""
    client = farm.client()
    names = {worker["workerid"]: str(worker["name"]) for worker in client.get("workers")["workers"]}
    return [names[build["workerid"]] for build in client.builds(request)]


@pytest.mark.timeout(600)
def test_three_engines_build_at_once_and_nothing_is_lost_by_one_that_dies_or_one_that_is_taken_away(
    farm: FarmUnderTest, three: ThreeEngines
) -> None:
    set_hosts(farm, three, "one", "two")
    farm.run("run")
    requests = {version: force(farm, version) for version in VERSIONS[:3]}
    wait(lambda: bool(builds_on(three, "one") and builds_on(three, "two")), "builds on two engines")
    set_hosts(farm, three, *NAMES)
    reconfigure(farm)

    def at_once() -> dict[str, list[tuple[int, int]]]:
        return {name: builds_on(three, name) for name in NAMES}

    wait(lambda: all(at_once().values()), "builds on three engines at once")
    assert at_once() == {"one": [(1024, 2 * 10**9)], "two": [(768, 1.5 * 10**9)], "three": [(512, 10**9)]}
    three.engines["two"].die()
    results = {version: farm.wait_for_results(request) for version, request in requests.items()}
    assert {*results.values()} <= {*GOOD}, [states(farm, request) for request in requests.values()]
    (on,) = [on for on in (workers_of(farm, request) for request in requests.values()) if "two-1" in on]
    assert on[0] == "two-1"
    assert on[-1] in ("one-1", "three-1")

    set_hosts(farm, three, "one", "three", **LARGER)
    reconfigure(farm)
    moved = force(farm, VERSIONS[3])
    wait(lambda: len(workers_of(farm, moved)) > 0, "a build")
    (first,) = workers_of(farm, moved)
    taken, left = ("one", "three") if first.startswith("one") else ("three", "one")
    wait(lambda: bool(builds_on(three, taken)), "its container")
    assert builds_on(three, taken) == [GIVEN], "a host that stays has what it was given from its next container on"
    set_hosts(farm, three, left, **LARGER)
    reconfigure(farm)
    beside = force(farm, VERSIONS[4])
    wait(lambda: builds_on(three, left) == [GIVEN] * 2, "two builds at once on a host that had one worker")

    assert farm.wait_for_results(moved) in GOOD and farm.wait_for_results(beside) in GOOD
    assert {*workers_of(farm, moved), *workers_of(farm, beside)} == {first, f"{left}-1", f"{left}-2"}
    assert states(farm, moved)[0] == f"worker {first} was taken from the settings: built again by another"
    assert len(farm.files("quick/python/debian-12/records/*.json")) == len(VERSIONS)
    assert builds_on(three, taken) == []
