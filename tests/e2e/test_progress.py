"""What `make build` shows while it runs: that a step lives, how long it usually takes, and where its log is."""

import os
import pty
import re
import subprocess
import termios

from python_builds.adapters.store.directory_store import DirectoryStore
from python_builds.cli.building.usual import UsualTimes
from python_builds.core.documents import dump
from python_builds.core.publishing.record_keys import record_key
from python_builds.core.publishing.records import Record
from tests.e2e.farms import BY_MAKE, COMMAND_LINE, FarmUnderTest, mini_tarball, platform_builder

SLOW = "3.11.6"


def keep_record(farm: FarmUnderTest, record: Record) -> None:
    """Leave a record of another release, whose compile step took five minutes, in the store of a farm that is new."""
    path = farm.settings.store / record_key(record.product, 1)
    path.parent.mkdir(parents=True)
    path.write_bytes(dump(record.model_copy(update={"durations": {"compile": 300.0}})))


def test_without_a_terminal_a_first_build_says_once_how_long_a_step_takes_by_a_record_and_where_its_log_is(
    running_farm: FarmUnderTest, make_record
) -> None:
    mini_tarball(running_farm.tarballs, SLOW, COMPILE_SECONDS=3)
    keep_record(running_farm, make_record("3.12.4", "debian-13", profile="quick"))

    shown = running_farm.build(SLOW).stdout

    (line,) = [line for line in shown.splitlines() if "…" in line]
    said = re.fullmatch(
        r"  … compile  0:0\d of about 5:00  \(8 steps done\)  http\S+/#/(builders/\S+/logs/stdio)", line
    )
    assert said, line
    log = running_farm.client().get(said[1])["logs"][0]
    assert "sleep 3" in "\n".join(running_farm.client().end_of(log, 20)), "the line names another log"


def test_on_a_terminal_a_line_moves_with_the_usual_time_and_the_last_words_of_the_log(
    running_farm: FarmUnderTest, make_record
) -> None:
    mini_tarball(running_farm.tarballs, SLOW, COMPILE_SECONDS=12)
    keep_record(running_farm, make_record("3.12.4", platform_builder().rpartition("-")[0], profile="quick"))

    status, shown = on_a_terminal(running_farm, VERSION=SLOW)

    assert status == 0, shown
    drawn = re.split(r"(?:\x1b\[\d+A)?\r\x1b\[J", shown)
    moves = [move.split("\r\n") for move in drawn if move.startswith("  … compile  ")]
    assert re.match(r"  … compile  0:\d\d of about 5:00  \(8 steps done\)$", moves[-1][0]), moves[-1]
    assert moves[-1][1].startswith(f"    {running_farm.settings.public_url}#/builders/")
    assert any(move[2:] == ["    | sleep 12"] for move in moves), (
        f"the worker sends what was written within 5 s: {moves}"
    )
    assert max(len(line) for move in moves for line in move if "http" not in line) < 100
    client = running_farm.client()
    (build,) = client.get(f"builders/{client.builder_id(platform_builder())}/builds")["builds"]
    nowhere = DirectoryStore(running_farm.folder / "nowhere")
    took = UsualTimes(client, nowhere).of(build, "compile")
    assert took is not None and 12 <= took < 120, "the next build goes by this one"
    assert UsualTimes(client, nowhere).of(build, "train") is None


def on_a_terminal(farm: FarmUnderTest, **environment: str) -> tuple[int, str]:
    """Run `make build` on a terminal of 100 columns, and give all that it has written there."""
    screen, inside = pty.openpty()
    termios.tcsetwinsize(inside, (24, 100))
    process = subprocess.Popen(
        COMMAND_LINE,
        env={**farm.environment, BY_MAKE: "build", **environment},
        stdin=subprocess.DEVNULL,
        stdout=inside,
        stderr=inside,
    )
    os.close(inside)
    shown = b""
    while True:
        try:
            shown += os.read(screen, 65536)
        except OSError:  # nobody has the terminal open any more
            break
    os.close(screen)
    return process.wait(timeout=10), shown.decode()
