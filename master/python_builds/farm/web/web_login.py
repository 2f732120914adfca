"""The web UI's login: one account, of whose password nobody can try many, and what every request is held to.

Whose account it is, and who may look: web_access.py.
"""

import hmac
from typing import Any

from buildbot.www.auth import TwistedICredAuthBase, build_anonymous_user_info
from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IUsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.internet import defer, reactor, task
from twisted.web.guard import BasicCredentialFactory
from twisted.web.server import Request
from zope.interface import implementer

from python_builds.farm.database.database_watch import EVERY_SECONDS
from python_builds.farm.database.database_watch import NAME as WATCH
from python_builds.farm.web.site import dress
from python_builds.farm.web.vital_pages import VITAL_PAGES, add_vital_pages

WAIT_SECONDS = 1
"""Before a wrong password is answered."""

MAX_WAITING = 10
"""Wrong passwords that wait for their answer; meanwhile any further attempt is refused unseen."""

MAX_BODY = 2**20
"""Bytes of a request; the longest form that a person fills in has some thousand."""

AWAY = (
    "The farm's database has not answered for {:.0f} s. Builds wait and go on by themselves when it is back; "
    "master/twistd.log in the farm's state folder says what is wrong with it.\n"
)


@implementer(ICredentialsChecker)
class OneAccount:
    """Knows one account. A right password is answered at once, and ten wrong ones a second, by all who try together."""

    credentialInterfaces = (IUsernamePassword,)

    def __init__(self, user: str, password: str, clock: Any = reactor) -> None:
        """Take the account; a test has a clock of its own."""
        self.account = (user.encode(), password.encode())
        self.clock = clock
        self.waiting = 0

    def requestAvatarId(self, credentials: Any) -> Any:
        """Give the user's name, or fail with UnauthorizedLogin."""
        if self.waiting >= MAX_WAITING:
            return defer.fail(UnauthorizedLogin("too many attempts"))
        user, password = self.account
        known = hmac.compare_digest(credentials.username, user)
        if hmac.compare_digest(credentials.password, password) and known:
            return defer.succeed(user)
        self.waiting += 1
        return task.deferLater(self.clock, WAIT_SECONDS, self._refuse)

    def _refuse(self) -> None:
        self.waiting -= 1
        raise UnauthorizedLogin("wrong user or password")


class OperatorAuth(TwistedICredAuthBase):
    """Buildbot's login by a password, which holds all requests to what GuardedRequest says as well."""

    compare_attrs = ()

    def __init__(self, user: str, password: str, *, strangers_may_look: bool, metrics_token: str = "") -> None:
        """Take the account, whether strangers may look, and what opens the metrics, if anything."""
        super().__init__([BasicCredentialFactory(b"python-builds")], [OneAccount(user, password)])
        self.strangers_may_look = strangers_may_look
        self.metrics_token = metrics_token

    def reconfigAuth(self, master: Any, new_config: Any) -> None:
        """Take the master's site before it listens: Buildbot calls this in between."""
        super().reconfigAuth(master, new_config)
        master.www.site.requestFactory = GuardedRequest if self.strangers_may_look else PrivateRequest
        master.www.site.services = master.service_manager.namedServices
        dress(master.www.site, new_config.title)
        add_vital_pages(master, self.metrics_token)


class GuardedRequest(Request):
    """A request of limited size, whose cookies are for this site and no script."""

    received = 0
    path: bytes

    def process(self) -> None:
        """Answer; while the database does not, say so: Buildbot would keep each request waiting for it."""
        self.path = b"/" + self.path.lstrip(b"/")  # its pages ask for //icon.svg, as our URL ends in a slash
        if self.path in VITAL_PAGES:
            super().process()
            return
        watch = self.channel.site.services.get(WATCH)
        if watch is not None and watch.silence:
            self.setHeader(b"Retry-After", b"%d" % EVERY_SECONDS)
            self.refuse(503, AWAY.format(watch.silence))
        else:
            super().process()

    def may_look(self) -> bool:
        """Say whether who asks may see builds and logs: everybody."""
        return True

    def refuse(self, status: int, sentence: str) -> None:
        """Answer with a sentence."""
        self.setResponseCode(status)
        self.setHeader(b"Content-Type", b"text/plain; charset=utf-8")
        self.write(sentence.encode())
        self.finish()

    def addCookie(self, name: Any, value: Any, **options: Any) -> None:
        """Set a cookie, as Buildbot does for its sessions."""
        super().addCookie(name, value, **{**options, "httpOnly": True, "sameSite": "lax"})

    def gotLength(self, length: int | None) -> None:
        """Refuse a body that says to be too long before it comes."""
        super().gotLength(min(length, MAX_BODY) if length is not None else None)
        if length is not None and length > MAX_BODY:
            self._refuse_body()

    def handleContentChunk(self, data: bytes) -> None:
        """Refuse a body that turns out too long."""
        self.received += len(data)
        if self.received > MAX_BODY:
            self._refuse_body()
        else:
            super().handleContentChunk(data)

    def _refuse_body(self) -> None:
        # The peer may send on and never read: what is left of the connection goes after the answer.
        answer = b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
        if self.channel is not None and not self.channel.transport.disconnecting:
            self.channel.transport.write(answer)
            self.channel.loseConnection()


class PrivateRequest(GuardedRequest):
    """A request that only somebody who has logged in may make: pages, data, logs and events alike."""

    def process(self) -> None:
        """Send a stranger to the login."""
        if self.path not in (b"/auth/login", *VITAL_PAGES) and not self.may_look():
            if self.path == b"/":
                self.redirect(b"auth/login")
                self.finish()
            else:
                self.refuse(403, "Only operators may look here: log in at auth/login.\n")
        else:
            super().process()

    def may_look(self) -> bool:
        """Say whether who asks has logged in."""
        self.site = self.channel.site  # which Twisted sets later
        self.sitepath: list[bytes] = []
        return bool(self.getSession().user_info != build_anonymous_user_info())
