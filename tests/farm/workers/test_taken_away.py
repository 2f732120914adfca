"""A worker that is taken from the settings while it builds, in a whole Buildbot master with processes as workers."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from buildbot.plugins import schedulers, steps, util
from buildbot.process.results import RETRY, SUCCESS
from buildbot.test.util.integration import RunMasterBase
from twisted.internet import defer, reactor, task

from python_builds.farm.building.build import FarmBuild
from python_builds.farm.workers.local_worker import LocalProcessWorker

WAIT = "touch {0}/$1; until [ -e {0}/go ]; do sleep 0.1; done"


class TakenAwayTest(RunMasterBase):
    def setUp(self) -> None:
        scratch = TemporaryDirectory(dir="/var/tmp")
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)

    def settings(self, *workers: str, max_builds: int = 1) -> dict[str, Any]:
        command = ["sh", "-c", WAIT.format(self.folder), "sh", util.Property("workername")]
        factory = util.BuildFactory([steps.ShellCommand(name="work", command=command)])
        factory.buildClass = FarmBuild
        return {
            "builders": [util.BuilderConfig(name="b", workernames=[*workers], factory=factory)],
            "schedulers": [schedulers.ForceScheduler(name="force", builderNames=["b"])],
            "workers": [
                LocalProcessWorker(name, folder=self.folder / "of" / name, master="127.0.0.1", max_builds=max_builds)
                for name in workers
            ],
            "protocols": {"pb": {"port": "tcp:0:interface=127.0.0.1"}},
        }

    @defer.inlineCallbacks
    def until(self, condition: Any) -> Any:
        while not (found := (yield defer.maybeDeferred(condition))):
            yield task.deferLater(reactor, 0.05, lambda: None)
        return found

    @defer.inlineCallbacks
    def complete(self) -> Any:
        """Give the builds, once the request is complete."""
        (request,) = yield self.master.data.get(("buildrequests",))
        return (yield self.master.data.get(("builds",))) if request["complete"] else []

    @defer.inlineCallbacks
    def test_its_build_is_built_again_by_another(self) -> Any:
        yield self.setup_master(self.settings("one", "two"), startWorker=False, basedir=str(self.folder))
        yield self.master.data.control("force", {}, ("forceschedulers", "force"))
        first = yield self.until(lambda: [name for name in ("one", "two") if (self.folder / name).exists()])
        (other,) = {"one", "two"} - {*first}

        self.master.config_loader.config_dict = {**self.settings(other), "buildbotNetUsageData": None}
        yield self.master.doReconfig()
        yield self.until((self.folder / other).exists)
        (self.folder / "go").touch()
        builds = yield self.until(self.complete)

        assert [build["results"] for build in builds] == [RETRY, SUCCESS]
        assert builds[0]["state_string"] == f"worker {first[0]} was taken from the settings: built again by another"
        assert [*self.master.workers.workers] == [other]

    @defer.inlineCallbacks
    def test_the_port_stays_open_when_the_settings_of_all_workers_change(self) -> Any:
        yield self.setup_master(self.settings("one"), startWorker=False, basedir=str(self.folder))
        (worker,) = self.master.workers.workers.values()
        (listening,) = self.master.pbmanager.dispatchers.values()

        self.master.config_loader.config_dict = {**self.settings("one", max_builds=2), "buildbotNetUsageData": None}
        yield self.master.doReconfig()

        assert worker.max_builds == 2
        assert [*self.master.pbmanager.dispatchers.values()] == [listening]
