"""Settings: environment variables named PYTHON_BUILDS_…, or lines of `.env` in the checkout; the environment wins.

All problems are reported at once, each naming the variable, the value found and what is allowed. A name that starts
with PYTHON_BUILDS_ and is none of ours is a problem too: a mistyped setting must not be one that is silently ignored.

`python-builds settings` lists them.
"""

import difflib
import os
from pathlib import Path
from typing import Annotated

from dotenv import dotenv_values
from pydantic import AfterValidator, Field, SecretStr, ValidationError, ValidationInfo, field_validator
from pydantic_settings import SettingsConfigDict, SettingsError

from python_builds.core.errors import ConfigurationError
from python_builds.core.planning.plan import BACKFILLS
from python_builds.core.settings.history_settings import HistorySettings
from python_builds.core.settings.login_settings import LoginSettings
from python_builds.core.settings.notice_settings import NoticeSettings
from python_builds.core.settings.publishing_settings import PublishingSettings
from python_builds.core.settings.secret_settings import DatabaseUrl, secret_fields, shown
from python_builds.core.settings.setting_types import (
    CHECKOUT,
    CheckoutPath,
    ExistingPath,
    HttpUrl,
    Minors,
    Minutes,
    PlatformNames,
    one_of,
)
from python_builds.core.settings.web_settings import WebSettings
from python_builds.core.upstream.free_threading import check_minors
from python_builds.core.upstream.release_managers import ReleaseManager, check_managers
from python_builds.core.upstream.trust import Trust
from python_builds.core.workers.docker_hosts import DockerHost, told_apart

PREFIX = "PYTHON_BUILDS_"
SOURCES = ("mirror", "python.org", "apt")


def _sources(value: str) -> str:
    names = value.split()
    if not names or any(name not in SOURCES and not name.startswith("/") for name in names):
        raise ValueError(f"must name {', '.join(SOURCES)} or absolute folders, separated by spaces")
    return value


class Settings(PublishingSettings, NoticeSettings, HistorySettings, WebSettings, LoginSettings):
    """What an operator may set; every field is the variable PYTHON_BUILDS_<FIELD>, in capitals."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="ignore", env_ignore_empty=True, hide_input_in_errors=True
    )

    env_file: ExistingPath | None = Field(None, description="read instead of .env; the environment alone names it")
    state_dir: CheckoutPath = Field(CHECKOUT / ".state", description="folder of all that the farm keeps for itself")
    store: CheckoutPath = Field(CHECKOUT / "output", description="folder that is published")
    database_url: DatabaseUrl = Field(
        SecretStr("sqlite:///state.sqlite"),
        description="URL of Buildbot's database: SQLite, or PostgreSQL, for which the master needs libpq",
    )
    standby: bool = Field(
        False, description="whether this master waits where another has the database, and takes over when that ends"
    )
    sources: Annotated[str, AfterValidator(_sources)] = Field(
        " ".join(SOURCES), description="where tarballs are looked for, in this order; absolute folders too"
    )
    minimum_trust: Trust = Field(
        Trust.SIGNED_INDEX, description=f"how well a tarball must be vouched for: {', '.join(Trust)}"
    )
    release_managers: Annotated[dict[str, ReleaseManager], AfterValidator(check_managers)] = Field(
        {}, description="JSON object of release managers that the farm's table lacks or has wrong; see docs/operate.md"
    )
    python_org_url: HttpUrl = Field("https://www.python.org", description="python.org, or a mirror of its layout")
    peps_url: HttpUrl = Field("https://peps.python.org", description="says which minors are at their end of life")
    poll_seconds: int = Field(
        3600,
        ge=60,
        le=86400,
        description="between two polls of python.org; its API grants 100 requests a day, so it is asked every half "
        "hour at most",
    )
    minors_added: Minors = Field("", description="minors that count although they are at their end of life, as in 3.8")
    minors_excluded: Minors = Field("", description="minors that do not count although they are maintained")
    prereleases: bool = Field(False, description="whether alphas, betas and release candidates count")
    apt_suites: str = Field(
        "bullseye bookworm trixie forky sid", description="suites of the apt source archive to look into"
    )
    build_user: str = Field("nobody", description="runs what comes from a tarball where the worker is root")
    docker_hosts: Annotated[tuple[DockerHost, ...], AfterValidator(told_apart)] = Field(
        (), description="JSON list of the Docker hosts that workers' containers run on; see docs/docker-hosts.md"
    )
    platforms: PlatformNames = Field(
        "", description="platforms that this farm is for, as in debian-12 rhel-9; not set: all that have a worker"
    )
    proof_days: int = Field(
        90,
        ge=1,
        le=3650,
        description="days after which a proof of a platform counts as old, from its base image's day on",
    )
    registry: str = Field("", description="where Docker hosts have the worker images from, as in registry.example/farm")
    worker_host: str = Field("127.0.0.1", description="address at which the master waits for workers")
    worker_port: int = Field(0, ge=0, le=65535, description="port at which it waits; 0 means any")
    local_worker: bool | None = Field(
        None, description="whether this machine builds for its own platform; if not set, where there is no Docker host"
    )
    ccache_size: str = Field(
        "2G", pattern=r"^[1-9][0-9]*[MG]$", description="that the compiler cache of one builder on one host may take"
    )
    package_check: bool = Field(True, description="whether this machine tries packages on an untouched base system")
    maintainer: str = Field(
        "python-builds <python-builds@localhost>", description="whom packages name as their maintainer"
    )
    automatic_builds: bool = Field(True, description="whether the farm builds by itself what is missing")
    backfill: Annotated[str, one_of(BACKFILLS)] = Field(
        "latest", description="what a new farm or platform gets of the past: latest of each minor, all or none"
    )
    free_threaded: Annotated[str, AfterValidator(check_minors)] = Field(
        "3.14+", description="minors whose free-threaded builds the farm makes by itself, as in 3.13 3.15+; all or none"
    )
    keep_platforms: PlatformNames = Field("", description="platforms that get automatic builds past their support")
    plan_seconds: float = Field(600, gt=0, description="between two looks at what is missing; events come on top")
    retry_minutes: Minutes = Field(
        "10 60",
        description="waits between the attempts at what fails; after the last it is left until its scripts, row, image "
        "or source change, and tried once a day where the world outside broke it (core/planning/back_off.py)",
    )
    confirm_above: int = Field(20, ge=0, description="builds above which `make rebuild` and the forms ask first")
    overdue_hours: float = Field(24, gt=0, description="in which a release should be published on every platform")
    poll_overdue_hours: float = Field(6, gt=0, description="in which a poll of python.org should have succeeded")

    @field_validator("minors_excluded")
    @classmethod
    def _is_not_added_too(cls, value: str, info: ValidationInfo) -> str:
        if both := sorted({*value.split()} & {*info.data.get("minors_added", "").split()}):
            raise ValueError(f"must not name {', '.join(both)}, which {PREFIX}MINORS_ADDED names")
        return value

    @field_validator("standby")
    @classmethod
    def _several_reach_the_database(cls, value: bool, info: ValidationInfo) -> bool:
        url = info.data.get("database_url")
        if value and url is not None and url.get_secret_value().startswith("sqlite"):
            raise ValueError(f"needs PostgreSQL, which two masters reach: set {PREFIX}DATABASE_URL")
        return value

    @property
    def builds_here(self) -> bool:
        """Whether this machine itself is a worker."""
        return not self.docker_hosts if self.local_worker is None else self.local_worker

    @property
    def password_file(self) -> Path:
        """Where the password of the web UI's account is: the operator's own file, or one that the farm writes."""
        return self.web_password_file or self.state_dir / "web-password"

    def web_password(self) -> str | None:
        """Read the password of the web UI's account; a farm that was never started has none yet."""
        try:
            return self.password_file.read_text().strip()
        except FileNotFoundError:
            return None


def load_settings() -> Settings:
    """Read and check all settings.

    Raises:
        ConfigurationError: with all problems at once.
    """
    dotenv = CHECKOUT / (os.environ.get(variable("env_file")) or ".env")
    problems = [_unknown(name) for name in sorted({*os.environ, *dotenv_values(dotenv)}) if _is_unknown(name)]
    try:
        settings = Settings(_env_file=dotenv)
    except ValidationError as error:
        problems += [_problem(e["loc"], e["input"], e["msg"]) for e in error.errors()]
    except SettingsError as error:
        problems.append(f"{error}: it must be a JSON list of objects, or for release managers an object")
    if variable("env_file") in dotenv_values(dotenv):
        problems.append(f"{variable('env_file')} is a line of {dotenv}: it must be set in the environment or nowhere")
    if problems:
        raise ConfigurationError(problems)
    return settings


def variable(field: str) -> str:
    """Name the variable of a field."""
    return PREFIX + field.upper()


def describe() -> list[tuple[str, str, str]]:
    """List every setting: its variable, its default and its meaning."""
    found = []
    for name, field in Settings.model_fields.items():
        default = field.default.relative_to(CHECKOUT) if isinstance(field.default, Path) else field.default
        default = default.get_secret_value() if isinstance(default, SecretStr) else default
        found.append((variable(name), "" if default in (None, (), {}) else str(default), str(field.description)))
    return found


def _is_unknown(name: str) -> bool:
    return name.startswith(PREFIX) and name.removeprefix(PREFIX).lower() not in Settings.model_fields


def _unknown(name: str) -> str:
    close = difflib.get_close_matches(name, [variable(field) for field in Settings.model_fields], n=1)
    return f"{name} is not a setting" + (f"; did you mean {close[0]}?" if close else "; `make settings` lists them")


def _problem(location: tuple[int | str, ...], value: object, message: str) -> str:
    field, *inside = map(str, location)
    allowed = message.removeprefix("Value error, ").removeprefix("Input ").replace("should be", "must be")
    found = "is not set" if value is None else shown(value, secret=field in secret_fields(Settings))
    where = "".join(f" {part}" for part in inside)
    return f"{variable(field)}{where} {found}: {allowed}"
