"""Starts a worker from its environment, the same for a process on this machine and for a container.

BUILDMASTER, BUILDMASTER_PORT, WORKERNAME and WORKERPASS are set by the master, which makes a new password for each
worker it starts. A worker whose master is gone gives up after some tries, so that none is left behind.
"""

import os
import signal

from buildbot_worker.bot import Worker
from twisted.application import service

# A worker that was started from a shell's background job ignores SIGINT, and so would all that it starts; CPython's
# own tests then fail.
signal.signal(signal.SIGINT, signal.default_int_handler)

application = service.Application("buildbot-worker")
Worker(
    os.environ["BUILDMASTER"],
    int(os.environ["BUILDMASTER_PORT"]),
    os.environ["WORKERNAME"],
    os.environ.pop("WORKERPASS"),
    os.getcwd(),
    keepalive=60,
    umask=0o022,
    maxdelay=10,
    maxRetries=5,
).setServiceParent(application)
