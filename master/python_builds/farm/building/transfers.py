"""Steps that move a file between master and worker, and end whatever happens.

With Buildbot's own, a disk of the master that was full in the middle of an upload left the step, its build and its
worker waiting for ever: the worker's remote call failed, and so did the one with which it wanted to say so.
"""

import io
from collections.abc import Callable
from typing import Any

from buildbot.plugins import steps
from buildbot.process.remotecommand import RemoteShellCommand
from buildbot.process.remotetransfer import FileReader
from buildbot.process.results import FAILURE, SUCCESS
from buildbot.steps.transfer import makeStatusRemoteCommand
from twisted.internet import defer, task

from python_builds.core.workers.docker_hosts import QUIET_SECONDS

LOOK_SECONDS = 30
CALLS = ("remote_write", "remote_utime", "remote_close", "remote_read")
"""What the worker calls on the master's file."""

UNPACK = "rm -rf scripts && tar -xf scripts.tar && rm scripts.tar"


class WatchedTransfer:
    """What both directions have in common; see the module's text."""

    problem = ""
    moved_at = 0.0

    @defer.inlineCallbacks
    def runTransferCommand(self, cmd: Any, writer: Any = None) -> Any:
        """Run Buildbot's command with a file that tells its problems to the step, and not to the worker."""
        file = writer or cmd.args["reader"]
        for call in CALLS:
            if hasattr(file, call):
                setattr(file, call, self._guarded(getattr(file, call)))
        self.moved_at = self.master.reactor.seconds()  # type: ignore[attr-defined]
        watch = task.LoopingCall(self._look)
        watch.clock = self.master.reactor  # type: ignore[attr-defined]
        watch.start(LOOK_SECONDS, now=False).addErrback(defer.logError)
        try:
            result = yield super().runTransferCommand(cmd, writer)  # type: ignore[misc]
        finally:
            watch.stop()
        if self.problem:
            yield self.stdio_log.addStderr(f"{self.problem}\n")  # type: ignore[attr-defined]
            return FAILURE
        return result

    def _guarded(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(*arguments: Any) -> Any:
            self.moved_at = self.master.reactor.seconds()  # type: ignore[attr-defined]
            if not self.problem:
                try:
                    return call(*arguments)
                except OSError as error:
                    self.problem = str(error)
            return b"" if call.__name__ == "remote_read" else None  # the worker comes to its end, for nothing

        return guarded

    def _look(self) -> Any:
        quiet = self.master.reactor.seconds() - self.moved_at  # type: ignore[attr-defined]
        if quiet < QUIET_SECONDS:
            return None
        self.problem = self.problem or f"nothing was moved for {quiet:.0f} s"
        return self.worker.disconnect()  # type: ignore[attr-defined]

    def getResultSummary(self) -> dict[str, str]:
        """Show the problem, if there is one."""
        if self.problem:
            return {"step": self.problem, "build": self.problem}
        summary: dict[str, str] = super().getResultSummary()  # type: ignore[misc]
        return summary


class Upload(WatchedTransfer, steps.FileUpload):
    """Takes a file from the worker."""


class Download(WatchedTransfer, steps.FileDownload):
    """Gives a file to the worker."""


class DownloadScripts(Download):
    """Gives an archive to the worker and has it unpacked, in place of what an earlier build left there."""

    def __init__(self, archive: bytes, **kwargs: Any) -> None:
        super().__init__(mastersrc="", workerdest="scripts.tar", **kwargs)
        self.archive = archive

    @defer.inlineCallbacks
    def run(self) -> Any:
        """Send, then unpack; the first that fails ends the step."""
        self.checkWorkerHasCommand("downloadFile")
        self.stdio_log = yield self.addLog("stdio")
        arguments = {"reader": FileReader(io.BytesIO(self.archive)), "workerdest": self.workerdest, "mode": 0o644}
        limits = {"maxsize": None, "blocksize": self.blocksize, "workdir": self.workdir}
        result = yield self.runTransferCommand(makeStatusRemoteCommand(self, "downloadFile", {**arguments, **limits}))
        if result != SUCCESS:
            return result
        unpack = RemoteShellCommand(self.workdir, ["sh", "-c", UNPACK], timeout=QUIET_SECONDS, logEnviron=False)
        unpack.useLog(self.stdio_log)
        yield self.runCommand(unpack)
        return unpack.results()
