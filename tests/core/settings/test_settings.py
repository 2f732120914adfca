"""Settings: where they come from, and how their problems read."""

import shutil
import subprocess
import sys

import pytest
from pydantic import ValidationError

from python_builds.cli.pages import settings_lines
from python_builds.core.settings.settings import (
    CHECKOUT,
    PREFIX,
    ConfigurationError,
    Settings,
    load_settings,
    variable,
)
from python_builds.core.upstream.trust import Trust


@pytest.fixture
def load(monkeypatch, tmp_path):
    """Load with variables set, and with the text of an .env file."""

    def load_with(dotenv="", **variables):
        for name, value in variables.items():
            monkeypatch.setenv(variable(name), str(value))
        (tmp_path / ".env").write_text(dotenv)
        monkeypatch.setenv(variable("env_file"), str(tmp_path / ".env"))
        return load_settings()

    return load_with


@pytest.fixture
def problems(load):
    """Load what cannot be used, and give the problems."""

    def problems_of(dotenv="", **variables):
        with pytest.raises(ConfigurationError) as refused:
            load(dotenv, **variables)
        return refused.value.problems

    return problems_of


@pytest.fixture
def account(tmp_path):
    (tmp_path / "password").write_text(" secret \n")
    (tmp_path / "password").chmod(0o600)
    return {"web_user": "operator", "web_password_file": tmp_path / "password"}


def test_a_farm_without_settings_keeps_to_its_checkout_and_its_machine(load):
    settings = load()

    assert settings.state_dir == CHECKOUT / ".state"
    assert settings.store == CHECKOUT / "output"
    assert settings.public_url == "http://127.0.0.1:8010/"
    assert settings.web_user == "operator"
    assert settings.password_file == CHECKOUT / ".state" / "web-password"
    assert settings.sources == "mirror python.org apt"
    assert settings.minimum_trust is Trust.SIGNED_INDEX
    assert settings.builds_here
    assert settings.package_check


def test_the_checkout_is_where_the_makefile_is():
    assert (CHECKOUT / "Makefile").is_file()


def test_an_env_file_that_the_environment_names_must_be_there(monkeypatch, tmp_path):
    monkeypatch.setenv(variable("env_file"), str(tmp_path / "none"))

    with pytest.raises(ConfigurationError) as refused:
        load_settings()

    assert refused.value.problems == [f"PYTHON_BUILDS_ENV_FILE is '{tmp_path}/none': must be a file that is there"]


def test_an_env_file_cannot_name_another_one(problems, tmp_path):
    (problem,) = problems(f"PYTHON_BUILDS_ENV_FILE={tmp_path}/.env\n")

    assert problem == (
        f"PYTHON_BUILDS_ENV_FILE is a line of {tmp_path}/.env: it must be set in the environment or nowhere"
    )


def test_the_env_file_is_the_checkout_s_unless_the_environment_names_another(tmp_path):
    checkout = tmp_path / "checkout"
    shutil.copytree(CHECKOUT / "master", checkout / "master")
    (checkout / ".env").write_text("PYTHON_BUILDS_WEB_PORT=8020\n")
    (checkout / "other").write_text("PYTHON_BUILDS_WEB_PORT=8030\n")
    code = """
import os
from python_builds.core.settings.settings import load_settings
for name in ("", "other", os.devnull):
    os.environ["PYTHON_BUILDS_ENV_FILE"] = name
    print(load_settings().web_port)
"""
    environment = {"PYTHONPATH": str(checkout / "master")}

    shown = subprocess.check_output([sys.executable, "-c", code], env=environment, cwd=tmp_path, text=True)

    assert shown.split() == ["8020", "8030", "8010"]


def test_an_empty_variable_is_one_that_is_not_set(load):
    assert load(web_port="", web_user="").web_port == 8010


def test_the_env_file_is_read(load):
    settings = load("# ours\nPYTHON_BUILDS_WEB_PORT=8020\nexport PYTHON_BUILDS_MINIMUM_TRUST='sigstore'\nOTHER=1\n")

    assert settings.web_port == 8020
    assert settings.minimum_trust is Trust.SIGSTORE


def test_the_environment_wins_over_the_env_file(load):
    assert load("PYTHON_BUILDS_WEB_PORT=8020\n", web_port=8030).web_port == 8030


def test_a_relative_path_counts_from_the_checkout(load, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)

    settings = load(store="published", state_dir="/var/lib/farm")

    assert settings.store == CHECKOUT / "published"
    assert str(settings.state_dir) == "/var/lib/farm"


def test_settings_cannot_be_changed_afterwards(load):
    settings = load()

    with pytest.raises(ValidationError, match="frozen"):
        settings.web_port = 1


@pytest.mark.parametrize(
    "field, value, allowed",
    [
        ("web_port", "eighty", "must be a valid integer"),
        ("web_port", "0", "must be greater than or equal to 1"),
        ("web_port", "65536", "must be less than or equal to 65535"),
        ("minimum_trust", "none", "must be 'digest', 'signed-index', 'openpgp' or 'sigstore'"),
        ("local_worker", "perhaps", "must be a valid boolean"),
        ("web_url", "farm.example", "must be a URL that starts with http:// or https://"),
        ("python_org_url", "ftp://python.org", "must be a URL that starts with http:// or https://"),
        ("sources", "mirror pypi", "must name mirror, python.org, apt or absolute folders, separated by spaces"),
        ("sources", "tarballs", "must name mirror, python.org, apt or absolute folders, separated by spaces"),
        ("sources", "  ", "must name mirror, python.org, apt or absolute folders, separated by spaces"),
    ],
)
def test_a_problem_names_the_variable_the_value_and_what_is_allowed(problems, field, value, allowed):
    (problem,) = problems(**{field: value})

    assert problem.startswith(f"{variable(field)} is {value!r}: ")
    assert allowed in problem


def test_all_problems_are_told_at_once(problems):
    found = problems("PYTHON_BUILDS_PORT=1\n", web_port="x", web_host="0.0.0.0", sources="x", max_attempts="99")

    named = [problem.split()[0].removeprefix(PREFIX).lower() for problem in found]
    assert sorted(named) == ["max_attempts", "port", "sources", "web_host", "web_port"]


def test_a_mistyped_setting_is_a_problem_that_says_what_was_meant(problems):
    (problem,) = problems(web_prot="8020")

    assert problem == "PYTHON_BUILDS_WEB_PROT is not a setting; did you mean PYTHON_BUILDS_WEB_PORT?"


def test_a_mistyped_setting_in_the_env_file_is_a_problem_too(problems):
    (problem,) = problems("PYTHON_BUILDS_STOER=x\n")

    assert problem == "PYTHON_BUILDS_STOER is not a setting; did you mean PYTHON_BUILDS_STORE?"


def test_a_setting_that_resembles_none_is_answered_with_where_they_are_listed(problems):
    (problem,) = problems(zzzzzzzzzzzzzzzzzzzzzzzzzzzzzz="1")

    assert problem.endswith("is not a setting; `make settings` lists them")


def test_others_may_reach_a_farm_as_everybody_has_to_log_in(load, account):
    settings = load(web_host="0.0.0.0", web_url="https://farm.example", **account)

    assert settings.public_url == "https://farm.example/"
    assert settings.local_url == "http://127.0.0.1:8010/"
    assert settings.web_password() == "secret"


def test_an_address_that_no_browser_can_go_to_needs_a_url(problems, account):
    (problem,) = problems(web_host="0.0.0.0", **account)

    assert problem == (
        "PYTHON_BUILDS_WEB_HOST is '0.0.0.0': needs PYTHON_BUILDS_WEB_URL, as no browser can go to that address"
    )


def test_a_password_that_others_may_read_is_a_problem(problems, account):
    account["web_password_file"].chmod(0o644)

    (problem,) = problems(**account)

    assert problem.endswith("must be readable by its owner only: chmod 600")


def test_without_a_file_of_the_operator_s_the_password_is_the_farm_s_own(load, tmp_path):
    settings = load(state_dir=tmp_path)

    assert settings.web_password() is None, "it was never started"
    settings.password_file.write_text("drawn\n")
    assert settings.web_password() == "drawn"


@pytest.mark.parametrize("content", [None, "", " \n"])
def test_a_password_file_without_a_password_is_a_problem(problems, tmp_path, content):
    path = tmp_path / "password"
    if content is not None:
        path.write_text(content)

    (problem,) = problems(web_password_file=path)

    assert problem == f"PYTHON_BUILDS_WEB_PASSWORD_FILE is '{path}': must be a readable file that holds a password"


def test_a_problem_with_the_password_file_does_not_tell_the_password(problems, account):
    account["web_password_file"].chmod(0o644)
    found = problems(web_password_file=account["web_password_file"], web_port="x")

    assert len(found) == 2
    assert "secret" not in "\n".join(found)


@pytest.mark.parametrize("value", ["apt", "python.org mirror", "/srv/tarballs", "mirror /a /b apt"])
def test_sources_are_known_names_and_absolute_folders_in_any_order(load, value):
    assert load(sources=value).sources == value


@pytest.mark.parametrize(
    "changes, url",
    [
        ({"web_port": 80}, "http://127.0.0.1:80/"),
        ({"web_host": "::1"}, "http://[::1]:8010/"),
        ({"web_url": "https://farm.example/ci"}, "https://farm.example/ci/"),
        ({"web_url": "https://farm.example/"}, "https://farm.example/"),
    ],
)
def test_the_public_url_is_where_browsers_go_and_ends_in_one_slash(load, changes, url):
    assert load(**changes).public_url == url


@pytest.mark.parametrize("field", Settings.model_fields)
def test_every_setting_is_described(field):
    found = [line for line in settings_lines().splitlines() if line.startswith(f"{variable(field)} (default: ")]

    assert len(found) == 1
    assert found[0].partition("): ")[2], f"give {field} a description in core/settings/settings.py"


def test_descriptions_show_paths_as_one_types_them():
    assert "PYTHON_BUILDS_STORE (default: output): folder that is published" in settings_lines().splitlines()


def test_the_command_prints_the_settings():
    command = [sys.executable, "-m", "python_builds", "settings"]

    assert (
        subprocess.check_output(command, env={"PYTHONPATH": ":".join(sys.path)}, text=True) == settings_lines() + "\n"
    )


def test_docker_hosts_are_read_from_json_and_replace_this_machine(load):
    settings = load(docker_hosts='[{"name": "big", "url": "tcp://10.0.0.5:2376", "master": "10.0.0.1", "workers": 2}]')

    assert settings.docker_hosts[0].worker_names == ["big-1", "big-2"]
    assert not settings.builds_here
    assert load(docker_hosts="[]").builds_here
    assert load(docker_hosts="[]", local_worker="false").builds_here is False


TWICE = '{"name": "b", "url": "unix:///s", "master": "h"}'


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("big", "must be a JSON list of objects"),
        ('[{"name": "big", "url": "tcp://h:1"}]', "PYTHON_BUILDS_DOCKER_HOSTS 0 master"),
        ('[{"name": "Big!", "url": "tcp://h:1", "master": "h"}]', "PYTHON_BUILDS_DOCKER_HOSTS 0 name is 'Big!'"),
        ('[{"name": "b", "url": "http://h", "master": "h"}]', "PYTHON_BUILDS_DOCKER_HOSTS 0 url is 'http://h'"),
        ('[{"name": "b", "url": "unix:///s", "master": "h", "wrkers": 2}]', "PYTHON_BUILDS_DOCKER_HOSTS 0 wrkers"),
        ('[{"name": "b", "url": "unix:///s", "master": "h", "workers": 0}]', "PYTHON_BUILDS_DOCKER_HOSTS 0 workers"),
        (
            '[{"name": "master", "url": "unix:///s", "master": "h"}]',
            "another name than master, which the farm itself has",
        ),
        (f"[{TWICE}, {TWICE}]", "and b is there more than once"),
    ],
)
def test_a_wrong_docker_host_is_a_problem_that_names_its_field(problems, text, sentence):
    (problem,) = problems(docker_hosts=text)

    assert sentence in problem


@pytest.mark.parametrize("size", ["0", "5", "0G", "2.5G", "5 G", "lots"])
def test_a_compiler_cache_without_a_bound_is_refused(problems, size):
    (problem,) = problems(ccache_size=size)

    assert problem.startswith(f"PYTHON_BUILDS_CCACHE_SIZE is '{size}': ")


def test_minors_are_added_and_excluded(load):
    settings = load(minors_added="3.8  3.9", minors_excluded="3.10")

    assert (settings.minors_added.split(), settings.minors_excluded.split()) == (["3.8", "3.9"], ["3.10"])


@pytest.mark.parametrize("value", ["3", "3.8.1", "3.8,3.9", "v3.8", "3.08", "3.8; reboot", "../3.8", "3.٨"])
@pytest.mark.parametrize("field", ["minors_added", "minors_excluded"])
def test_what_is_no_minor_is_a_problem(problems, field, value):
    (problem,) = problems(**{field: value})

    assert problem == f"{variable(field)} is {value!r}: must name minors as in 3.8, separated by spaces"


def test_a_minor_cannot_be_both_added_and_excluded(problems):
    (problem,) = problems(minors_added="3.8 3.9", minors_excluded="3.9")

    assert problem.endswith("must not name 3.9, which PYTHON_BUILDS_MINORS_ADDED names")


@pytest.mark.parametrize("value", ["59", "0", "-1", "86401", "often"])
def test_python_org_is_polled_once_a_minute_at_most_and_once_a_day_at_least(problems, value):
    (problem,) = problems(poll_seconds=value)

    assert problem.startswith(f"PYTHON_BUILDS_POLL_SECONDS is {value!r}: must be")


def test_a_spare_needs_a_database_that_two_masters_reach(problems, load):
    (problem,) = problems(standby="true")

    assert problem == (
        "PYTHON_BUILDS_STANDBY is 'true': needs PostgreSQL, which two masters reach: set PYTHON_BUILDS_DATABASE_URL"
    )
    assert load(standby="true", database_url="postgresql://farm@db/farm").standby


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "client-secret"
    path.write_text("secret")
    path.chmod(0o600)
    return str(path)


@pytest.mark.parametrize(
    "values, field, sentence",
    [
        ({"web_login": "saml"}, "WEB_LOGIN", "must be one of password, github, gitlab, oidc, proxy"),
        ({"web_login": "github"}, "LOGIN_CLIENT_ID", "must be what github calls this farm"),
        ({"web_login": "oidc", "login_client_id": "farm"}, "LOGIN_URL", "must be the issuer's URL"),
        (
            {"web_login": "oidc", "login_url": "id.example", "login_client_id": "farm"},
            "LOGIN_URL",
            "must be a URL that",
        ),
        ({"ldap_url": "ldaps://ldap.example"}, "LDAP_URL", "needs PYTHON_BUILDS_WEB_LOGIN=proxy"),
        ({"web_login": "proxy", "ldap_url": "ldap://a:b@h"}, "LDAP_URL", "without user, password and path"),
        ({"web_login": "proxy", "ldap_account_filter": "uid=anna"}, "LDAP_ACCOUNT_FILTER", "must be an LDAP filter"),
        ({"web_login": "proxy", "login_header": "X Remote"}, "LOGIN_HEADER", "must be the name of an HTTP header"),
        ({"web_builders": "anna, ,bo"}, "WEB_BUILDERS", "separated by commas, as in 'anna, @team'"),
        ({"web_admins": "@"}, "WEB_ADMINS", "names of people and, after an @, of groups"),
    ],
)
def test_a_login_that_cannot_work_is_a_problem_that_says_what_to_set(problems, secret, values, field, sentence):
    (problem,) = problems(login_secret_file=secret, **values)

    assert problem.startswith(f"PYTHON_BUILDS_{field} ")
    assert sentence in problem


@pytest.mark.parametrize("login", ["github", "gitlab", "oidc", "proxy"])
def test_a_login_elsewhere_needs_a_secret(problems, login):
    (problem,) = problems(web_login=login, login_client_id="farm", login_url="https://id.example")

    assert problem == f"PYTHON_BUILDS_LOGIN_SECRET_FILE is not set: must be a file, for PYTHON_BUILDS_WEB_LOGIN={login}"
