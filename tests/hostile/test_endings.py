"""Every fault ends: what cannot go on stops with a sentence, and what waits behind it goes on."""

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from python_builds.cli.building.progress import CANCELLED, SUCCESS
from python_builds.core.publishing.record_keys import RESERVATIONS
from tests.e2e.farms import FarmUnderTest, lay_database, make_farm, mini_tarball, wait
from tests.e2e.test_faults import small_disk
from tests.e2e.upstream import Handler, Upstream

PATIENCE = 120


@pytest.fixture
def farm() -> Iterator[FarmUnderTest]:
    with make_farm() as made:
        yield made


def test_a_full_disk_of_the_master_ends_an_upload_and_later_builds_succeed(farm: FarmUnderTest) -> None:
    mini_tarball(farm.tarballs, "3.11.7", PADDING=1000000)
    mini_tarball(farm.tarballs, "3.11.2")
    farm.run("run")
    with small_disk(Path(farm.settings.state_dir) / "spool", "size=300k,mode=700"):
        done = farm.build("3.11.7")
        later = farm.build("3.11.2")

    assert done.returncode == 1
    assert "No space left on device" in done.stdout
    assert later.returncode == 0, later.stdout


def test_output_without_an_end_ends_the_build_and_stays_out_of_the_database(farm: FarmUnderTest) -> None:
    mini_tarball(
        farm.tarballs, "3.11.2", {"configure": "yes 'configure: all is well, and will be for ever' | head -c 400000000"}
    )
    done = farm.build("3.11.2")

    assert done.returncode == 1
    assert "what follows the first 16777216 bytes is not shown" in done.stdout
    database = farm.settings.state_dir / "master" / "state.sqlite"
    assert database.stat().st_size < 60_000_000


def test_what_ends_before_there_is_something_to_publish_takes_no_revision(farm: FarmUnderTest) -> None:
    mini_tarball(farm.tarballs, "3.11.7", CONFIGURE_ERROR="nocompiler")
    mini_tarball(farm.tarballs, "3.11.2")
    failed, done = farm.build("3.11.7"), farm.build("3.11.2")

    assert (failed.returncode, done.returncode) == (1, 0), failed.stdout + done.stdout
    reserved = farm.files(f"**/{RESERVATIONS}/*.json")
    assert [Path(path).name.split("-")[0] for path in reserved] == ["3.11.2"], reserved


def damage_in_places(database: Path) -> None:
    content = bytearray(database.read_bytes())
    for at in range(2 * 4096, len(content), 3 * 4096):
        content[at : at + 2000] = bytes(2000)
    database.write_bytes(content)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda d: d.write_bytes(b"no database" * 1000), id="something else"),
        pytest.param(lambda d: d.write_bytes(d.read_bytes()[:10000]), id="cut off"),
        pytest.param(damage_in_places, id="holes"),
    ],
)
def test_a_damaged_database_is_said_at_once(farm: FarmUnderTest, damage: Callable[[Path], None]) -> None:
    database = farm.settings.state_dir / "master" / "state.sqlite"
    lay_database(farm.settings)
    damage(database)
    done = farm.run("run")

    assert done.returncode == 1, done.stdout
    assert f"the database {database} is damaged" in done.stdout
    assert "what is published is in the store" in done.stdout
    assert farm.processes() == []


def test_a_master_that_is_killed_while_it_starts_is_told(farm: FarmUnderTest) -> None:
    starting = farm.spawn("run")
    wait((farm.settings.state_dir / "farm.json").exists, "the master to be started")
    os.kill(json.loads((farm.settings.state_dir / "farm.json").read_text())["pid"], signal.SIGKILL)
    output, _ = starting.communicate(timeout=60)

    assert starting.returncode == 1
    assert "the master ended while it started, by signal SIGKILL" in output
    assert "No such process" not in output
    assert farm.processes() == []


class Trickle:
    """What a server does that gives a byte now and then."""

    def __init__(self) -> None:
        self.begun, self.left = threading.Event(), threading.Event()

    def __call__(self, handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "30000000")
        handler.end_headers()
        if handler.command == "HEAD":
            return
        try:
            while not handler.server.closing.wait(0.05):
                handler.wfile.write(b"x")
                self.begun.set()
        except OSError:
            self.left.set()


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as running:
        yield running


def test_a_source_that_trickles_keeps_no_other_release_waiting_and_ends_when_it_is_stopped(
    upstream: Upstream, tmp_path: Path
) -> None:
    upstream.serve("3.13.5", mini_tarball(tmp_path, "3.13.5").read_bytes())
    upstream.publish("3.13.5", signed=False)
    trickle = upstream.faults["/ftp/python/3.13.5/Python-3.13.5.tgz"] = Trickle()
    own = {"python_org_url": upstream.url, "peps_url": upstream.url, "automatic_builds": "false"}
    with make_farm(sources=f"mirror python.org {tmp_path}", **own) as farm:
        farm.run("run")
        client = farm.client()
        slow = client.force("release", python_version="3.13.5", profile="quick")
        assert trickle.begun.wait(PATIENCE)
        mini_tarball(tmp_path, "3.11.2")
        assert farm.wait_for_results(client.force("release", python_version="3.11.2", profile="quick")) == SUCCESS

        client.control(f"buildrequests/{slow}", "cancel", reason="a person said so")
        assert farm.wait_for_results(slow) == CANCELLED
        assert trickle.left.wait(PATIENCE), "its socket is closed"
        (step,) = (
            s for s in client.steps(client.builds(slow)[0]["buildid"]) if s["name"].startswith("find the source")
        )
        assert step["state_string"] == "stopped: a person said so"
        assert list((Path(farm.settings.state_dir) / "spool").glob("release-*")) == []
