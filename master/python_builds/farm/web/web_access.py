"""The web UI and who may do what in it."""

import glob
import secrets
from typing import Any
from urllib.parse import urlsplit

from buildbot.plugins import util

from python_builds.core.settings.settings import Settings
from python_builds.farm.web.overview import NAME as OVERVIEW
from python_builds.farm.web.web_login import OperatorAuth


def origins(settings: Settings) -> list[str]:
    """Name the sites that the web UI's own pages come from: the public one, and this machine by its usual names."""
    here = [f"http://{host}:{settings.web_port}" for host in ("localhost", "127.0.0.1", "[::1]")]
    return [f"{url.scheme}://{url.netloc}" for url in map(urlsplit, (settings.public_url, settings.local_url, *here))]


def make_www(settings: Settings) -> dict[str, Any]:
    """Make the web UI's settings: there is always an account, as code from a tarball may reach loopback, too."""
    return {
        "port": f"tcp:{settings.web_port}:interface={settings.web_host.replace(':', chr(92) + ':')}",
        "plugins": {"waterfall_view": {}, OVERVIEW: {}},
        "ui_default_config": {"Links.build_link_template": "%(prop:python_version)%(prop:variant) (%(build_number))"},
        "change_hook_dialects": {},
        # Of the sites whose pages may press buttons here; fnmatch patterns, in which brackets are special.
        "allowed_origins": [glob.escape(origin) for origin in origins(settings)],
        "avatar_methods": [],  # Gravatar would tell another site who logs in here
        # Where the farm was never started, as when its configuration is checked, nobody can log in.
        "auth": OperatorAuth(
            settings.web_user,
            settings.web_password() or secrets.token_urlsafe(),
            strangers_may_look=settings.web_readers == "everyone",
            metrics_token=settings.metrics_token_file.read_text().strip() if settings.metrics_token_file else "",
        ),
        "authz": util.Authz(
            allowRules=[util.AnyControlEndpointMatcher(role="operators")],
            roleMatchers=[util.RolesFromUsername(roles=["operators"], usernames=[settings.web_user])],
        ),
    }
