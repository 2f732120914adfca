"""Who may ask for builds: the planner, a person with a form, and the timers. Everything goes through `release`."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from buildbot.plugins import schedulers, util
from buildbot.schedulers.forcesched import ValidationError

from python_builds.facts.advice import FORCE_LABEL, RETRAIN_LABEL
from python_builds.facts.artifacts import PROFILES
from python_builds.facts.errors import InvalidRequest, InvalidVersion
from python_builds.facts.platforms import Platform
from python_builds.facts.releases import NEWEST
from python_builds.facts.requests import (
    ARCHITECTURES,
    DEFAULT_PROFILE,
    EVERYTHING,
    parse_rebuild_request,
    requested_tag,
)
from python_builds.facts.settings import Settings
from python_builds.facts.tags import parse_tag_or_newest
from python_builds.farm import rebuild_steps
from python_builds.farm.builders import RELEASE, platform_builders, recipes
from python_builds.farm.manifest_steps import AUDIT, MANIFEST
from python_builds.farm.planner import Planner
from python_builds.farm.rebuild_steps import REBUILD
from python_builds.farm.release_poller import CATEGORY
from python_builds.farm.release_steps import SCHEDULER

MANIFEST_EVERY = 6 * 3600
"""Seconds. The indexes are written after each build; this mends what a crash between the two left."""


class VersionParameter(util.StringParameter):
    """A field for a tag, checked on the server with a sentence that says what is allowed."""

    def parse_from_arg(self, s: object) -> str:
        """Return the version as typed."""
        try:
            return str(parse_tag_or_newest(s) or NEWEST)
        except InvalidVersion as error:
            raise ValidationError(str(error)) from None

    def updateFromKwargs(self, properties: dict[str, object], kwargs: Mapping[str, Any], **_: object) -> None:
        """Set two properties: the number, and the variant, which programs may also give beside it."""
        variant = "".join(map(str, kwargs.get("variant", [])))
        try:
            tag = requested_tag({self.name: self.getFromKwargs(kwargs), "variant": variant})
        except InvalidRequest as error:
            raise ValidationError(str(error)) from None
        properties[self.name] = str(tag.version) if tag else NEWEST
        properties["variant"] = tag.variant if tag else ""


class VersionsParameter(util.StringParameter):
    """A field for several versions."""

    def parse_from_arg(self, s: object) -> str:
        """Return the versions as typed."""
        try:
            parse_rebuild_request({"versions": s})
        except InvalidRequest as error:
            raise ValidationError(str(error)) from None
        return str(s)


class ChoiceParameter(util.ChoiceStringParameter):
    """A choice, refused on the server with a sentence that says what is allowed."""

    def parse_from_arg(self, s: object) -> str:
        """Return the choice."""
        if s not in self.choices:
            raise ValidationError(f"{self.label} {s!r} is none of: {', '.join(self.choices)}")
        return str(s)


def make_schedulers(platforms: Sequence[Platform], settings: Settings) -> list[Any]:
    """Make all schedulers."""
    builders = platform_builders(platforms, settings)
    names = [platform.name for platform in platforms]
    return [
        force_scheduler(names),
        rebuild_scheduler(names),
        *([schedulers.Triggerable(name=SCHEDULER, builderNames=sorted(builders))] if builders else []),
        schedulers.Triggerable(name=rebuild_steps.SCHEDULER, builderNames=[RELEASE]),
        schedulers.Triggerable(name=MANIFEST, builderNames=[MANIFEST]),
        schedulers.Periodic(
            name="manifest-timer",
            builderNames=[MANIFEST],
            periodicBuildTimer=MANIFEST_EVERY,
            properties={AUDIT: True},
        ),
        Planner(
            name="planner",
            settings=settings,
            builders=builders,
            recipes=recipes(platforms, settings),
            release=RELEASE,
            category=CATEGORY,
        ),
    ]


def force_scheduler(platform_names: Collection[str]) -> Any:
    """Make the Force form of the release builder."""
    return _form(
        "force",
        RELEASE,
        button="Build a release",
        label="Build a CPython release",
        fields=[
            VersionParameter(
                name="python_version",
                label="CPython version",
                default=NEWEST,
                size=12,
                maxsize=20,
                tooltip=f"for instance 3.13.5, 3.14.0rc2 or 3.14.0t (free-threaded), or {NEWEST}",
            ),
            *_where(platform_names),
            util.BooleanParameter(name="force", label=FORCE_LABEL, default=False),
            util.BooleanParameter(name="retrain", label=RETRAIN_LABEL, default=False),
        ],
    )


def rebuild_scheduler(platform_names: Collection[str]) -> Any:
    """Make the form that breaks the glass."""
    return _form(
        REBUILD,
        REBUILD,
        button="Build again",
        label="Build again what is published, as new revisions",
        fields=[
            VersionsParameter(
                name="versions",
                label="CPython versions",
                default="",
                size=40,
                tooltip=f"for instance 3.10.1 3.14.0t, or {EVERYTHING}: every version that is published",
            ),
            *_where(platform_names),
            util.BooleanParameter(name="list_only", label="List only, build nothing", default=True),
        ],
    )


def _form(name: str, builder: str, *, button: str, label: str, fields: Sequence[Any]) -> Any:
    return schedulers.ForceScheduler(
        name=name,
        buttonName=button,
        label=label,
        builderNames=[builder],
        codebases=[util.CodebaseParameter("", branch="", revision="", repository="", project="", hide=True)],
        reason=util.StringParameter(name="reason", label="Reason", default="by hand", size=40, maxsize=200),
        priority=util.IntParameter(name="priority", label="Priority", default=0, hide=True),
        username=util.UserNameParameter(label="Your name", need_email=False),
        properties=fields,
    )


def _where(platform_names: Collection[str]) -> list[Any]:
    """Make the fields that every form has."""
    choices = {"platforms": list(platform_names), "architectures": list(ARCHITECTURES)}
    return [
        *(
            ChoiceParameter(
                name=name, label=name.capitalize(), choices=allowed, multiple=True, default=[], tooltip="none means all"
            )
            for name, allowed in choices.items()
        ),
        ChoiceParameter(name="profile", label="Profile", choices=list(PROFILES), default=DEFAULT_PROFILE),
    ]
