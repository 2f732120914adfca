"""The overview as a plugin of Buildbot's web UI, by the entry point in ../../../python_builds.dist-info.

Buildbot finds plugins by what is installed, and the farm is not installed: that folder says what an installation would.
"""

from pathlib import Path
from typing import Any

from buildbot import version
from twisted.web.resource import EncodingResourceWrapper
from twisted.web.server import GzipEncoderFactory
from twisted.web.static import File


class OverviewPlugin:
    """What Buildbot asks of a plugin: files of its own, of which scripts.js adds the overview to the menu."""

    description = "Overview of the farm"
    version = version
    ui = True

    def __init__(self) -> None:
        self.static_dir = Path(__file__).with_name("overview_static")
        self.resource = File(str(self.static_dir))

    def setMaster(self, master: Any) -> None:
        """Serve the pages of this master."""
        from python_builds.farm.web.overview import WRITERS, OverviewResource  # noqa: PLC0415 - read anew by `reconfig`

        for name in WRITERS:
            page = EncodingResourceWrapper(OverviewResource(master, name), [GzipEncoderFactory()])
            self.resource.putChild(name.encode(), page)

    def setConfiguration(self, config: object) -> None:
        """Take nothing: browsers see it."""


plugin = OverviewPlugin()
