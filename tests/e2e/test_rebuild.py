"""Breaking the glass: `make rebuild`, `make cancel` and the form behind them."""

import os
import pty
import re
import signal
import subprocess
from operator import itemgetter

import pytest

from python_builds.cli.building.progress import CANCELLED, SUCCESS, WARNINGS
from python_builds.core.errors import FarmError
from tests.e2e.farms import BY_MAKE, COMMAND_LINE, FarmUnderTest, mini_tarball, platform_builder, wait

QUICK = {"PROFILE": "quick"}


by_number = itemgetter("buildrequestid")


def requests_of(farm: FarmUnderTest, builder: str) -> list[dict[str, object]]:
    client = farm.client()
    return client.get(f"builders/{client.builder_id(builder)}/buildrequests")["buildrequests"]


def at_a_terminal(farm: FarmUnderTest, answer: str, **environment: str) -> int:
    """Run `make rebuild` for somebody who types an answer; return its exit status."""
    ours, theirs = pty.openpty()
    os.write(ours, answer.encode())
    done = subprocess.run(
        COMMAND_LINE,
        env={**farm.environment, BY_MAKE: "rebuild", **environment},
        stdin=theirs,
        stdout=subprocess.DEVNULL,
        timeout=120,
    )
    os.close(ours)
    os.close(theirs)
    return done.returncode


@pytest.fixture
def farm_with_two(running_farm: FarmUnderTest) -> FarmUnderTest:
    mini_tarball(running_farm.tarballs, "3.12.4")
    for version in ("3.11.2", "3.12.4"):
        assert running_farm.build(version).returncode == 0
    return running_farm


def test_a_rebuild_lists_then_builds_new_revisions_and_overwrites_nothing(farm_with_two: FarmUnderTest) -> None:
    farm = farm_with_two
    published = [name for kind in ("pkgs/*", "records/*", "*.tar.gz*") for name in farm.files(f"quick/python/*/{kind}")]
    before = {name: (farm.settings.store / name).read_bytes() for name in published}
    listed = farm.run("rebuild", VERSIONS="all", DRY_RUN="1", **QUICK)

    assert listed.returncode == 0, listed.stdout
    assert re.search(f"^python-3.12.4 +{platform_builder()} +quick$", listed.stdout, re.MULTILINE)
    assert "2 builds, each a new revision\nnothing was asked for" in listed.stdout
    assert len(requests_of(farm, platform_builder())) == 2

    done = farm.run("rebuild", VERSIONS="all", **QUICK)

    assert done.returncode == 0, done.stdout
    assert "2 done, 0 failed, 0 waiting" in done.stdout
    assert farm.files("quick/python/*/pkgs/python-3.11.2_2_*.deb")
    assert farm.files("quick/python/*/pkgs/python-3.12.4_2_*.deb")
    assert {name: (farm.settings.store / name).read_bytes() for name in before} == before


def test_a_large_rebuild_wants_a_yes_and_gets_none_without_a_terminal(farm_with_two: FarmUnderTest) -> None:
    farm = farm_with_two
    few = {"PYTHON_BUILDS_CONFIRM_ABOVE": "1"}
    refused = farm.run("rebuild", VERSIONS="all", **QUICK, **few)

    assert refused.returncode == 1
    assert "no terminal to ask at: say YES=1" in refused.stdout
    assert len(requests_of(farm, platform_builder())) == 2
    assert at_a_terminal(farm, "n\n", VERSIONS="all", **QUICK, **few) == 1
    assert len(requests_of(farm, platform_builder())) == 2
    assert at_a_terminal(farm, "y\n", VERSIONS="all", **QUICK, **few) == 0
    assert len(requests_of(farm, platform_builder())) == 4
    assert farm.run("rebuild", VERSIONS="all", YES="1", **QUICK, **few).returncode == 0
    assert len(requests_of(farm, platform_builder())) == 6


def test_a_batch_is_cancelled_as_a_whole_and_nothing_else_is(farm_with_two: FarmUnderTest) -> None:
    farm = farm_with_two
    mini_tarball(farm.tarballs, "3.13.5", COMPILE_SECONDS=60)
    client = farm.client()
    other = client.force("release", python_version="3.13.5", profile="quick")
    farm.wait_for_step("compile", 3)
    rebuilding = farm.spawn("rebuild", VERSIONS="all", **QUICK)
    wait(lambda: len(requests_of(farm, platform_builder())) == 5, "the batch")
    rebuilding.send_signal(signal.SIGINT)
    said = rebuilding.communicate(timeout=60)[0]
    assert rebuilding.returncode == 130
    assert "goes on; `make cancel BATCH=" in said
    *_, person, first, second = [r["priority"] for r in sorted(requests_of(farm, platform_builder()), key=by_number)]
    assert person > first == second, "whoever asks for a release does not wait for what was published once"
    assert [r["results"] for r in requests_of(farm, platform_builder())].count(-1) == 3
    cancelled = farm.run("cancel")

    assert "2 requests cancelled" in cancelled.stdout, cancelled.stdout
    results = [r["results"] for r in requests_of(farm, platform_builder())]
    assert results.count(CANCELLED) == 2
    assert results.count(WARNINGS) == 2
    assert results.count(-1) == 1, "the other build goes on"
    assert farm.wait_for_results(other) == SUCCESS, "it asked for its builds long ago"
    assert "was over already" in farm.run("cancel").stdout


def test_what_cannot_be_rebuilt_is_refused_with_what_is_allowed(running_farm: FarmUnderTest) -> None:
    for variables, sentence in (
        ({}, 'name versions, as in VERSIONS="3.10.1 3.11.9"'),
        ({"VERSIONS": "3.11.2; true"}, "is not a CPython version"),
        ({"VERSIONS": "3.11.2", "PLATFORMS": "debian-99"}, "is not a platform of this farm"),
        ({"VERSIONS": "3.11.2", "ARCHITECTURES": "vax"}, "it must be one of 'amd64', 'arm64'"),
        ({"VERSIONS": "all"}, "nothing on this farm is what was asked for"),
    ):
        refused = running_farm.run("rebuild", **variables)

        assert refused.returncode == 1
        assert sentence in refused.stdout
    assert requests_of(running_farm, "release") == []


def test_the_form_refuses_on_the_server_too(running_farm: FarmUnderTest) -> None:
    client = running_farm.client()
    with pytest.raises(FarmError, match="is not a CPython version"):
        client.force("rebuild", form="rebuild", versions="3.11; true")
    with pytest.raises(FarmError, match="is none of: amd64, arm64"):
        client.force("rebuild", form="rebuild", versions="all", architectures=["vax"])
    with pytest.raises(FarmError, match=r"is no builder of this form; it has \d+ \(release\)"):
        client.force("rebuild", python_version="newest")  # the other form, which knows nothing of versions

    assert requests_of(running_farm, "release") == []
