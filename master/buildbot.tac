"""Starts the master: `twistd --nodaemon --python=buildbot.tac`. `make run` does it in the background.

The state folder holds a link to this file, so that Buildbot's own commands work there too.
"""

import sys
from pathlib import Path

from buildbot.master import BuildMaster
from twisted.application import service
from twisted.internet import reactor
from twisted.python.log import FileLogObserver, ILogObserver
from twisted.python.logfile import LogFile

here = Path(__file__).resolve().parent
sys.path.insert(0, str(here))

from python_builds.core.settings.settings import load_settings
from python_builds.farm.steps.in_thread import THREADS

basedir = str(load_settings().state_dir / "master")
configfile = str(here / "master.cfg")
rotateLength = 10_000_000
maxRotatedFiles = 10

reactor.suggestThreadPoolSize(THREADS)
application = service.Application('buildmaster')  # Buildbot's commands look for just these characters
log = LogFile.fromFullPath(f"{basedir}/twistd.log", rotateLength=rotateLength, maxRotatedFiles=maxRotatedFiles)
application.setComponent(ILogObserver, FileLogObserver(log).emit)
BuildMaster(basedir, configfile).setServiceParent(application)
