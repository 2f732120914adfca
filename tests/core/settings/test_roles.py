"""Which role somebody has in the web UI, by name and groups."""

import pytest

from python_builds.core.settings.roles import named_groups, roles_of
from python_builds.core.settings.settings import Settings

SETTINGS = Settings(
    _env_file=None, web_user="boss", web_viewers="vera", web_builders="@Farm Builders, bo", web_admins="@admins,anna"
)


@pytest.mark.parametrize(
    "user, roles",
    [
        ({"anonymous": True}, []),
        ({"username": "boss"}, ["viewer", "builder", "admin"]),
        ({"username": "boss", "provider": "GitHub"}, []),
        ({"username": "anna"}, []),
        ({"username": "anna", "provider": "GitHub"}, ["viewer", "builder", "admin"]),
        ({"username": "vera", "provider": "GitHub"}, ["viewer"]),
        ({"username": "x", "groups": ["Farm Builders", "others"], "provider": "proxy"}, ["viewer", "builder"]),
        ({"username": "vera", "groups": ["admins"], "provider": "proxy"}, ["viewer", "builder", "admin"]),
        ({"username": "x", "groups": "admins", "provider": "proxy"}, ["viewer", "builder", "admin"]),
        ({"username": "admins", "groups": ["anna", "vera"], "provider": "proxy"}, []),
        ({"username": "@admins", "groups": [], "provider": "proxy"}, []),
        ({"username": "x", "groups": None, "provider": "proxy"}, []),
        ({"provider": "proxy"}, []),
    ],
)
def test_a_user_has_the_roles_of_his_name_and_his_groups_and_of_nobody_called_alike(user, roles):
    assert roles_of(user, SETTINGS) == roles


def test_of_many_groups_those_with_a_role_are_kept():
    assert named_groups({"groups": ["others", "admins", "bo"]}, SETTINGS) == ["admins"]
