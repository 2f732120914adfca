"""What the planner makes of the worker images that Docker hosts have."""

import dataclasses
from typing import Any

from twisted.internet import defer

from python_builds.farm.planning.observing import Farm
from python_builds.farm.workers.image_watch import missing_images, watch_of


@defer.inlineCallbacks
def with_images(master: Any, farm: Farm) -> Any:
    """Give the farm with the builders that lack their image; a host that never answered counts as lacking all."""
    imageless = yield missing_images(master, farm.builders, doubt=True)
    watch = watch_of(master)
    return dataclasses.replace(farm, imageless=imageless, unknown_hosts=watch.unknown if watch else {})
