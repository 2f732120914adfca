"""The web UI and who may do what in it."""

import datetime
import glob
import secrets
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from buildbot.plugins import util
from buildbot.www.authz.endpointmatchers import EndpointMatcherBase, Match
from buildbot.www.authz.roles import RolesFromBase
from twisted.internet import defer

from python_builds.core.settings.login_settings import PASSWORD
from python_builds.core.settings.roles import ADMIN, BUILDER, roles_of
from python_builds.core.settings.settings import Settings
from python_builds.farm.planning.rebuild_steps import REBUILD
from python_builds.farm.web.forms import FORM
from python_builds.farm.web.overview import NAME as OVERVIEW
from python_builds.farm.web.rest import register
from python_builds.farm.web.web_login import FarmAuth


def origins(settings: Settings) -> list[str]:
    """Name the sites that the web UI's own pages come from: the public one, and this machine by its usual names."""
    here = [f"http://{host}:{settings.web_port}" for host in ("localhost", "127.0.0.1", "[::1]")]
    return [f"{url.scheme}://{url.netloc}" for url in map(urlsplit, (settings.public_url, settings.local_url, *here))]


def make_www(settings: Settings) -> dict[str, Any]:
    """Make the web UI's settings: there is always an account, as code from a tarball may reach loopback, too."""
    register()
    return {
        "port": f"tcp:{settings.web_port}:interface={settings.web_host.replace(':', chr(92) + ':')}",
        "plugins": {"waterfall_view": {}, OVERVIEW: {}},
        "ui_default_config": {"Links.build_link_template": "%(prop:python_version)%(prop:variant) (%(build_number))"},
        "change_hook_dialects": {},
        # Of the sites whose pages may press buttons here; fnmatch patterns, in which brackets are special.
        "allowed_origins": [glob.escape(origin) for origin in origins(settings)],
        "avatar_methods": [],  # Gravatar would tell another site who logs in here
        # Where the farm was never started, as when its configuration is checked, nobody can log in by password.
        "auth": FarmAuth(settings, settings.web_password() or secrets.token_urlsafe()),
        "authz": util.Authz(allowRules=allow_rules(), roleMatchers=[RolesOfSettings(settings)]),
        # Who leaves a group elsewhere loses his role here at the next login.
        **({} if settings.web_login == PASSWORD else {"cookie_expiration_time": datetime.timedelta(hours=12)}),
    }


class RolesOfSettings(RolesFromBase):
    """Gives a session's user the roles that the settings say."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings

    def getRolesFromUser(self, userDetails: Mapping[str, Any]) -> list[str]:
        """Give them."""
        return roles_of(userDetails, self.settings)


class FormEndpointMatcher(EndpointMatcherBase):
    """One form, which asks its own builder and no other: Buildbot's looks builders up before anybody checked them."""

    def __init__(self, form: str, role: str) -> None:
        super().__init__(role)
        self.form = form

    def match_ForceSchedulerEndpoint_force(self, epobject: Any, epdict: Mapping[str, Any], options: Any) -> Any:
        """Match."""
        return defer.succeed(Match(self.master) if epdict["schedulername"] == self.form else None)


class CancelEndpointMatcher(EndpointMatcherBase):
    """Cancelling what waits: Buildbot has none for that."""

    def match_BuildRequestEndpoint_cancel(self, epobject: Any, epdict: Any, options: Any) -> Any:
        """Match."""
        return defer.succeed(Match(self.master))

    match_BuildRequestsEndpoint_cancel = match_BuildRequestEndpoint_cancel


def allow_rules() -> list[Any]:
    """Say which role each action takes; the first that matches decides."""
    return [
        util.RebuildBuildEndpointMatcher(builder=REBUILD, role=ADMIN),
        util.RebuildBuildEndpointMatcher(role=BUILDER),
        FormEndpointMatcher(FORM, role=BUILDER),
        util.StopBuildEndpointMatcher(role=BUILDER),
        CancelEndpointMatcher(role=BUILDER),
        util.AnyControlEndpointMatcher(role=ADMIN),
    ]
