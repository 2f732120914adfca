"""Who is taken for the worker on this machine, in a whole Buildbot master that starts its process."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from buildbot.interfaces import LatentWorkerFailedToSubstantiate
from buildbot.plugins import schedulers, steps, util
from buildbot.process.results import RETRY, SUCCESS
from buildbot.test.util.integration import RunMasterBase
from twisted.cred.error import UnauthorizedLogin
from twisted.internet import defer, reactor, task, utils

from python_builds.farm.building.build import FarmBuild
from python_builds.farm.workers import local_worker
from python_builds.farm.workers.local_worker import TAC, LocalProcessWorker
from tests.e2e.strangers import PROGRAM
from tests.preconditions import needs

LOOK = """
import os, pathlib
password = pathlib.Path("/dev/stdin").read_text()
pathlib.Path("port").write_text(os.environ["BUILDMASTER_PORT"])
pathlib.Path("told").write_text(password)
"""
"""What a worker starts with, to keep what it was told."""

BECOME = f"""
pathlib.Path("copy").write_text(password)
os.environ["WORKERPASS_FILE"] = "copy"
exec(compile(pathlib.Path({str(TAC)!r}).read_text(), "buildbot.tac", "exec"))
"""

WAIT = """
from twisted.application import service
application = service.Application("nobody")
"""


WORK = "touch {0}/runs; until [ -e {0}/go ]; do sleep 0.1; done"
PATIENCE = 50


def own_addresses() -> list[str]:
    """List this machine's addresses that are not its loopback's."""
    shown = subprocess.run(["ip", "-4", "-brief", "address"], capture_output=True, text=True, check=True).stdout
    found = [word.partition("/")[0] for word in shown.split() if word.count(".") == 3]
    return [address for address in found if not address.startswith("127.")]


class LocalLoginTest(RunMasterBase):
    def setUp(self) -> None:
        scratch = TemporaryDirectory(dir="/var/tmp")
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        self.told = self.folder / "worker" / "told"

    @defer.inlineCallbacks
    def start(self, worker: str) -> Any:
        """Start a master whose worker is this program, and keeps what it was told."""
        tac = self.folder / "worker.tac"
        tac.write_text(LOOK + worker)
        self.patch(local_worker, "TAC", tac)
        factory = util.BuildFactory([steps.ShellCommand(name="work", command=["sh", "-c", WORK.format(self.folder)])])
        factory.buildClass = FarmBuild
        yield self.setup_master(
            {
                "builders": [util.BuilderConfig(name="b", workernames=["local"], factory=factory)],
                "schedulers": [schedulers.ForceScheduler(name="force", builderNames=["b"])],
                "workers": [LocalProcessWorker("local", folder=self.folder / "worker", master="127.0.0.1")],
                "protocols": {"pb": {"port": "tcp:0:interface=127.0.0.1"}},
            },
            startWorker=False,
            basedir=str(self.folder),
        )
        yield self.master.data.control("force", {}, ("forceschedulers", "force"))

    @defer.inlineCallbacks
    def eventually(self, condition: Callable[[], Any], what: str) -> Any:
        for _ in range(PATIENCE * 10):
            if (yield condition()):
                return
            yield task.deferLater(reactor, 0.1)
        raise AssertionError(f"waited {PATIENCE} s for {what}")

    @defer.inlineCallbacks
    def log_in(self, *mine: str) -> Any:
        """Log in as the worker with what it was told, from an address of this machine, and say how that went."""
        yield self.eventually(self.told.exists, "what the worker was told")
        port, password = self.told.with_name("port").read_text(), self.told.read_text()
        assert len(password) > 40, password
        command = ["-c", PROGRAM, "127.0.0.1", port, "local", password, *mine]
        said = yield utils.getProcessOutput(sys.executable, command, os.environ, errortoo=True)
        return said.decode()

    @defer.inlineCallbacks
    def build(self, running: bool = False) -> Any:
        """Wait until the first build has ended, or until its step runs."""
        found: dict[str, Any] = {}

        @defer.inlineCallbacks
        def reached() -> Any:
            for build in (yield self.master.data.get(("builds",))):
                found.update(build) if build["number"] == 1 else None
            if not running:
                return found.get("complete")
            return "told by it" if (self.folder / "runs").exists() else ""

        yield self.eventually(reached, "the build")
        return found

    @defer.inlineCallbacks
    def test_what_it_was_told_opens_nothing_once_it_is_connected(self) -> Any:
        yield self.start(BECOME)
        yield self.build(running=True)
        said = yield self.log_in()
        self.flushLoggedErrors(UnauthorizedLogin)
        (self.folder / "go").touch()
        build = yield self.build()

        assert "UnauthorizedLogin" in said, said
        assert build["results"] == SUCCESS, build
        assert build["state_string"].endswith("1 logins of others under its worker's name were refused")

    @defer.inlineCallbacks
    def test_what_it_was_told_opens_nothing_from_another_address(self) -> Any:
        """The kernel has a connection come from any address of this machine, also to its loopback."""
        needs(bool(own_addresses()), "this machine has an address beside its loopback")
        elsewhere = own_addresses()[0]
        yield self.start(WAIT)
        said = yield self.log_in(elsewhere)
        build = yield self.build()
        self.flushLoggedErrors(LatentWorkerFailedToSubstantiate)

        assert "LatentWorkerFailedToSubstantiate" in said, said
        assert "local" not in self.master.workers.connections, "who stays there keeps no other from connecting"
        assert build["results"] == RETRY, build
        assert f"{elsewhere} logged in with its password, which is for 127.0.0.0/8" in build["state_string"]
