"""Transfers between master and worker, with a clock of the tests' own."""

from types import SimpleNamespace
from typing import Any

import pytest
from buildbot.process.buildstep import create_step_from_step_or_factory
from buildbot.process.results import FAILURE, SUCCESS
from twisted.internet import defer, task

from python_builds.core.workers.docker_hosts import QUIET_SECONDS
from python_builds.farm.building.transfers import UNPACK, DownloadScripts, WatchedTransfer


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


@pytest.mark.parametrize("sent, unpacked", [(SUCCESS, SUCCESS), (FAILURE, None), (SUCCESS, FAILURE)])
def test_scripts_are_sent_in_one_go_and_unpacked_where_that_worked(
    monkeypatch: pytest.MonkeyPatch, sent: int, unpacked: int | None
) -> None:
    asked: list[tuple[str, Any]] = []

    def transfer(cmd: Any) -> defer.Deferred[int]:
        asked.append((cmd.args["workerdest"], cmd.args["reader"].remote_read(99)))
        return defer.succeed(sent)

    def command(cmd: Any) -> defer.Deferred[None]:
        asked.append((cmd.remote_command, cmd.command[-1]))
        cmd.rc = 0 if unpacked == SUCCESS else 2
        return defer.succeed(None)

    step = create_step_from_step_or_factory(DownloadScripts(b"packed"))
    monkeypatch.setattr(step, "checkWorkerHasCommand", lambda name: None)
    monkeypatch.setattr(step, "addLog", lambda name: defer.succeed(SimpleNamespace(getName=lambda: "stdio")))
    monkeypatch.setattr(step, "runTransferCommand", transfer)
    monkeypatch.setattr(step, "runCommand", command)
    step.workdir = "build"

    assert result(step.run()) == (sent if unpacked is None else unpacked)
    assert asked == [("scripts.tar", b"packed"), *([("shell", UNPACK)] if unpacked is not None else [])]
