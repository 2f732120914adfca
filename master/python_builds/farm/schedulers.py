"""Who may ask for builds: a person with the Force form, and the timers. Everything goes through `release`."""

from collections.abc import Collection, Sequence
from typing import Any

from buildbot.plugins import schedulers, util
from buildbot.schedulers.forcesched import ValidationError

from python_builds.facts.artifacts import PROFILES
from python_builds.facts.errors import InvalidVersion
from python_builds.facts.platforms import Platform
from python_builds.facts.releases import NEWEST
from python_builds.facts.requests import DEFAULT_PROFILE, parse_version_or_newest
from python_builds.facts.settings import Settings
from python_builds.farm.builders import RELEASE, platform_builders
from python_builds.farm.manifest_steps import MANIFEST
from python_builds.farm.release_steps import SCHEDULER

MANIFEST_EVERY = 6 * 3600
"""Seconds. The indexes are written after each build; this mends what a crash between the two left."""


class VersionParameter(util.StringParameter):
    """A field for a CPython version, checked on the server with a sentence that says what is allowed."""

    def parse_from_arg(self, s: object) -> str:
        """Return the version as typed."""
        try:
            parse_version_or_newest(s)
        except InvalidVersion as error:
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
    return [
        force_scheduler([platform.name for platform in platforms]),
        *([schedulers.Triggerable(name=SCHEDULER, builderNames=sorted(builders))] if builders else []),
        schedulers.Triggerable(name=MANIFEST, builderNames=[MANIFEST]),
        schedulers.Periodic(name="manifest-timer", builderNames=[MANIFEST], periodicBuildTimer=MANIFEST_EVERY),
    ]


def force_scheduler(platform_names: Collection[str]) -> Any:
    """Make the Force form of the release builder."""
    return schedulers.ForceScheduler(
        name="force",
        buttonName="Build a release",
        label="Build a CPython release",
        builderNames=[RELEASE],
        codebases=[util.CodebaseParameter("", branch="", revision="", repository="", project="", hide=True)],
        reason=util.StringParameter(name="reason", label="Reason", default="by hand", size=40, maxsize=200),
        priority=util.IntParameter(name="priority", label="Priority", default=0, hide=True),
        username=util.UserNameParameter(label="Your name", need_email=False),
        properties=[
            VersionParameter(
                name="python_version",
                label="CPython version",
                default=NEWEST,
                size=12,
                maxsize=20,
                tooltip=f"for instance 3.13.5 or 3.14.0rc2, or {NEWEST}",
            ),
            ChoiceParameter(
                name="platforms",
                label="Platforms",
                choices=list(platform_names),
                multiple=True,
                default=[],
                tooltip="none means all",
            ),
            ChoiceParameter(name="profile", label="Profile", choices=list(PROFILES), default=DEFAULT_PROFILE),
            util.BooleanParameter(
                name="force", label="Build again what exists already, as a new revision", default=False
            ),
        ],
    )
