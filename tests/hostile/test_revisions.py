"""What a person stops takes a revision only where there was something to publish."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from python_builds.cli.building.progress import CANCELLED, WARNINGS
from python_builds.core.building.stages import CHECK_STEP
from python_builds.core.platforms.platforms import platform_named
from python_builds.core.publishing.record_keys import RESERVATIONS
from python_builds.farm.workers.workers import base_root
from tests.e2e.farms import FarmUnderTest, make_farm, mini_tarball, platform_builder
from tests.e2e.test_faults import force
from tests.hostile.base_systems import lay_base_system
from tests.preconditions import needs
from tests.script_runs import write

VERSION = "3.11.6"


@pytest.fixture
def farm() -> Iterator[FarmUnderTest]:
    needs(os.geteuid() == 0, "a package is tried by root")
    with make_farm(package_check="true") as made:
        mini_tarball(made.tarballs, VERSION, COMPILE_SECONDS=3)
        yield made


def stopped(farm: FarmUnderTest, step: str, number: int) -> list[str]:
    """Ask for the release, stop its build in a step, and list the revisions that are taken."""
    request = force(farm, VERSION)
    farm.wait_for_step(step, builds=number)
    client = farm.client()
    client.control(f"builds/{client.builds(request)[-1]['buildid']}", "stop", reason="a person said so")
    assert farm.wait_for_results(request) == CANCELLED
    return [Path(path).name.removeprefix(f"{VERSION}-") for path in farm.files(f"**/{RESERVATIONS}/*.json")]


def test_what_is_stopped_takes_a_revision_only_where_there_is_something_to_publish(farm: FarmUnderTest) -> None:
    base = base_root(platform_named(platform_builder().rpartition("-")[0]), farm.settings)
    lay_base_system(base, apt_get="sleep 1000")
    farm.run("run")
    in_compile, in_trial = (stopped(farm, step, number) for number, step in enumerate(("compile", CHECK_STEP), 1))
    published = farm.files("quick/python/*/pkgs/*") + farm.files("quick/python/*/records/*")
    write(base / "bin/apt-get", "#!/bin/sh\nexit 1\n", executable=True)  # it cannot be tried, and is published
    results = farm.wait_for_results(force(farm, VERSION))

    assert (in_compile, in_trial, published) == ([], ["amd64-r1.json"], [])
    assert results == WARNINGS
    assert len(farm.files(f"quick/python/*/pkgs/python-{VERSION}_2_*.deb")) == 1, farm.files("quick/python/*/pkgs/*")
