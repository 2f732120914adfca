"""Who may do what in the web UI: roles, of which each includes those before."""

from collections.abc import Collection, Mapping
from typing import Any

from python_builds.core.settings.setting_types import members
from python_builds.core.settings.settings import Settings

VIEWER, BUILDER, ADMIN = ROLES = ("viewer", "builder", "admin")
"""Looks; asks for builds, stops and cancels them; breaks the glass."""

PROVIDER = "provider"
"""Says in a session who vouches for the user, where that is not the farm's own file."""


def roles_of(user: Mapping[str, Any], settings: Settings) -> list[str]:
    """Give the roles of a session's user.

    A name counts as whose it is: an account elsewhere that is called like the operator's has nothing of his.
    """
    if PROVIDER not in user:
        return list(ROLES) if user.get("username") == settings.web_user else []
    name = str(user.get("username", ""))
    names = {*([] if name.startswith("@") else [name]), *(f"@{group}" for group in _groups(user))}
    given = (settings.web_viewers, settings.web_builders, settings.web_admins)
    highest = max((n for n, who in enumerate(given, start=1) if names & {*members(who)}), default=0)
    return list(ROLES[:highest])


def named_groups(user: Mapping[str, Any], settings: Settings) -> list[str]:
    """Keep of a user's groups those that have a role: a session is a cookie, which some hundred would not fit into."""
    given = (settings.web_viewers, settings.web_builders, settings.web_admins)
    named = {name for who in given for name in members(who)}
    return [str(group) for group in _groups(user) if f"@{group}" in named]


def _groups(user: Mapping[str, Any]) -> Collection[object]:
    groups = user.get("groups") or ()
    return groups if isinstance(groups, list | tuple) else (groups,)
