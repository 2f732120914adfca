"""A month of upstream events, replayed at high speed, for a farm that nobody touches: what it ends with, and says.

Between two days half an hour has gone by and the master was stopped or killed.
"""

import http.server
import json
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from python_builds.cli.building.progress import SUCCESS, WARNINGS
from tests.e2e.farms import FarmUnderTest, make_farm, mini_tarball, platform_builder, wait
from tests.e2e.upstream import RELEASES, Upstream, answers

QUIET_SECONDS = 3

NEW = "3.9"
"""The minor whose first release comes this month. A later one would want a release manager's signature, or libmpdec's
source (core/upstream/static_libraries.py), and this python.org has neither."""


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as running:
        running.cycle = {NEW: "feature", "3.11": "security", "3.10": "security", "3.8": "end-of-life"}
        yield running


@pytest.fixture
def farm(upstream: Upstream, hook: http.server.ThreadingHTTPServer) -> Iterator[FarmUnderTest]:
    told = f"http://127.0.0.1:{hook.server_address[1]}/"
    urls = {"python_org_url": upstream.url, "peps_url": upstream.url, "webhook_url": told}
    with make_farm(sources="mirror python.org", plan_seconds=1, retry_minutes="0.02 0.02", **urls) as made:
        yield made


def make(farm: FarmUnderTest, upstream: Upstream, version: str, **options: object) -> None:
    """Upload a release's tarball, which nobody has announced yet."""
    upstream.serve(version, mini_tarball(farm.tarballs, version, **options).read_bytes())


def release(farm: FarmUnderTest, upstream: Upstream, *versions: str, **options: object) -> None:
    """Do all that a release manager does."""
    for version in versions:
        make(farm, upstream, version, **options)
        upstream.publish(version)


def next_day(farm: FarmUnderTest, upstream: Upstream, *, kill_after: float | None = None) -> None:
    """Let half an hour go by, with another master; then wait until it has polled and has nothing to do."""
    if farm.settings.state_dir.exists():
        os.kill(farm.master_process(), signal.SIGKILL)
        for name in ("python-org.json", "python-org-calls.json"):
            (farm.settings.state_dir / name).unlink(missing_ok=True)
    asked = upstream.asked.count(RELEASES)
    assert farm.run("run").returncode == 0
    if kill_after is not None:
        time.sleep(kill_after)
        os.kill(farm.master_process(), signal.SIGKILL)
        assert farm.run("run").returncode == 0
    wait(lambda: upstream.asked.count(RELEASES) > asked, "the poll")
    idle_since = time.monotonic()

    def idle() -> bool:
        nonlocal idle_since
        if farm.client().get("buildrequests", complete=False)["buildrequests"]:
            idle_since = time.monotonic()
        return time.monotonic() - idle_since > QUIET_SECONDS

    wait(idle, "the farm to be idle")


def published(farm: FarmUnderTest) -> list[str]:
    return sorted(Path(name).name.partition("-")[0] for name in farm.files("python/*/records/*"))


@pytest.mark.timeout(900)
@pytest.mark.long
def test_a_farm_that_is_left_alone_for_a_month_has_the_right_records(
    farm: FarmUnderTest, upstream: Upstream, hook: http.server.ThreadingHTTPServer
) -> None:
    release(farm, upstream, "3.10.1", "3.11.1", "3.11.2", "3.8.20")
    next_day(farm, upstream)
    assert published(farm) == ["3.10.1", "3.11.2"], "the newest of each minor that is maintained"

    make(farm, upstream, "3.11.3")
    upstream.show("3.11.3")
    upstream.publish("3.11.4", files=False)
    make(farm, upstream, "3.11.5")
    upstream.publish("3.11.5", signed=False)
    next_day(farm, upstream)
    assert published(farm) == ["3.10.1", "3.11.2"], "one is not announced, one has no files, one no signature: not yet"

    make(farm, upstream, "3.11.4")
    upstream.add_files("3.11.4")
    upstream.show("3.11.4")
    upstream.drop_files("3.11.5")
    upstream.faults["/ftp/python/3.11.5/"] = answers(503)
    next_day(farm, upstream)
    assert published(farm) == ["3.10.1", "3.11.2", "3.11.4"]

    upstream.faults.clear()
    upstream.add_files("3.11.5")
    upstream.show("3.11.5")
    release(farm, upstream, "3.10.2", f"{NEW}.0rc1")
    next_day(farm, upstream, kill_after=1)
    assert published(farm) == ["3.10.1", "3.10.2", "3.11.2", "3.11.4", "3.11.5"], "a master that dies loses nothing"

    upstream.faults[RELEASES] = answers(200, b"<html>We'll be back soon</html>")
    upstream.withdraw("3.11.4")
    next_day(farm, upstream)
    upstream.faults.clear()
    next_day(farm, upstream)
    upstream.publish("3.11.4")
    release(farm, upstream, "3.11.6", CONFIGURE_ERROR="nocompiler")
    make(farm, upstream, "3.10.3")
    upstream.publish("3.10.3")
    upstream.tarballs["/ftp/python/3.10.3/Python-3.10.3.tgz"] += b"tampered"
    next_day(farm, upstream, kill_after=1)

    upstream.cycle[NEW] = "bugfix"
    release(farm, upstream, "3.11.7", f"{NEW}.0")
    next_day(farm, upstream)

    right = ["3.10.1", "3.10.2", "3.11.2", "3.11.4", "3.11.5", "3.11.7", f"{NEW}.0"]
    assert published(farm) == right
    listed = json.loads((farm.settings.store / "python/versions.json").read_bytes())["python_versions"]
    assert listed == [f"{NEW}.0", *right[:-1]], "the oldest first"
    announced = [new["version"] for notice in hook.posted for new in notice["versions"]]
    assert sorted(announced) == right
    assert Counter(good_builds(farm)) == Counter(right), "each was built once"
    shown = farm.run("plan").stdout
    assert "3.11.6" in shown and "configure failed" in shown
    assert "3.10.3" in shown and "has SHA-256" in shown
    assert "2 failed" in shown


def good_builds(farm: FarmUnderTest) -> list[str]:
    """List the versions of the platform's builds that went well."""
    client = farm.client()
    builds = client.get(f"builders/{client.builder_id(platform_builder())}/builds")["builds"]
    good = [build["buildid"] for build in builds if build["results"] in (SUCCESS, WARNINGS)]
    made = [client.properties(build) for build in good]
    return [f"{properties['python_version']}{properties['variant']}" for properties in made]
