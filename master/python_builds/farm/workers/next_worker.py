"""Which free worker gets a build, or none: not where its builder is paused or its worker image is missing.

Buildbot asks before it takes a request from the queue, and asks about no other request of a builder that gets none. Its
canStartBuild would be asked for every request that waits, each read from the database for that.
"""

import random
from collections.abc import Sequence
from typing import Any

from python_builds.farm.workers.container_worker import ContainerWorker
from python_builds.farm.workers.image_watch import watch_of


def next_worker(builder: Any, workers: Sequence[Any], request: Any) -> Any:  # noqa: ARG001 - Buildbot's order
    """Choose any that can do it, as Buildbot does."""
    able = [free for free in workers if not _lacks_image(builder, free.worker)]
    return random.choice(able) if able else None  # noqa: S311 - nothing is secret in that


def _lacks_image(builder: Any, worker: Any) -> bool:
    watch = watch_of(builder.master)
    if watch is None or not isinstance(worker, ContainerWorker):
        return False
    return watch.seen.lacks(worker.host.name, builder.config.properties["worker_image"])
