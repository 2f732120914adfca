"""The ports that a master will listen at, tried before it starts."""

import socket

from python_builds.core.errors import FarmError
from python_builds.core.settings.settings import Settings, variable


def web_port(settings: Settings, keep: bool) -> int:
    """Take the port of the settings; a farm for one build makes do with any other if it is taken."""
    try:
        return listen("web", settings.web_host, settings.web_port)
    except FarmError:
        if keep:
            raise
        return listen("web", settings.web_host, 0)


def listen(what: str, host: str, port: int) -> int:
    """Listen for a moment where the master will, and return the port: what is in its way is said before it starts.

    Raises:
        FarmError: if that cannot be.
    """
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise FarmError(
                f"{host}:{port} cannot be listened on ({error.strerror}); set {variable(f'{what}_port')} to a free "
                f"port, {variable(f'{what}_host')} to an address of this machine"
            ) from None
        return int(probe.getsockname()[1])
