"""What dies is tried again or reported; what was published stays right; nothing is left running."""

import contextlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from python_builds.cli.building.progress import CANCELLED, EXCEPTION, SUCCESS, WARNINGS
from python_builds.farm.workers.local_worker import worker_folder
from tests.e2e.farms import FarmUnderTest, make_farm, mini_tarball, platform_builder
from tests.preconditions import needs_mounts

SLOW = "3.11.6"


@pytest.fixture
def slow_farm(farm: FarmUnderTest) -> FarmUnderTest:
    """Give a farm with a release whose compile step takes long enough to be hit."""
    mini_tarball(farm.tarballs, SLOW, COMPILE_SECONDS=4)
    return farm


@contextlib.contextmanager
def small_disk(folder: Path, options: str) -> Iterator[None]:
    """Have a folder be a file system of its own for as long as this lasts."""
    needs_mounts()
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


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
    assert re.search(r"^    again  compile +\d+:\d\d  its worker was lost$", output, re.MULTILINE), output
    assert "lost its worker (1 of 3 times): the worker's process ended" in output
    assert "Traceback" not in output and "Failure" not in output, output
    assert len(slow_farm.files("quick/python/*/records/*")) == 1
    assert slow_farm.files("quick/python/*/pkgs/*_1_*.deb"), (
        "a build that was lost before it had anything burns no number"
    )
    assert slow_farm.processes() == []


def test_a_worker_that_never_starts_is_told_in_sentences(farm: FarmUnderTest) -> None:
    farm.settings.state_dir.mkdir()
    worker_folder(farm.settings.state_dir).write_text("in the way of the worker's folder")
    done = farm.build("3.11.2")

    assert done.returncode == 1
    assert done.stdout.count("ERROR  worker_preparation") == 3
    assert "lost its worker (1 of 3 times): [Errno 17] File exists" in done.stdout
    assert "lost its worker (3 of 3 times): [Errno 17] File exists" in done.stdout
    assert "given up; see the logs of its steps, then ask for it again" in done.stdout
    assert "`make run` starts this farm again" in done.stdout, "where the logs can be seen"
    assert "Traceback" not in done.stdout and "<" not in done.stdout and "{" not in done.stdout, done.stdout


def test_a_build_that_somebody_cancels_says_who_said_what(slow_farm: FarmUnderTest) -> None:
    slow_farm.run("run")
    build = slow_farm.spawn("build", VERSION=SLOW)
    slow_farm.wait_for_step("compile")
    client = slow_farm.client()
    (request,) = client.get("buildrequests", complete=False)["buildrequests"]
    client.control(f"buildrequests/{request['buildrequestid']}", "cancel", reason="a person said so")
    output, _ = build.communicate(timeout=120)

    assert build.returncode == 1
    assert re.search(r"^  stopped  compile +\d+:\d\d  stopped: a person said so$", output, re.MULTILINE), output
    assert f"{platform_builder()} did not succeed: cancelled (a person said so)\n" in output


def test_a_build_that_loses_its_worker_again_and_again_is_given_up(slow_farm: FarmUnderTest) -> None:
    slow_farm.run("run")
    request = force(slow_farm)
    for attempt in (1, 2, 3):
        slow_farm.wait_for_step("compile", builds=attempt)
        os.kill(slow_farm.worker_process(), signal.SIGKILL)

    assert slow_farm.wait_for_results(request) == EXCEPTION
    last = slow_farm.client().builds(request)[-1]
    assert last["state_string"].startswith("lost its worker (3 of 3 times): ")
    assert "given up" in last["state_string"]
    assert slow_farm.files("quick/python/*/records/*") == []


def test_a_master_that_is_killed_takes_its_requests_up_again(slow_farm: FarmUnderTest) -> None:
    slow_farm.run("run")
    request = force(slow_farm)
    slow_farm.wait_for_step("compile")
    os.kill(slow_farm.master_process(), signal.SIGKILL)
    published = slow_farm.files("quick/python/*/records/*") + slow_farm.files("quick/python/*/pkgs/*")

    assert published == []
    assert slow_farm.run("run").returncode == 0
    assert slow_farm.wait_for_results(request) in (SUCCESS, WARNINGS)
    assert len(slow_farm.files("quick/python/*/records/*")) == 1


def test_a_build_that_a_shutdown_stops_goes_on_after_the_next_start(slow_farm: FarmUnderTest) -> None:
    slow_farm.run("run")
    request = force(slow_farm)
    slow_farm.wait_for_step("compile")

    assert slow_farm.run("stop").returncode == 0
    assert slow_farm.processes() == []
    assert slow_farm.run("run").returncode == 0
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


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("seconds", [0.5, 1.5, 3])
def test_a_make_build_that_ends_while_its_farm_starts_leaves_nothing_running(
    farm: FarmUnderTest, ending: signal.Signals, seconds: float
) -> None:
    build = farm.spawn("build", VERSION="3.11.2")
    time.sleep(seconds)
    build.send_signal(ending)
    output, _ = build.communicate(timeout=120)

    assert build.returncode == 130 or (
        build.returncode < 0 and not (farm.settings.state_dir / "start.lock").exists()
    ), output
    assert farm.processes() == []


def test_a_make_build_that_nohup_started_outlives_its_terminal(slow_farm: FarmUnderTest) -> None:
    build = slow_farm.spawn("build", VERSION=SLOW, ignoring="HUP")
    slow_farm.wait_for_port()
    slow_farm.wait_for_step("compile")
    build.send_signal(signal.SIGHUP)
    output, _ = build.communicate(timeout=120)

    assert build.returncode == 0, output
    assert len(slow_farm.files("quick/python/*/records/*")) == 1


def test_what_a_person_cancelled_stays_cancelled_when_the_master_stops_too(slow_farm: FarmUnderTest) -> None:
    slow_farm.run("run")
    request = force(slow_farm)
    slow_farm.wait_for_step("compile")
    slow_farm.client().control(f"buildrequests/{request}", "cancel", reason="a person said so")
    slow_farm.run("stop")
    slow_farm.run("run")

    assert slow_farm.wait_for_results(request) == CANCELLED
    assert slow_farm.files("quick/python/*/records/*") == []


def test_indexes_that_a_crash_kept_from_being_written_are_written_at_the_next_request(farm: FarmUnderTest) -> None:
    farm.build("3.11.2")
    for name in ("versions.json", "index.json"):
        (farm.settings.store / "quick/python" / name).unlink()

    assert farm.build("3.11.2").returncode == 0
    assert (farm.settings.store / "quick/python/versions.json").read_bytes() == b'{"python_versions": ["3.11.2"]}'


def test_a_manifest_that_cannot_be_written_fails_the_command_with_its_reason(farm: FarmUnderTest) -> None:
    farm.build("3.11.2")
    (snapshot,) = farm.files("quick/python/*/records.json")
    (farm.settings.store / snapshot).unlink()
    (farm.settings.store / snapshot).mkdir()

    done = farm.build("3.11.2", FORCE="1")

    assert done.returncode == 1
    assert "the manifest build did not succeed" in done.stdout
    assert "Is a directory" in done.stdout


def test_without_a_network_each_source_says_so(tmp_path: Path) -> None:
    with make_farm(sources="mirror python.org", python_org_url="http://127.0.0.1:9") as farm:
        done = farm.build("3.11.2")

        assert done.returncode == 1
        assert "no source has CPython 3.11.2 (mirror, python.org were asked)" in done.stdout
        assert "Connection refused" in done.stdout


def test_a_proxy_for_the_world_outside_does_not_hide_the_farm(farm: FarmUnderTest) -> None:
    assert farm.build("3.11.2", http_proxy="http://127.0.0.1:9", no_proxy="", NO_PROXY="").returncode == 0


def test_a_full_disk_of_the_worker_is_a_red_step(farm: FarmUnderTest) -> None:
    with small_disk(farm.settings.state_dir / "worker", "size=800k,mode=755"):
        mini_tarball(farm.tarballs, "3.11.7", FILL=1)
        done = farm.build("3.11.7")

        assert done.returncode == 1
        assert "FAILED  compile" in done.stdout
        assert "No space left on device" in done.stdout
        assert farm.files("quick/python/*/records/*") == []


def test_an_interrupted_make_build_leaves_a_running_farm_alone_but_for_its_own_request(
    slow_farm: FarmUnderTest,
) -> None:
    slow_farm.run("run")
    build = slow_farm.spawn("build", VERSION=SLOW)
    slow_farm.wait_for_step("compile")
    build.send_signal(signal.SIGINT)
    output, _ = build.communicate(timeout=120)

    assert build.returncode == 130, output
    assert slow_farm.client().get("buildrequests", complete=False)["buildrequests"] == []
    assert slow_farm.run("status").stdout.startswith("running: ")


def test_two_make_builds_at_once_share_a_farm_and_one_build(slow_farm: FarmUnderTest) -> None:
    both = [slow_farm.spawn("build", VERSION=SLOW) for _ in range(2)]
    outputs = [build.communicate(timeout=180)[0] for build in both]

    assert [build.returncode for build in both] == [0, 0], outputs
    assert len(slow_farm.files("quick/python/*/records/*")) == 1
    assert slow_farm.processes() == []


def test_two_requests_for_the_same_thing_make_one_build(slow_farm: FarmUnderTest) -> None:
    slow_farm.run("run")

    assert force(slow_farm) == force(slow_farm)


def test_two_versions_forced_at_once_are_both_built(slow_farm: FarmUnderTest) -> None:
    slow_farm.run("run")
    requests = [force(slow_farm), force(slow_farm, "3.11.2")]

    assert [slow_farm.wait_for_results(r) in (SUCCESS, WARNINGS) for r in requests] == [True, True]
    assert len(slow_farm.files("quick/python/*/records/*")) == 2


def test_a_full_disk_is_named_and_what_was_published_before_stays(tmp_path: Path) -> None:
    store = tmp_path / "store"
    with small_disk(store, "size=1m"), make_farm(store=store) as farm:
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
