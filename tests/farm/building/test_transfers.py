"""Transfers between master and worker, with a clock of the tests' own."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from buildbot.process.buildstep import create_step_from_step_or_factory
from buildbot.process.results import FAILURE, SUCCESS
from twisted.internet import defer, task

from python_builds.farm.building.transfers import QUIET_SECONDS, DownloadPrograms, WatchedTransfer


class Writer:
    def __init__(self, error: OSError | None = None) -> None:
        self.error, self.written = error, b""

    def remote_write(self, data: bytes) -> None:
        if self.error:
            raise self.error
        self.written += data


class Base:
    """Stands for Buildbot's step: its command ends when the test says so, or when the worker is lost."""

    def __init__(self) -> None:
        self.clock = task.Clock()
        self.master = SimpleNamespace(reactor=self.clock)
        self.worker = SimpleNamespace(disconnect=self.lose)
        self.stdio_log = SimpleNamespace(addStderr=lambda text: defer.succeed(None))
        self.ended: defer.Deferred[int] = defer.Deferred()
        self.lost = False

    def lose(self) -> None:
        self.lost = True
        self.ended.callback(FAILURE)

    def runTransferCommand(self, cmd: object, writer: object = None) -> defer.Deferred[int]:
        return self.ended

    def getResultSummary(self) -> dict[str, str]:
        return {"step": "moved"}


class Step(WatchedTransfer, Base):
    pass


def result(deferred: defer.Deferred[int]) -> int:
    found: list[int] = []
    deferred.addCallback(found.append)
    return found[0]


def test_a_transfer_that_moves_takes_as_long_as_it_takes() -> None:
    step, writer = Step(), Writer()
    done = step.runTransferCommand(None, writer)
    for _ in range(5):
        step.clock.pump([30] * 30)
        writer.remote_write(b"x")
    step.ended.callback(SUCCESS)

    assert result(done) == SUCCESS
    assert (writer.written, step.lost, step.getResultSummary()) == (b"xxxxx", False, {"step": "moved"})
    assert step.clock.getDelayedCalls() == []


def test_a_transfer_that_stands_still_ends_with_its_worker() -> None:
    step = Step()
    done = step.runTransferCommand(None, Writer())
    step.clock.pump([30] * (QUIET_SECONDS // 30 + 1))

    assert step.lost
    assert result(done) == FAILURE
    assert step.getResultSummary()["build"].startswith("nothing was moved for 12")
    assert step.clock.getDelayedCalls() == []


@pytest.mark.parametrize("after", [0, 3])
def test_a_problem_of_the_master_s_is_the_step_s_and_the_worker_goes_on_to_its_end(after: int) -> None:
    step, writer = Step(), Writer()
    done = step.runTransferCommand(None, writer)
    for _ in range(after):
        writer.remote_write(b"x")
    writer.error = OSError(28, "No space left on device")
    assert writer.remote_write(b"y") is None
    writer.error = None
    assert writer.remote_write(b"z") is None
    step.ended.callback(SUCCESS)

    assert result(done) == FAILURE
    assert step.getResultSummary()["step"] == "[Errno 28] No space left on device"
    assert writer.written == b"x" * after, "nothing is written after what is missing"


@pytest.mark.parametrize("second", [SUCCESS, FAILURE])
def test_programs_are_sent_one_after_the_other_until_one_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, second: int
) -> None:
    files = [tmp_path / name for name in ("a.sh", "b.py", "c.mk")]
    for file in files:
        file.write_text(f"this is {file.name}")
    said: list[str] = []
    sent: list[tuple[str, int, bytes]] = []

    def transfer(cmd: Any) -> defer.Deferred[int]:
        sent.append((cmd.args["workerdest"], cmd.args["mode"], cmd.args["reader"].remote_read(99)))
        return defer.succeed(second if len(sent) == 2 else SUCCESS)

    step = create_step_from_step_or_factory(DownloadPrograms(files, workerdest="scripts"))
    log = SimpleNamespace(getName=lambda: "stdio", addStderr=lambda text: defer.succeed(said.append(text)))
    monkeypatch.setattr(step, "checkWorkerHasCommand", lambda name: None)
    monkeypatch.setattr(step, "addLog", lambda name: defer.succeed(log))
    monkeypatch.setattr(step, "runTransferCommand", transfer)

    assert result(step.run()) == second
    everything = [(f"scripts/{name}", 0o755, f"this is {name}".encode()) for name in ("a.sh", "b.py", "c.mk")]
    assert (sent, said) == ((everything, []) if second == SUCCESS else (everything[:2], ["b.py was not sent\n"]))
