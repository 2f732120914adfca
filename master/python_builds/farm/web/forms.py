"""The forms that a person fills in, or a program by the API. Each says what is wrong with what it does not take.

What the boxes `force` and `retrain` say: core/advice.py.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from buildbot.configurators.janitor import JANITOR_NAME
from buildbot.plugins import schedulers, util
from buildbot.schedulers.forcesched import CollectedValidationError
from twisted.internet import defer, threads

from python_builds.core.advice import FORCE_LABEL, RETRAIN_LABEL, many_label
from python_builds.core.building.requests import (
    ARCHITECTURES,
    DEFAULT_PROFILE,
    EVERYTHING,
)
from python_builds.core.planning.plan import PERSON_PRIORITY
from python_builds.core.platforms.platform import Platform
from python_builds.core.publishing.artifacts import PROFILES
from python_builds.core.settings.login_settings import PASSWORD
from python_builds.core.settings.settings import Settings
from python_builds.core.upstream.releases import NEWEST
from python_builds.farm.builders import RELEASE
from python_builds.farm.planning.rebuild_steps import REBUILD
from python_builds.farm.publishing.trial_work import AGAIN
from python_builds.farm.steps.thread_step import values_of
from python_builds.farm.web.asked_release import MANY, AskedRelease, InvalidField, asked_platforms
from python_builds.farm.web.fields import ChoiceParameter, VersionParameter, VersionsParameter
from python_builds.farm.web.form_values import problems_of
from python_builds.farm.workers.image_watch import missing_images

FORM = "force"
"""The form of the release builder, by its name in Buildbot's API."""

MAX_NAME = 100
"""Characters of who asks, which with the reason must fit into a column of 256; an issuer's address may be longer."""


class Form(schedulers.ForceScheduler):
    """Buildbot's form. What a program gives may be of any type and size; Buildbot wants what its own pages send.

    `complete` is given all properties once each field is right by itself, and the builders that lack their image, in a
    thread. It gives those that it changes,
    or raises InvalidField.
    """

    complete: AskedRelease | None = None

    def checkConfig(self, *args: Any, complete: Any = None, **kwargs: Any) -> Any:
        """Check the arguments."""
        return super().checkConfig(*args, **kwargs)

    def reconfigService(self, *args: Any, complete: Any = None, **kwargs: Any) -> Any:
        """Take the arguments."""
        self.complete = complete
        return super().reconfigService(*args, **kwargs)

    @defer.inlineCallbacks
    def gatherPropertiesAndChanges(self, collector: Any, **kwargs: Any) -> Any:
        """Read the fields, then look at all of them together."""
        properties, changes, stamps = yield super().gatherPropertiesAndChanges(collector, **kwargs)
        if self.complete is not None and not collector.errors:
            try:
                lacking = yield missing_images(self.master, self.complete.builders)
                changed = yield threads.deferToThread(self.complete, values_of(properties), {*lacking})
            except InvalidField as error:
                collector.errors[error.field] = str(error)
            else:
                for name, value in changed.items():
                    properties.setProperty(name, value, "Force Build Form")
        return properties, changes, stamps

    @defer.inlineCallbacks
    def force(self, owner: str, builderNames: Any = None, builderid: Any = None, **fields: Any) -> Any:
        """Ask for a build, or raise with a sentence for each field that is wrong."""
        given = {**fields, "builderNames": builderNames, "builderid": builderid}
        if problems := (yield problems_of(self, given)):
            raise CollectedValidationError(problems)
        # Of a form that several builders have, Buildbot's pages say on whose page it was filled in.
        named = []
        for name in self.builderNames:
            number = yield self.master.data.updates.findBuilderId(name)
            named += [name] if str(number) == str(builderid) else []
        return (yield super().force(owner[:MAX_NAME], builderNames=named or list(self.builderNames), **fields))


def force_scheduler(
    platform_names: Collection[str], builders: Mapping[str, tuple[Platform, str]], settings: Settings
) -> Any:
    """Make the Force form of the release builder; `builders` are the platforms' builders, by name."""
    return _form(
        FORM,
        RELEASE,
        button="Build a release",
        label=f"Build a CPython release{_for_whom(settings)}",
        complete=AskedRelease(settings=settings, builders=builders),
        fields=[
            VersionParameter(
                name="python_version",
                label="CPython version",
                default=NEWEST,
                size=12,
                maxsize=40,
                tooltip=f"3.13.5, 3.14.0rc2 or 3.14.0t (free-threaded); 3.13 or 3.14t for its newest; or {NEWEST}",
            ),
            *_where(
                platform_names, f"none means those that are supported and have a worker: {_usual(builders, settings)}"
            ),
            util.BooleanParameter(name="force", label=FORCE_LABEL, default=False),
            util.BooleanParameter(name="retrain", label=RETRAIN_LABEL, default=False),
            _many(settings),
        ],
    )


def rebuild_scheduler(platform_names: Collection[str], settings: Settings) -> Any:
    """Make the form that breaks the glass."""
    return _form(
        REBUILD,
        REBUILD,
        button="Build again",
        label=f"Build again what is published, as new revisions{_for_whom(settings)}",
        fields=[
            VersionsParameter(
                name="versions",
                label="CPython versions",
                default="",
                size=40,
                tooltip=f"3.10.1 3.14.0t, 3.13 for its newest, or {EVERYTHING}: every version that is published",
            ),
            *_where(platform_names, "none means wherever the versions are published or supported"),
            util.BooleanParameter(name="list_only", label="List only, build nothing", default=True),
            _many(settings),
        ],
    )


def trial_scheduler(builders: Sequence[str], settings: Settings) -> Any:
    """Make the form that has what is published tried again now; each of the builders has it."""
    return _form(
        "try-published",
        *builders,
        button="Try what is published",
        label=f"Try what is published on a system with today's updates{_for_whom(settings)}",
        fields=[
            util.BooleanParameter(
                name=AGAIN, label="Also what was tried lately and links nothing that changed", default=False
            ),
        ],
    )


def janitor_scheduler(settings: Settings) -> Any:
    """Make the form that cleans up now and not at night, in the place of Buildbot's own."""
    return _form(
        f"{JANITOR_NAME}_force",
        JANITOR_NAME,
        button="Clean up now",
        label=f"Remove old logs and builds, and what dead builds left{_for_whom(settings)}",
        fields=[],
    )


def _for_whom(settings: Settings) -> str:
    """Say who may press the button: Buildbot shows it to everybody, and refuses with a number."""
    if settings.web_login == PASSWORD:
        return f" (for {settings.web_user} alone, who has logged in at the top of the page)"
    return " (for those whose role it is, who have logged in at the top of the page)"


def _many(settings: Settings) -> Any:
    return util.BooleanParameter(name=MANY, label=many_label(settings.confirm_above), default=False)


def _usual(builders: Mapping[str, tuple[Platform, str]], settings: Settings) -> str:
    names = [platform.name for platform in asked_platforms(builders, settings)]
    return ", ".join(names) or "there are none here"


def _form(name: str, *builders: str, button: str, label: str, fields: Sequence[Any], **more: Any) -> Any:
    return Form(
        **more,
        name=name,
        buttonName=button,
        label=label,
        builderNames=list(builders),
        codebases=[util.CodebaseParameter("", branch="", revision="", repository="", project="", hide=True)],
        reason=util.StringParameter(name="reason", label="Reason", default="by hand", size=40, maxsize=120),
        priority=util.IntParameter(name="priority", label="Priority", default=PERSON_PRIORITY, hide=True),
        username=util.UserNameParameter(label="Your name", need_email=False, maxsize=MAX_NAME),
        properties=fields,
    )


def _where(platform_names: Collection[str], none_means: str) -> list[Any]:
    """Make the fields that every form has."""
    choices = {
        "platforms": (list(platform_names), none_means),
        "architectures": (list(ARCHITECTURES), "none means all that there are workers for"),
    }
    return [
        *(
            ChoiceParameter(
                name=name, label=name.capitalize(), choices=allowed, multiple=True, default=[], tooltip=tooltip
            )
            for name, (allowed, tooltip) in choices.items()
        ),
        ChoiceParameter(name="profile", label="Profile", choices=list(PROFILES), default=DEFAULT_PROFILE),
    ]
