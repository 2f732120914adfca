"""`make queue`: its order is the order in which the farm builds, and it says how much it leaves out."""

from python_builds.cli.building.progress import SUCCESS
from python_builds.core.planning.plan import PERSON_PRIORITY, REBUILD_PRIORITY
from tests.e2e.farms import FarmUnderTest, mini_tarball, platform_builder, wait

BUILDER = platform_builder()


def ask(farm: FarmUnderTest, version: str, priority: int) -> int:
    """Ask for a release; return its request."""
    platforms = [BUILDER.rpartition("-")[0]]
    return farm.client().force(
        "release", python_version=version, profile="quick", platforms=platforms, priority=priority
    )


def ask_here(farm: FarmUnderTest, version: str, priority: int) -> int:
    """Ask for a release until it waits for this machine's platform; return that request."""
    client, asked = farm.client(), ask(farm, version, priority)
    assert farm.wait_for_results(asked) == SUCCESS
    return int(client.properties(client.builds(asked)[0]["buildid"])["requested"][BUILDER])


def begun(farm: FarmUnderTest) -> list[int]:
    """List what the platform's builds were asked for by, in the order in which they began."""
    client = farm.client()
    builds = client.get(f"builders/{client.builder_id(BUILDER)}/builds", order="number")["builds"]
    return [int(build["buildrequestid"]) for build in builds]


def rows(shown: str) -> list[list[str]]:
    """Give the place, priority, builder, version and request of each row."""
    words = [line.split() for line in shown.splitlines()[2:]]
    return [[*row[:4], row[-1]] for row in words if row[0].isdigit()]


def test_the_queue_is_shown_and_built_by_priority_then_by_age_and_says_what_each_waits_for(farm: FarmUnderTest) -> None:
    mini_tarball(farm.tarballs, "3.12.4")
    mini_tarball(farm.tarballs, "3.13.5")
    farm.run("run")
    farm.run("pause", WHAT=BUILDER, REASON="new disk")
    last = ask_here(farm, "3.11.2", REBUILD_PRIORITY)
    second = ask_here(farm, "3.12.4", PERSON_PRIORITY)
    third = ask_here(farm, "3.13.5", PERSON_PRIORITY)
    farm.run("pause", WHAT="release")
    first = ask(farm, "3.11.2", PERSON_PRIORITY + 1)
    everything, some, exactly = (farm.run("queue", **limit).stdout for limit in ({}, {"LIMIT": "2"}, {"LIMIT": "4"}))

    assert everything.startswith(f"4 waiting: 3 {BUILDER}, 1 release\n")
    assert rows(everything) == [
        ["1", str(PERSON_PRIORITY + 1), "release", "3.11.2", str(first)],
        ["2", str(PERSON_PRIORITY), BUILDER, "3.12.4", str(second)],
        ["3", str(PERSON_PRIORITY), BUILDER, "3.13.5", str(third)],
        ["4", str(REBUILD_PRIORITY), BUILDER, "3.11.2", str(last)],
    ]
    assert everything.count(f"{BUILDER} is paused: new disk") == 3 and everything.count("release is paused") == 1
    assert some.startswith(f"4 waiting: 3 {BUILDER}, 1 release\n"), "all are counted"
    assert rows(some) == rows(everything)[:2] and some.endswith("\nand 2 more; LIMIT=4 shows all\n")
    assert rows(exactly) == rows(everything) and "more" not in exactly + everything

    farm.run("resume", WHAT=BUILDER)
    wait(lambda: "a free worker: local build" in farm.run("queue").stdout, "the first to begin")
    wait(lambda: len(begun(farm)) > 1, "the second to begin")
    assert begun(farm) == [second, third]
    assert [row[-1] for row in rows(farm.run("queue").stdout)] == [str(first), str(last)]
