"""What dies is tried again or reported; what was published stays right; nothing is left running."""

import os
import signal
import subprocess
from pathlib import Path

import pytest
from farms import FarmUnderTest, make_farm, mini_tarball

from python_builds.commands.progress import EXCEPTION, SUCCESS, WARNINGS

SLOW = "3.11.6"


@pytest.fixture
def slow_farm(farm: FarmUnderTest) -> FarmUnderTest:
    """Give a farm with a release whose compile step takes long enough to be hit."""
    mini_tarball(farm.tarballs, SLOW, COMPILE_SECONDS=4)
    return farm


def force(farm: FarmUnderTest, version: str = SLOW) -> int:
    """Ask for a release; return the request of its one platform build."""
    client = farm.client()
    release = client.force("release", python_version=version, profile="quick")
    assert farm.wait_for_results(release) == SUCCESS
    properties = client.properties(client.builds(release)[0]["buildid"])
    (number,) = {**properties["requested"], **properties["pending"]}.values()
    return int(number)


def test_a_build_whose_worker_is_killed_is_retried_and_succeeds(slow_farm: FarmUnderTest) -> None:
    build = slow_farm.spawn("build", VERSION=SLOW)
    slow_farm.wait_for_port()
    slow_farm.wait_for_step("compile")
    os.kill(slow_farm.worker_process(), signal.SIGKILL)
    output, _ = build.communicate(timeout=120)

    assert build.returncode == 0, output
    assert "lost its worker (1 of 3 times)" in output
    assert len(slow_farm.files("quick/python/*/records/*")) == 1
    assert slow_farm.files("quick/python/*/pkgs/*_2_*.deb"), "the retry published under the revision of the lost build"
    assert slow_farm.processes() == []


def test_a_build_that_loses_its_worker_again_and_again_is_given_up(slow_farm: FarmUnderTest) -> None:
    slow_farm.run("farm", "run")
    request = force(slow_farm)
    for attempt in (1, 2, 3):
        slow_farm.wait_for_step("compile", builds=attempt)
        os.kill(slow_farm.worker_process(), signal.SIGKILL)

    assert slow_farm.wait_for_results(request) == EXCEPTION
    last = slow_farm.client().builds(request)[-1]
    assert last["state_string"].startswith("lost its worker (3 of 3 times) and is given up")
    assert slow_farm.files("quick/python/*/records/*") == []


def test_a_master_that_is_killed_takes_its_requests_up_again(slow_farm: FarmUnderTest) -> None:
    slow_farm.run("farm", "run")
    request = force(slow_farm)
    slow_farm.wait_for_step("compile")
    os.kill(slow_farm.master_process(), signal.SIGKILL)
    published = slow_farm.files("quick/python/*/records/*") + slow_farm.files("quick/python/*/pkgs/*")

    assert published == []
    assert slow_farm.run("farm", "run").returncode == 0
    assert slow_farm.wait_for_results(request) in (SUCCESS, WARNINGS)
    assert len(slow_farm.files("quick/python/*/records/*")) == 1


def test_a_build_that_a_shutdown_stops_goes_on_after_the_next_start(slow_farm: FarmUnderTest) -> None:
    slow_farm.run("farm", "run")
    request = force(slow_farm)
    slow_farm.wait_for_step("compile")

    assert slow_farm.run("farm", "stop").returncode == 0
    assert slow_farm.processes() == []
    assert slow_farm.run("farm", "run").returncode == 0
    assert slow_farm.wait_for_results(request) in (SUCCESS, WARNINGS)


def test_an_interrupted_make_build_stops_what_it_started(slow_farm: FarmUnderTest) -> None:
    build = slow_farm.spawn("build", VERSION=SLOW)
    slow_farm.wait_for_port()
    slow_farm.wait_for_step("compile")
    build.send_signal(signal.SIGINT)
    output, _ = build.communicate(timeout=120)

    assert build.returncode == 130, output
    assert slow_farm.processes() == []
    assert slow_farm.files("quick/python/*/records/*") == []


def test_an_interrupted_make_build_leaves_a_running_farm_alone_but_for_its_own_request(
    slow_farm: FarmUnderTest,
) -> None:
    slow_farm.run("farm", "run")
    build = slow_farm.spawn("build", VERSION=SLOW)
    slow_farm.wait_for_step("compile")
    build.send_signal(signal.SIGINT)
    output, _ = build.communicate(timeout=120)

    assert build.returncode == 130, output
    assert slow_farm.client().get("buildrequests", complete=False)["buildrequests"] == []
    assert slow_farm.run("farm", "status").stdout.startswith("running: ")


def test_two_make_builds_at_once_share_a_farm_and_one_build(slow_farm: FarmUnderTest) -> None:
    both = [slow_farm.spawn("build", VERSION=SLOW) for _ in range(2)]
    outputs = [build.communicate(timeout=180)[0] for build in both]

    assert [build.returncode for build in both] == [0, 0], outputs
    assert len(slow_farm.files("quick/python/*/records/*")) == 1
    assert slow_farm.processes() == []


def test_two_requests_for_the_same_thing_make_one_build(slow_farm: FarmUnderTest) -> None:
    slow_farm.run("farm", "run")

    assert force(slow_farm) == force(slow_farm)


def test_two_versions_forced_at_once_are_both_built(slow_farm: FarmUnderTest) -> None:
    slow_farm.run("farm", "run")
    requests = [force(slow_farm), force(slow_farm, "3.11.2")]

    assert [slow_farm.wait_for_results(r) in (SUCCESS, WARNINGS) for r in requests] == [True, True]
    assert len(slow_farm.files("quick/python/*/records/*")) == 2


def test_a_full_disk_is_named_and_what_was_published_before_stays(tmp_path: Path) -> None:
    store = tmp_path / "store"
    store.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", store], check=True)
    try:
        with make_farm(store=store) as farm:
            mini_tarball(farm.tarballs, "3.11.2")
            assert farm.build("3.11.2").returncode == 0
            before = {name: (store / name).read_bytes() for name in farm.files("**/*.json")}
            filler = store / "filler"
            with filler.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
                while True:
                    file.write(bytes(4096))
            full = farm.build("3.11.2", FORCE="1")

            assert full.returncode == 1
            assert "No space left on device" in full.stdout
            assert {name: (store / name).read_bytes() for name in before} == before
            filler.unlink()
            assert farm.build("3.11.2", FORCE="1").returncode == 0
    finally:
        subprocess.run(["umount", store], check=True)
