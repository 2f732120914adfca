"""The web UI's logins: an account, of whose password nobody can try many, another way, and what requests are held to.

Whose account it is, and who may look: web_access.py.
"""

import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from buildbot.www.auth import TwistedICredAuthBase
from twisted.cred.checkers import ICredentialsChecker
from twisted.cred.credentials import IUsernamePassword
from twisted.cred.error import UnauthorizedLogin
from twisted.internet import defer, reactor, task
from twisted.web.guard import BasicCredentialFactory
from twisted.web.resource import Resource
from twisted.web.server import Request
from zope.interface import implementer

from python_builds.core.settings.login_settings import OAUTH, PROXY
from python_builds.core.settings.roles import roles_of
from python_builds.core.settings.settings import Settings
from python_builds.farm.database.database_watch import EVERY_SECONDS
from python_builds.farm.database.database_watch import NAME as WATCH
from python_builds.farm.web.oauth_login import OAuthLogin, make_oauth
from python_builds.farm.web.proxy_login import ProxyLogin
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


NO_ROLE = (
    "You are logged in as {}, who may not look here. Who may is in the farm's settings: PYTHON_BUILDS_WEB_VIEWERS, "
    "WEB_BUILDERS and WEB_ADMINS. Log out at auth/logout.\n"
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


class FarmAuth(TwistedICredAuthBase):
    """The login by the operator's password, and by another way beside it; all requests are held to GuardedRequest."""

    compare_attrs = ()

    def __init__(self, settings: Settings, password: str) -> None:
        """Take the settings, and the password of the operator's account."""
        super().__init__([BasicCredentialFactory(b"python-builds")], [OneAccount(settings.web_user, password)])
        self.settings = settings
        self.metrics_token = settings.metrics_token_file.read_text().strip() if settings.metrics_token_file else ""
        self.oauth = make_oauth(settings) if settings.web_login in OAUTH else None

    def getConfigDict(self) -> dict[str, Any]:
        """Tell Buildbot's pages what their button says."""
        return dict(self.oauth.getConfigDict() if self.oauth else super().getConfigDict())

    def getLoginResource(self) -> Any:
        """Say where people log in."""
        by_password = super().getLoginResource()
        if self.oauth:
            return EitherLogin(by_password, OAuthLogin(self.master, self.oauth, self.settings))
        if self.settings.web_login == PROXY:
            return EitherLogin(by_password, ProxyLogin(self.master, self.settings))
        return by_password

    def reconfigAuth(self, master: Any, new_config: Any) -> None:
        """Take the master's site before it listens: Buildbot calls this in between."""
        super().reconfigAuth(master, new_config)
        if self.oauth:
            self.oauth.reconfigAuth(master, new_config)
        everyone = self.settings.web_readers == "everyone"
        master.www.site.requestFactory = GuardedRequest if everyone else PrivateRequest
        master.www.site.roles = lambda user: roles_of(user, self.settings)
        master.www.site.services = master.service_manager.namedServices
        dress(master.www.site, new_config.title)
        add_vital_pages(master, self.metrics_token)


class EitherLogin(Resource):
    """Another way to log in, unless somebody comes with a password, or asks to by `auth/login?local=1`."""

    isLeaf = True

    def __init__(self, by_password: Any, otherwise: Any) -> None:
        super().__init__()
        self.by_password = by_password
        self.otherwise = otherwise

    def render(self, request: Any) -> Any:
        """Hand it on."""
        with_password = request.getHeader(b"Authorization") or b"local" in request.args
        return (self.by_password if with_password else self.otherwise).render(request)


def _is_text(address: bytes) -> bool:
    """Tell what names something from what no file system, column or page of Buildbot's takes."""
    try:
        return "\0" not in address.decode()
    except UnicodeDecodeError:
        return False


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
        if not _is_text(unquote_to_bytes(self.uri)):
            self.refuse(400, "The address must be UTF-8 without null characters.\n")
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
        if self.path not in (b"/auth/login", b"/auth/logout", *VITAL_PAGES) and not self.may_look():
            if "username" in self.user:
                self.refuse(403, NO_ROLE.format(self.user["username"]))
            elif self.path == b"/":
                self.redirect(b"auth/login")
                self.finish()
            else:
                self.refuse(403, "Only operators may look here: log in at auth/login.\n")
        else:
            super().process()

    def may_look(self) -> bool:
        """Say whether who asks has logged in, as somebody with a role."""
        self.site = self.channel.site  # which Twisted sets later
        self.sitepath: list[bytes] = []
        self.user: Mapping[str, Any] = self.getSession().user_info
        return bool(self.site.roles(self.user))
