"""What runs in the master beside builders and schedulers."""

from collections.abc import Sequence
from typing import Any

from python_builds.adapters.database.one_master import database_file
from python_builds.adapters.store.store_errors import STORE_ERRORS
from python_builds.core.platforms.platform import Platform
from python_builds.core.settings.settings import Settings
from python_builds.farm.builders import RELEASE
from python_builds.farm.building.release_parts import ReleaseParts
from python_builds.farm.database.database_watch import DatabaseWatch
from python_builds.farm.database.master_lock import MasterFence
from python_builds.farm.database.shortcuts import Shortcuts
from python_builds.farm.reporters import make_reporters
from python_builds.farm.web.overview import OverviewService
from python_builds.farm.web.vital_signs import VitalSigns
from python_builds.farm.workers.next_worker import PauseWatch
from python_builds.farm.workers.workers import make_image_watch


def make_services(platforms: Sequence[Platform], settings: Settings) -> list[Any]:
    """Make all services."""
    return [
        DatabaseWatch(),
        Shortcuts(),
        *([] if database_file(settings) else [MasterFence()]),
        make_image_watch(settings),
        ReleaseParts(release=RELEASE),
        OverviewService(platforms=platforms, settings=settings),
        VitalSigns(platforms=platforms, settings=settings, store_errors=STORE_ERRORS),
        PauseWatch(state_dir=settings.state_dir),
        *make_reporters(settings),
    ]
