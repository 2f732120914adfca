"""Logging in by a proxy that asks for the password itself, and whom a directory (LDAP) knows the groups of.

Buildbot's RemoteUserAuth believes a header, whoever sends it. So the proxy shows a secret beside it.
"""

import hmac
import ssl
from typing import Any
from urllib.parse import urlsplit

from buildbot.www import resource
from buildbot.www.auth import RemoteUserAuth
from buildbot.www.ldapuserinfo import LdapUserInfo
from ldap3 import Tls
from ldap3.core.exceptions import LDAPException
from twisted.internet import defer
from twisted.python import log
from twisted.web.error import Error

from python_builds.core.settings.roles import PROVIDER, named_groups
from python_builds.core.settings.settings import Settings

SECRET = b"X-Proxy-Secret"

NAME = r"^(?P<username>[A-Za-z0-9._@-]{1,100})\Z"
"""What a user's name may be: Buildbot puts it into the directory's filter as it is."""

PORTS = {"ldap": 389, "ldaps": 636}


class ProxyLogin(resource.Resource):
    """Where a browser comes through the proxy that knows who it is."""

    needsReconfig = False
    isLeaf = True

    def __init__(self, master: Any, settings: Settings) -> None:
        super().__init__(master)
        self.settings = settings
        self.secret = settings.login_secret_file.read_text().strip() if settings.login_secret_file else ""
        self.auth = RemoteUserAuth(
            header=settings.login_header, headerRegex=NAME, userInfoProvider=make_directory(settings)
        )
        self.auth.master = master

    def render_GET(self, request: Any) -> Any:
        """Take the proxy's word for who it is."""
        return self.asyncRenderHelper(request, self._answer)

    @defer.inlineCallbacks
    def _answer(self, request: Any) -> Any:
        shown = request.getHeader(SECRET) or b""
        if not self.secret or not hmac.compare_digest(shown, self.secret.encode()):
            raise Error(403, b"This did not come through the proxy that knows who may log in.\n")
        try:
            yield self.auth.maybeAutoLogin(request)
        except (LDAPException, KeyError) as error:
            log.msg(f"the directory could not be asked who logs in: {type(error).__name__}: {error}")
            raise Error(502, b"The directory does not know who you are; the master's log says why.\n") from error
        session = request.getSession()
        groups = named_groups(session.user_info, self.settings)
        session.user_info = {**session.user_info, "groups": groups, PROVIDER: "proxy"}
        session.updateSession(request)
        raise resource.Redirect(self.settings.public_url)


def make_directory(settings: Settings) -> LdapUserInfo | None:
    """Make Buildbot's plugin for a directory, if there is one."""
    if settings.ldap_url is None:
        return None
    url = urlsplit(settings.ldap_url)
    password = settings.ldap_password_file.read_text().strip() if settings.ldap_password_file else None
    return LdapUserInfo(
        uri=f"{url.scheme}://{url.hostname}:{url.port or PORTS[url.scheme]}",
        bindUser=settings.ldap_user or None,
        bindPw=password,
        accountBase=settings.ldap_accounts,
        accountPattern=settings.ldap_account_filter,
        accountFullName="cn",
        accountEmail="mail",
        groupBase=settings.ldap_groups,
        groupMemberPattern=settings.ldap_group_filter,
        groupName="cn",
        tls=Tls(validate=ssl.CERT_REQUIRED) if url.scheme == "ldaps" else None,
    )
