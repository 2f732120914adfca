"""Fields of forms that Buildbot has not got, each checked on the server with a sentence that says what is allowed."""

from collections.abc import Mapping
from typing import Any

from buildbot.plugins import util
from buildbot.schedulers.forcesched import ValidationError

from python_builds.core.building.requests import parse_rebuild_request, requested
from python_builds.core.errors import InvalidRequest, InvalidVersion
from python_builds.core.upstream.releases import NEWEST
from python_builds.core.upstream.tags import Tag, parse_tag_or_newest


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
