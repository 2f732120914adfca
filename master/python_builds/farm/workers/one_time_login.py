"""How latent workers log in: once, from the start of an instance until it is connected, and from where it runs.

Buildbot draws the password when the configuration is loaded, and it then serves all instances: who saw it in one could
be the worker of any later build.
"""

import secrets
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any

from buildbot.interfaces import IRenderable, LatentWorkerFailedToSubstantiate
from buildbot.worker import AbstractLatentWorker
from buildbot.worker.latent import States
from twisted.internet import defer
from twisted.python import log
from twisted.python.failure import Failure
from zope.interface import implementer

from python_builds.farm.workers.taken_away import give_back_builds

BYTES = 32


@implementer(IRenderable)
class OneTimePassword:
    """A password that nobody is told but the instance that is being started.

    Buildbot renders it for each login. A new registration for each start would close the port for a moment, and another
    process could take it.
    """

    def __init__(self, stranger: Callable[[], None]) -> None:
        self._stranger = stranger
        self.void()

    def void(self) -> None:
        """Let it open nothing any more."""
        self._value, self._told = secrets.token_urlsafe(BYTES), False

    def draw(self) -> str:
        """Make a new one, and tell it."""
        self._value, self._told = secrets.token_urlsafe(BYTES), True
        return self._value

    def getRenderingFor(self, build: Any) -> defer.Deferred[str]:
        """Give Buildbot what a login is compared with; while nobody was told any, it is a stranger's."""
        if not self._told:
            self._stranger()
        return defer.succeed(self._value)


class OneTimeLogin(AbstractLatentWorker):
    """What our workers share: each start has a password of its own, and one connection from where the instance runs."""

    networks: Callable[[], Any]
    """Lists the networks, or gives a deferred of them, that the instance's connection comes from."""

    refused = 0
    """Logins under this name since the instance was started that were not the instance's."""

    def __init__(self, name: str, *args: Any, **kwargs: Any) -> None:
        self.once = OneTimePassword(self._refuse)
        super().__init__(name, *args, **kwargs)

    def renderSecrets(self, *_: Any) -> defer.Deferred[OneTimePassword]:
        """Give the one-time password in place of Buildbot's, which asks for nothing else by this.

        It stays the same object when the settings change. Another password is another registration: without any, the
        port closes for a moment, and a login that is being looked at then lets no other in any more (Buildbot 4.3).
        """
        return defer.succeed(self.once)

    def draw_password(self) -> str:
        """Make the password of the instance that is being started."""
        self.refused = 0
        return self.once.draw()

    @defer.inlineCallbacks
    def attached(self, conn: Any) -> Any:
        """Take the one connection of this start, if it comes from the instance."""
        self.once.void()
        if self.state == States.SUBSTANTIATING_STARTING:
            try:
                yield self._check_peer(peer_of(conn))
            except Exception:
                self._substantiation_failed(Failure())
                _turn_away(conn)
                raise
        yield super().attached(conn)

    @defer.inlineCallbacks
    def insubstantiate(self, *args: Any, **kwargs: Any) -> Any:
        """Let the password end with the instance, connected or not."""
        self.once.void()
        yield super().insubstantiate(*args, **kwargs)

    @defer.inlineCallbacks
    def stopService(self) -> Any:
        """Stop, once what is built here was given back."""
        yield give_back_builds(self)
        yield super().stopService()

    @defer.inlineCallbacks
    def _check_peer(self, peer: IPv4Address | IPv6Address) -> Any:
        expected = yield self.networks()
        if not any(peer in network for network in expected):
            problem = f"{peer} logged in with its password, which is for {' and '.join(map(str, expected))}"
            raise LatentWorkerFailedToSubstantiate(self.name, problem)

    def _refuse(self) -> None:
        self.refused += 1
        log.msg(f"refused: a login as worker {self.name}, of which none is expected now")

    def getRandomPass(self) -> str:
        """Make up what Buildbot registers for the moment until ours is."""
        return secrets.token_urlsafe(BYTES)


def _turn_away(conn: Any) -> None:
    """Close a connection; Buildbot keeps one that is refused, and would take no other while its peer answers."""
    conn.loseConnection()
    conn.notifyDisconnected()


def peer_of(conn: Any) -> IPv4Address | IPv6Address:
    """Find the address that a worker connected from; one of IPv4 is that, also where the master listens on IPv6."""
    address = ip_address(conn.mind.broker.transport.getPeer().host)
    return getattr(address, "ipv4_mapped", None) or address
