"""Starts a worker from its environment, the same for a process on this machine and for a container.

BUILDMASTER, BUILDMASTER_PORT, WORKERNAME and WORKERPASS_FILE are set by the master, which makes a new password for each
worker it starts. It is in that file, once: an environment can be read for as long as its process lives. A worker whose
master is gone gives up after some tries, so that none is left behind.
"""

import os
import signal
from pathlib import Path

from buildbot_worker.bot import Worker
from twisted.application import service

# A worker that was started from a shell's background job ignores SIGINT, and so would all that it starts; CPython's
# own tests then fail.
signal.signal(signal.SIGINT, signal.default_int_handler)


def take_password(path: Path) -> str:
    """Read what may be a pipe, and leave nothing there."""
    password = path.read_text()
    if path.is_file():
        path.unlink()
    return password


application = service.Application("buildbot-worker")
Worker(
    os.environ["BUILDMASTER"],
    int(os.environ["BUILDMASTER_PORT"]),
    os.environ["WORKERNAME"],
    take_password(Path(os.environ["WORKERPASS_FILE"])),
    os.getcwd(),
    keepalive=60,
    umask=0o022,
    maxdelay=10,
    maxRetries=5,
).setServiceParent(application)
