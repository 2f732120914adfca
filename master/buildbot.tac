"""Starts the master: `twistd --nodaemon --python=buildbot.tac`. `make run` does it in the background.

The state folder holds a link to this file, so that Buildbot's own commands work there too.
"""

import os
import sys
from pathlib import Path

from buildbot.master import BuildMaster
from twisted.application import service
from twisted.internet import reactor
from twisted.python.log import FileLogObserver, ILogObserver
from twisted.python.logfile import LogFile

here = Path(__file__).resolve().parent
sys.path.insert(0, str(here))

from python_builds.adapters.database.one_master import master_name
from python_builds.cli.master.taking_over import take_over
from python_builds.core.settings.settings import load_settings
from python_builds.farm.database.master_lock import OneMaster
from python_builds.farm.steps.in_thread import THREADS

settings = load_settings()
basedir = str(settings.state_dir / "master")
configfile = str(here / "master.cfg")
rotateLength = 10_000_000
maxRotatedFiles = 10

reactor.suggestThreadPoolSize(THREADS)
application = service.Application('buildmaster')  # Buildbot's commands look for just these characters
log = LogFile.fromFullPath(f"{basedir}/twistd.log", rotateLength=rotateLength, maxRotatedFiles=maxRotatedFiles)
application.setComponent(ILogObserver, FileLogObserver(log).emit)
OneMaster(settings, lambda: take_over(settings, os.environ)).setServiceParent(application)
master = BuildMaster(basedir, configfile)
master.name = master_name(settings)
master.setServiceParent(application)
