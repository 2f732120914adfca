"""A worker that keeps its connection and moves no byte, in a whole Buildbot master that starts its process."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from buildbot.plugins import schedulers, util
from buildbot.process.results import RETRY, SUCCESS
from buildbot.test.util.integration import RunMasterBase
from twisted.internet import defer, reactor, task

from python_builds.farm.building import transfers
from python_builds.farm.building.build import FarmBuild
from python_builds.farm.building.transfers import Download
from python_builds.farm.workers import local_worker
from python_builds.farm.workers.local_worker import TAC, LocalProcessWorker

WORKER = f"""
import os, pathlib
from twisted.application import service
from twisted.internet import reactor
from twisted.spread import pb
from twisted.cred.credentials import UsernamePassword

class Builder(pb.Referenceable):
    def remote_setMaster(self, master): pass
    def remote_startBuild(self): pass
    def remote_interruptCommand(self, number, why): pass
    def remote_startCommand(self, command, number, name, arguments):
        pathlib.Path("../asked").touch()

class Bot(pb.Referenceable):
    def remote_print(self, message): pass
    def remote_getWorkerInfo(self):
        return {{"version": "4.3.0", "system": "posix", "basedir": ".", "worker_commands": {{"shell": "3.3", "downloadFile": "2.16"}}}}
    def remote_setBuilderList(self, builders): return {{name: Builder() for name, _ in builders}}

if os.environ["WORKERNAME"] == "good":
    exec(compile(pathlib.Path({str(TAC)!r}).read_text(), "buildbot.tac", "exec"))
else:
    application = service.Application("silent")
    factory, kept = pb.PBClientFactory(), []
    password = pathlib.Path("/dev/stdin").read_bytes()
    factory.login(UsernamePassword(os.environ["WORKERNAME"].encode(), password), Bot()).addCallback(kept.append)
    reactor.callWhenRunning(reactor.connectTCP, "127.0.0.1", int(os.environ["BUILDMASTER_PORT"]), factory)
"""
PATIENCE = 50


class SilentTransferTest(RunMasterBase):
    @defer.inlineCallbacks
    def start(self, content: str) -> Any:
        """Start a build on a worker that is no good; one that is good is there for what comes after it."""
        scratch = TemporaryDirectory(dir="/var/tmp")
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        (self.folder / "worker.tac").write_text(WORKER)
        (self.folder / "content").write_text(content)
        self.patch(local_worker, "TAC", self.folder / "worker.tac")
        self.patch(transfers, "LOOK_SECONDS", 0.1)
        self.patch(transfers, "QUIET_SECONDS", 1)
        factory = util.BuildFactory(
            [Download(name="send", mastersrc=str(self.folder / "content"), workerdest="sent", haltOnFailure=True)]
        )
        factory.buildClass = FarmBuild

        def bad_one_first(builder: Any, workers: list[Any], request: Any) -> Any:
            wanted = "good" if (self.folder / "asked").exists() else "bad"
            return next((one for one in workers if one.worker.name == wanted), None)

        yield self.setup_master(
            {
                "builders": [
                    util.BuilderConfig(name="b", workernames=["bad", "good"], factory=factory, nextWorker=bad_one_first)
                ],
                "schedulers": [schedulers.ForceScheduler(name="force", builderNames=["b"])],
                "workers": [
                    LocalProcessWorker(name, folder=self.folder / name, master="127.0.0.1") for name in ("bad", "good")
                ],
                "protocols": {"pb": {"port": "tcp:0:interface=127.0.0.1"}},
            },
            startWorker=False,
            basedir=str(self.folder),
        )
        yield self.master.data.control("force", {}, ("forceschedulers", "force"))

    @defer.inlineCallbacks
    def ended(self) -> Any:
        """Wait for the request's end; give its builds."""
        for _ in range(PATIENCE * 10):
            (request,) = yield self.master.data.get(("buildrequests",))
            if request["complete"]:
                return (yield self.master.data.get(("builds",)))
            yield task.deferLater(reactor, 0.1)
        raise AssertionError(f"the build did not end: {(yield self.master.data.get(('builds',)))}")

    @defer.inlineCallbacks
    def test_a_transfer_that_stands_still_is_made_again_elsewhere(self) -> Any:
        yield self.start("moved by the good one")
        first, second = yield self.ended()

        assert (first["results"], second["results"]) == (RETRY, SUCCESS), (first, second)
        assert first["state_string"].startswith("lost its worker (1 of 3 times)")
        assert (self.folder / "good" / "b" / "build" / "sent").read_text() == "moved by the good one"
