"""Starts the older master."""

import os

from buildbot.master import BuildMaster
from twisted.application import service

application = service.Application('buildmaster')  # Buildbot's commands look for just these characters
BuildMaster(os.getcwd(), "master.cfg").setServiceParent(application)
