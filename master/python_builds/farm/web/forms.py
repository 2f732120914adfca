"""The forms that a person fills in, or a program by the API. Each says what is wrong with what it does not take.

What the boxes `force` and `retrain` say: core/advice.py.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from buildbot.plugins import schedulers, util
from buildbot.schedulers.forcesched import CollectedValidationError, ValidationError
from twisted.internet import defer

from python_builds.core.advice import FORCE_LABEL, RETRAIN_LABEL
from python_builds.core.building.requests import (
    ARCHITECTURES,
    DEFAULT_PROFILE,
    EVERYTHING,
    parse_rebuild_request,
    requested,
)
from python_builds.core.errors import InvalidRequest, InvalidVersion
from python_builds.core.planning.plan import PERSON_PRIORITY
from python_builds.core.publishing.artifacts import PROFILES
from python_builds.core.upstream.releases import NEWEST
from python_builds.core.upstream.tags import Tag, parse_tag_or_newest
from python_builds.farm.builders import RELEASE
from python_builds.farm.planning.rebuild_steps import REBUILD

MAX_VALUES = 100
"""Of one field; there are not that many platforms."""

MAX_LENGTH = 5000
"""Characters of one value: all versions that were ever released, in the form of rebuilds."""

MAX_NUMBER = 2**31 - 1
"""What every database takes."""

_DIGITS = re.compile(r"\s*-?[0-9]{1,19}\s*")


class Form(schedulers.ForceScheduler):
    """Buildbot's form. What a program gives may be of any type and size; Buildbot wants what its own pages send."""

    @defer.inlineCallbacks
    def force(self, owner: str, builderNames: Any = None, builderid: Any = None, **fields: Any) -> Any:
        """Ask for a build, or raise with a sentence for each field that is wrong."""
        problems = dict(_problems(self.all_fields, fields))
        ids = {}
        for name in self.builderNames:
            ids[(yield self.master.data.updates.findBuilderId(name))] = name
        if builderid is not None and str(builderid) not in map(str, ids):
            problems["builderid"] = f"{builderid!r:.40} is no builder of this form; it has {_listed(ids)}"
        if builderNames is not None and builderNames != list(self.builderNames):
            problems["builderNames"] = f"{builderNames!r:.80} are not this form's: {', '.join(self.builderNames)}"
        if problems:
            raise CollectedValidationError(problems)
        return (yield super().force(owner, builderNames=list(self.builderNames), **fields))


def _listed(ids: Mapping[int, str]) -> str:
    return ", ".join(f"{number} ({name})" for number, name in ids.items())


def _problems(parameters: Sequence[Any], fields: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Say what Buildbot's own checks would stumble over, by field."""
    types = {p.fullName: p.type for outer in parameters for p in getattr(outer, "fields", [outer])}
    for name, value in fields.items():
        values = value if isinstance(value, list) else [value]
        if len(values) > MAX_VALUES:
            yield name, f"has {len(values)} values; {MAX_VALUES} are allowed"
        for one in values[:MAX_VALUES]:
            if problem := _problem(types.get(name, "text"), one):
                yield name, f"{one!r:.80} {problem}"


def _problem(kind: str, value: object) -> str:
    if kind == "bool":
        return "" if isinstance(value, bool) else "must be true or false"
    if kind == "int":
        # Of a truth value no number is made here.
        is_number = isinstance(value, int | str) and _DIGITS.fullmatch(str(value))
        return "" if is_number and abs(int(str(value))) <= MAX_NUMBER else f"must be a number up to {MAX_NUMBER}"
    if not isinstance(value, str):
        return "must be a text"
    return "" if len(value) <= MAX_LENGTH else f"has {len(value)} characters; {MAX_LENGTH} are allowed"


class VersionParameter(util.StringParameter):
    """A field for a tag, checked on the server with a sentence that says what is allowed."""

    def parse_from_arg(self, s: object) -> str:
        """Return what was meant: what is copied from a page often has blanks of some kind around it."""
        try:
            return str(parse_tag_or_newest(s.strip() if isinstance(s, str) else s))
        except InvalidVersion as error:
            raise ValidationError(str(error)) from None

    def updateFromKwargs(self, properties: dict[str, object], kwargs: Mapping[str, Any], **_: object) -> None:
        """Set two properties: the number, and the variant, which programs may also give beside it."""
        variant = "".join(map(str, kwargs.get("variant", [])))
        try:
            found = requested({self.name: self.getFromKwargs(kwargs), "variant": variant})
        except InvalidRequest as error:
            raise ValidationError(str(error)) from None
        properties[self.name] = str(found.version) if isinstance(found, Tag) else found.minor or NEWEST
        properties["variant"] = found.variant


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
                maxsize=40,
                tooltip=f"3.13.5, 3.14.0rc2 or 3.14.0t (free-threaded); 3.13 or 3.14t for its newest; or {NEWEST}",
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
                tooltip=f"3.10.1 3.14.0t, 3.13 for its newest, or {EVERYTHING}: every version that is published",
            ),
            *_where(platform_names),
            util.BooleanParameter(name="list_only", label="List only, build nothing", default=True),
        ],
    )


def _form(name: str, builder: str, *, button: str, label: str, fields: Sequence[Any]) -> Any:
    return Form(
        name=name,
        buttonName=button,
        label=label,
        builderNames=[builder],
        codebases=[util.CodebaseParameter("", branch="", revision="", repository="", project="", hide=True)],
        reason=util.StringParameter(name="reason", label="Reason", default="by hand", size=40, maxsize=120),
        priority=util.IntParameter(name="priority", label="Priority", default=PERSON_PRIORITY, hide=True),
        username=util.UserNameParameter(label="Your name", need_email=False, maxsize=100),
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
