"""Logging in by GitHub, GitLab or OpenID Connect, with Buildbot's own plugins.

Around them is what they lack: an answer from elsewhere counts only in the browser that asked for it, a login that
fails ends in a sentence, and who comes from there is marked, so that nobody is the operator by his name alone.
"""

import hmac
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import requests
from buildbot.plugins import util
from buildbot.www import resource
from buildbot.www.oauth2 import OAuth2Auth
from twisted.internet import defer, threads
from twisted.python import log
from twisted.web.error import Error

from python_builds.core.settings.login_settings import GITHUB, GITLAB
from python_builds.core.settings.roles import PROVIDER, named_groups
from python_builds.core.settings.settings import Settings

COOKIE = b"python_builds_login"
"""Holds what was drawn for one login until its answer comes."""

SECONDS = 30
"""That the other server has for an answer."""


def make_oauth(settings: Settings) -> OAuth2Auth:
    """Make Buildbot's plugin of the settings."""
    secret = settings.login_secret_file.read_text().strip() if settings.login_secret_file else ""
    if settings.web_login == GITHUB:
        # Teams count as groups, as in @python/release-managers, which version 4 of the API tells.
        return util.GitHubAuth(
            settings.login_client_id, secret, serverURL=settings.login_url, apiVersion=4, getTeamsMembership=True
        )
    if settings.web_login == GITLAB:
        return util.GitLabAuth(settings.login_url or "https://gitlab.com", settings.login_client_id, secret)
    return OidcAuth(settings, secret)


class OidcAuth(OAuth2Auth):
    """OpenID Connect: Buildbot's OAuth2 with the addresses that the issuer itself tells.

    Who has logged in is asked of the issuer, over TLS, with the token that it gave for the code and the secret.
    """

    name = "OpenID Connect"
    faIcon = "fa-sign-in"

    def __init__(self, settings: Settings, secret: str) -> None:
        super().__init__(settings.login_client_id, secret)
        self.issuer = settings.login_url or ""
        self.user_claim, self.groups_claim = settings.login_user_claim, settings.login_groups_claim
        self.authUriAdditionalParams = {"scope": settings.login_scope}
        self.userinfo = ""

    @defer.inlineCallbacks
    def getLoginURL(self, redirect_url: object) -> Any:
        """Say where a browser logs in."""
        yield threads.deferToThread(self._discover)
        return (yield super().getLoginURL(redirect_url))

    @defer.inlineCallbacks
    def verifyCode(self, code: bytes) -> Any:
        """Take the answer's code for who has logged in."""
        yield threads.deferToThread(self._discover)
        return (yield super().verifyCode(code))

    def _discover(self) -> None:
        """Read the issuer's addresses, once."""
        if self.userinfo:
            return
        answer = requests.get(f"{self.issuer}/.well-known/openid-configuration", timeout=SECONDS)
        answer.raise_for_status()
        found = answer.json()
        if found["issuer"].rstrip("/") != self.issuer:
            raise ValueError(
                f"the issuer {self.issuer} calls itself {found['issuer']}: set PYTHON_BUILDS_LOGIN_URL to that"
            )
        self.authUri, self.tokenUri = found["authorization_endpoint"], found["token_endpoint"]
        # The default of OpenID Connect is the header, and what is none of its methods is not to be used.
        methods = found.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        self.getTokenUseAuthHeaders = "client_secret_basic" in methods
        self.userinfo = found["userinfo_endpoint"]

    def createSessionFromToken(self, token: Mapping[str, Any]) -> requests.Session:
        """Show the token in a header: in an address, where Buildbot puts it, logs would have it."""
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {token['access_token']}"
        return session

    def getUserInfoFromOAuthClient(self, c: requests.Session) -> dict[str, Any]:
        """Ask who it is."""
        answer = c.get(self.userinfo, timeout=SECONDS)
        answer.raise_for_status()
        claims = answer.json()
        if not claims.get(self.user_claim):
            raise ValueError(
                f"the issuer told no {self.user_claim}: see PYTHON_BUILDS_LOGIN_USER_CLAIM and LOGIN_SCOPE"
            )
        name = str(claims[self.user_claim])
        return {
            "username": name,
            "full_name": str(claims.get("name", name)),
            "email": str(claims.get("email", "")),
            "groups": claims.get(self.groups_claim) or [],
        }


class OAuthLogin(resource.Resource):
    """Where a browser begins to log in, and comes back to."""

    needsReconfig = False
    isLeaf = True

    def __init__(self, master: Any, oauth: OAuth2Auth, settings: Settings) -> None:
        super().__init__(master)
        self.oauth = oauth
        self.settings = settings

    def render_GET(self, request: Any) -> Any:
        """Send it away, or take what it brings."""
        return self.asyncRenderHelper(request, self._answer)

    @defer.inlineCallbacks
    def _answer(self, request: Any) -> Any:
        try:
            if b"code" in request.args or b"error" in request.args:
                yield self._come_back(request)
            else:
                yield self._go(request)
        except (requests.RequestException, KeyError, TypeError, ValueError) as error:
            log.msg(f"a login by {self.oauth.name} failed: {type(error).__name__}: {error}")
            why = str(error) if type(error) is ValueError else type(error).__name__
            raise Error(502, f"The login by {self.oauth.name} failed: {why}\n".encode()) from error

    @defer.inlineCallbacks
    def _go(self, request: Any) -> Any:
        drawn = secrets.token_urlsafe()
        request.addCookie(COOKIE, drawn, path=b"/auth", max_age=b"600")
        back = request.args.get(b"redirect", [b"/"])[0].decode(errors="replace")
        url = yield self.oauth.getLoginURL(None)
        raise resource.Redirect(f"{url}&{urlencode({'state': f'{drawn} {back}'})}")

    @defer.inlineCallbacks
    def _come_back(self, request: Any) -> Any:
        state = request.args.get(b"state", [b""])[0].decode(errors="replace")
        drawn, _, back = state.partition(" ")
        if not drawn or not hmac.compare_digest(drawn.encode(), request.getCookie(COOKIE) or b""):
            raise Error(403, b"This browser did not ask for that login, or long ago: log in again at auth/login.\n")
        request.addCookie(COOKIE, "", path=b"/auth", max_age=b"0")
        if b"error" in request.args:
            raise Error(403, f"{self.oauth.name} has not logged you in.\n".encode())
        user = yield self.oauth.verifyCode(request.args[b"code"][0])
        session = request.getSession()
        groups = named_groups(user, self.settings)
        session.user_info = {**user, "groups": groups, PROVIDER: self.oauth.name}
        session.updateSession(request)
        raise resource.Redirect(f"{self.oauth.homeUri}#{back}")
