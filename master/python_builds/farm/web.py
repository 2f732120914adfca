"""The web UI and who may do what in it."""

from typing import Any

from buildbot.plugins import util

from python_builds.facts.settings import Settings


def make_www(settings: Settings) -> dict[str, Any]:
    """Make the web UI's settings. Without an account, whoever reaches the address may do everything: hence loopback."""
    www: dict[str, Any] = {
        "port": f"tcp:{settings.web_port}:interface={settings.web_host.replace(':', chr(92) + ':')}",
        "plugins": {"waterfall_view": {}, "console_view": {}, "grid_view": {}},
        "change_hook_dialects": {},
    }
    if settings.web_user is not None:
        www["auth"] = util.UserPasswordAuth({settings.web_user: settings.web_password()})
        www["authz"] = util.Authz(
            allowRules=[util.AnyControlEndpointMatcher(role="operators")],
            roleMatchers=[util.RolesFromUsername(roles=["operators"], usernames=[settings.web_user])],
        )
    return www
