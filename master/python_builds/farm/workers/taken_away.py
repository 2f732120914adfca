"""A worker that is taken from the settings while it builds: its builds end, to be built again by others.

Buildbot (4.3) takes it away under its builds, which then end by a traceback and keep their requests claimed, so that
nobody builds them and the master does not stop. At its own end a master has ended all builds before it stops workers.
"""

from typing import Any

from buildbot.process.results import RETRY
from twisted.internet import defer
from twisted.python import log

TAKEN_AWAY = "Worker Taken Away"
"""Why such a build was stopped, by Buildbot's `stopped_reason`."""


@defer.inlineCallbacks
def give_back_builds(worker: Any) -> Any:
    """End what is built on a worker, and wait until it has ended."""
    for_builders = [*worker.workerforbuilders.values()]
    builds = [b for one in for_builders for b in one.builder.building if b.workerforbuilder is one]
    ended = [build.waitUntilFinished() for build in builds]
    for build in builds:
        log.msg(f"{build} is given back, as worker {worker.name} is no more in the settings")
        build.stopBuild(TAKEN_AWAY, RETRY).addErrback(log.err, "while a build is given back")
    if builds and worker.conn is not None:
        worker.conn.loseConnection()  # which ends a command at once, even if nobody answers there
    yield defer.gatherResults(ended)
