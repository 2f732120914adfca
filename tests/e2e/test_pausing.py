"""What an operator does to a farm that runs: pausing and resuming its parts, its queue, cancelling by release."""

from python_builds.cli.building.progress import CANCELLED, SUCCESS, WARNINGS
from tests.e2e.farms import FarmUnderTest, mini_tarball, platform_builder, wait
from tests.e2e.test_overview import get
from tests.e2e.test_planner import list_releases, planning_farm, published, release, requests_of, settle

GOOD = (SUCCESS, WARNINGS)


def force(farm: FarmUnderTest, version: str) -> int:
    """Ask for a build of this machine's platform; return its request."""
    client = farm.client()
    name = platform_builder().rpartition("-")[0]
    asked = client.force("release", python_version=version, profile="quick", platforms=[name])
    assert farm.wait_for_results(asked) == SUCCESS
    return int(client.properties(client.builds(asked)[0]["buildid"])["requested"][platform_builder()])


def is_waiting(farm: FarmUnderTest, request: int) -> bool:
    found = farm.client().get(f"buildrequests/{request}")["buildrequests"][0]
    return not found["claimed"] and not found["complete"]


def test_a_planner_that_is_paused_asks_for_nothing_after_a_restart_too_until_it_is_resumed() -> None:
    with planning_farm() as farm:
        mini_tarball(farm.tarballs, "3.11.2")
        farm.run("run")
        assert "the planner is paused" in farm.run("pause", WHAT="planner").stdout
        list_releases(farm, release("3.11.2"))
        settle(farm)
        farm.run("stop")
        farm.run("run")
        settle(farm)

        assert requests_of(farm, "release") == []
        assert "paused      the planner" in farm.run("status").stdout

        farm.run("resume", WHAT="planner")
        wait(lambda: published(farm) == ["3.11.2"], "the release")
        assert "paused" not in farm.run("status").stdout


def test_what_is_paused_builds_nothing_new_until_it_is_resumed_and_the_queue_says_why(farm: FarmUnderTest) -> None:
    farm.run("run")
    name = platform_builder()
    assert farm.run("pause", WHAT=name, REASON="new disk").returncode == 0
    request = force(farm, "3.11.2")
    assert is_waiting(farm, request)
    farm.run("stop")
    farm.run("run")

    shown = farm.run("queue").stdout
    assert is_waiting(farm, request), "a restart resumes nothing"
    assert f"1 waiting: 1 {name}" in shown
    assert "3.11.2 quick" in shown
    assert f"{name} is paused: new disk" in shown
    assert f"paused      builder {name}, since " in farm.run("status").stdout

    farm.run("pause", WHAT="local", REASON="new memory")
    farm.run("resume", WHAT=name)
    wait(lambda: "local is paused" in farm.run("queue").stdout, "the queue to name the worker")
    assert is_waiting(farm, request)
    assert "paused      worker local: new memory" in farm.run("status").stdout
    assert "Paused: worker local: new memory." in get(farm).text
    farm.run("stop")
    farm.run("run")
    assert is_waiting(farm, request)
    assert "paused      worker local: new memory" in farm.run("status").stdout

    farm.run("resume", WHAT="local")
    assert farm.wait_for_results(request) in GOOD
    assert farm.run("queue").stdout == "nothing waits\n"


def test_what_is_neither_planner_nor_host_nor_builder_nor_worker_cannot_be_paused(running_farm: FarmUnderTest) -> None:
    done = running_farm.run("pause", WHAT="debian-12")

    assert done.returncode == 1
    assert "'debian-12' cannot be paused or resumed; these can: planner; Docker hosts: none; builders: " in done.stdout
    assert platform_builder() in done.stdout


def test_a_release_is_cancelled_as_a_whole_and_no_other_with_it(farm: FarmUnderTest) -> None:
    mini_tarball(farm.tarballs, "3.12.4")
    farm.run("run")
    name = platform_builder()
    farm.run("pause", WHAT=name)
    first, second = force(farm, "3.11.2"), force(farm, "3.12.4")

    assert farm.run("cancel", VERSION="3.11.2", BATCH="1").returncode == 1
    assert farm.run("cancel", VERSION="3.11.2").stdout == "CPython 3.11.2: 1 requests cancelled\n"
    assert farm.wait_for_results(first) == CANCELLED
    assert is_waiting(farm, second)
    assert farm.run("cancel", VERSION="3.11.2").stdout == "CPython 3.11.2: nothing is unfinished\n"

    refused = farm.run("cancel", BATCH=str(second))
    assert f"batch is '{second}': it must be the number that `make rebuild` has printed" in refused.stdout
    assert refused.stdout.rstrip().endswith(f"that is a request of {name}") and is_waiting(farm, second)
    assert "nothing has that number" in farm.run("cancel", BATCH="9" * 18).stdout
    for nonsense in ("x", "9" * 5000):
        assert f"batch is '{nonsense}': it must be the number" in farm.run("cancel", BATCH=nonsense).stdout

    farm.run("pause", WHAT="release")
    asked = farm.client().force("release", python_version="3.12", profile="quick", platforms=[name.rpartition("-")[0]])
    assert farm.run("cancel", VERSION="3.12.5").stdout == "CPython 3.12.5: nothing is unfinished\n"
    assert farm.run("cancel", VERSION="3.12").stdout == "CPython 3.12: 1 requests cancelled\n"
    assert farm.wait_for_results(asked) == CANCELLED

    platform = name.rpartition("-")[0]
    assert farm.run("cancel", PLATFORM=platform).stdout == f"{platform}: 1 requests cancelled\n"
    assert farm.wait_for_results(second) == CANCELLED
