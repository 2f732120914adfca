"""The sockets of one HTTP exchange, watched from beside it: who waits at them in a thread can be made to go on."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util import Retry

from python_builds.core.errors import SourceError

WINDOW = 60
"""Seconds after which it counts what came in them."""

LEAST = 8 * 2**10
"""Bytes a second, in each window; the largest source tarball then takes 80 minutes."""


class Wire:
    """What moves one answer; shut, it ends whoever reads it, and is never opened again."""

    def __init__(self, url: str, longest: float) -> None:
        self.url = url
        self.longest = longest
        self._bytes = 0
        self._problem = ""
        self._is_shut = False
        self._sockets: list[socket.socket] = []
        self._ended = threading.Event()

    def take(self, made: socket.socket) -> None:
        """Know a socket, whatever becomes of it: TLS puts an object of its own in its place."""
        self._sockets.append(made.dup())
        if self._is_shut:
            made.close()
            raise SourceError(f"{self.url} is not asked again")

    def moved(self, count: int) -> None:
        """Count what came."""
        self._bytes += count

    def shut(self) -> None:
        """End whoever waits at a socket."""
        self._is_shut = True
        for one in list(self._sockets):
            with contextlib.suppress(OSError):  # the server may have been the first
                one.shutdown(socket.SHUT_RDWR)

    @contextlib.contextmanager
    def watched(self) -> Iterator[None]:
        """Shut it when too little comes, or for too long.

        Raises:
            SourceError: saying what came and how much is wanted.
        """
        watcher = threading.Thread(target=self._watch, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            self._ended.set()
            watcher.join()
            for one in self._sockets:
                one.close()
            if self._problem:
                raise SourceError(f"{self._problem}; it was given up")

    def _watch(self) -> None:
        end, before = time.monotonic() + self.longest, 0
        while not self._ended.wait(min(WINDOW, max(0, end - time.monotonic()))):
            came, before = self._bytes - before, self._bytes
            if time.monotonic() >= end:
                self._problem = f"{self.url} did not answer within {self.longest:.0f} s: {self._bytes} bytes came"
            elif came < LEAST * WINDOW:
                self._problem = (
                    f"{self.url} gave {came} bytes in {WINDOW} s, and {LEAST * WINDOW} are the least that it may"
                )
            if self._problem:
                return self.shut()
        return None


class WiredAdapter(HTTPAdapter):
    """Has the sockets of all its connections known to a wire."""

    def __init__(self, wire: Wire, retries: Retry) -> None:
        self.pools = _pools(wire)
        super().__init__(max_retries=retries)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """Make the connections to servers."""
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = self.pools

    def proxy_manager_for(self, *arguments: Any, **options: Any) -> Any:
        """Make the connections to proxies."""
        manager = super().proxy_manager_for(*arguments, **options)
        manager.pool_classes_by_scheme = self.pools
        return manager


def _pools(wire: Wire) -> dict[str, type[HTTPConnectionPool]]:
    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            made = super()._new_conn()
            wire.take(made)
            return made

    class Encrypted(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            made = super()._new_conn()
            wire.take(made)
            return made

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class EncryptedPool(HTTPSConnectionPool):
        ConnectionCls = Encrypted

    for made in (Plain, Encrypted, PlainPool, EncryptedPool):
        made.__name__ = made.__mro__[1].__name__  # errors name it, and people know urllib3's names
    return {"http": PlainPool, "https": EncryptedPool}
