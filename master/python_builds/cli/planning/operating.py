"""What an operator does to a running farm: pause and resume parts of it, look at its queue."""

from python_builds.cli.master.client import Client
from python_builds.cli.master.running_farm import running
from python_builds.cli.planning.pausing import Pausing
from python_builds.cli.planning.queue import show
from python_builds.cli.workers.worker_choice import with_engine
from python_builds.core.errors import FarmError
from python_builds.core.settings.settings import Settings


def pause(settings: Settings, what: str, reason: str) -> None:
    """Pause a part of the farm, whose running builds go on."""
    print(pausing(settings, client_of(settings)).pause(what, reason))


def resume(settings: Settings, what: str) -> None:
    """Let a part of the farm go on."""
    print(pausing(settings, client_of(settings)).resume(what))


def queue(settings: Settings, limit: int) -> None:
    """Show what waits, in its order."""
    print(show(settings, client_of(settings), limit))


def client_of(settings: Settings) -> Client:
    """Talk to the running farm.

    Raises:
        FarmError: if none runs.
    """
    farm = running(settings)
    if farm is None:
        raise FarmError("the farm is not running (`make run` starts it)")
    return Client(farm.url, settings)


def pausing(settings: Settings, client: Client) -> Pausing:
    """Say what can be paused there."""
    farm = running(settings)
    hosts = with_engine(settings, farm.engine if farm else None).docker_hosts
    return Pausing(client, settings, {host.name: host.worker_names for host in hosts})
