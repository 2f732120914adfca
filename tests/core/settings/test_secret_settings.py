"""What is secret in the settings, and that nothing that is said about them says it."""

import re

import pytest
from pydantic import ValidationError

from python_builds.core.settings.secret_settings import secret_fields, secret_file_fields
from python_builds.core.settings.settings import ConfigurationError, Settings, describe, load_settings, variable
from python_builds.core.workers.docker_hosts import DockerHost

MARKER = "Geheim-8b1d"
SECRETS = secret_fields(Settings)


def test_whatever_sounds_secret_has_the_type_of_a_secret():
    sounds = [
        name
        for name in Settings.model_fields
        if re.search("password|passphrase|secret|token|credential|key_file|webhook|database", name)
    ]

    assert sorted(sounds) == sorted([*SECRETS, *secret_file_fields(Settings)]), (
        "give what is secret a type of core/settings/secret_settings.py"
    )


@pytest.mark.parametrize("field", SECRETS)
def test_a_secret_that_cannot_be_used_is_in_no_message(field, monkeypatch):
    monkeypatch.setenv(variable(field), f"ftp://farm:{MARKER}@somewhere/{MARKER}")

    with pytest.raises(ConfigurationError) as refused:
        load_settings()

    assert [problem.partition(": ")[0] for problem in refused.value.problems] == [
        f"{variable(field)} is not shown, as it is secret"
    ]
    assert MARKER not in str(refused.value)
    with pytest.raises(ValidationError) as raised:
        Settings(_env_file=None)
    assert MARKER not in str(raised.value)


def test_a_secret_that_can_be_used_is_in_no_text_of_the_settings():
    urls = {"webhook_url": f"https://hooks.example/{MARKER}/", "database_url": f"postgresql://farm:{MARKER}@db/farm"}
    settings = Settings(_env_file=None, **urls)

    assert {*urls} == {*SECRETS}, "give a new one a value"
    assert settings.webhook_url.get_secret_value() == f"https://hooks.example/{MARKER}"
    for text in (
        repr(settings),
        str(settings),
        f"{settings.model_dump()}",
        settings.model_dump_json(),
        f"{describe()}",
    ):
        assert MARKER not in text


@pytest.mark.parametrize("field", ["python_org_url", "peps_url", "cdn_url", "s3_endpoint_url", "web_url"])
def test_a_url_that_everybody_sees_has_no_password_and_the_refusal_does_not_show_it(field, monkeypatch):
    monkeypatch.setenv(variable(field), f"https://farm:{MARKER}@mirror.example/x")

    with pytest.raises(ConfigurationError) as refused:
        load_settings()

    assert refused.value.problems == [
        f"{variable(field)} is 'https://…@mirror.example/x': must not hold a user or a password: logs and pages show it"
    ]


def test_the_url_of_a_docker_engine_has_no_password_and_the_refusal_does_not_show_it(monkeypatch):
    monkeypatch.setenv(variable("docker_hosts"), f'[{{"name": "big", "url": "tcp://a:{MARKER}@h:1", "master": "m"}}]')

    with pytest.raises(ConfigurationError) as refused:
        load_settings()

    (problem,) = refused.value.problems
    assert problem.startswith("PYTHON_BUILDS_DOCKER_HOSTS 0 url is 'tcp://…@h:1': ")
    assert DockerHost(name="big", url="unix:///var/run/docker.sock", master="m").url == "unix:///var/run/docker.sock"


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///state.sqlite",
        "sqlite:////srv/state.sqlite",
        "postgresql://farm@/farm?host=/run/postgresql",
        "postgresql+psycopg://farm:secret@db:5432/farm?sslmode=verify-full",
    ],
)
def test_a_database_is_sqlite_s_or_postgresql_s(url):
    assert Settings(_env_file=None, database_url=url).database_url.get_secret_value() == url


@pytest.mark.parametrize(
    "url, sentence",
    [
        ("state.sqlite", "must be a URL as in postgresql://farm:PASSWORD@db.example/farm"),
        ("postgresql://farm:x@db:port/farm", "must be a URL as in"),
        ("mysql://farm:x@db/farm", "must name a database of SQLite (sqlite:///state.sqlite) or PostgreSQL"),
        ("postgresql+psycopg2://farm:x@db/farm", "must name a database of"),
        ("postgresql://farm:x@db", "must name a database of"),
        ("sqlite://", "must name a database of"),
        (f"postgresql://farm@db/farm?password={MARKER}", "must have its password between user and host"),
    ],
)
def test_any_other_database_is_refused(url, sentence):
    with pytest.raises(ValidationError) as refused:
        Settings(_env_file=None, database_url=url)

    assert sentence in str(refused.value)
    assert MARKER not in str(refused.value)
