"""Tags: a version with the variant of its build, as people type them and as folders, packages and records are named.

3.14.7 is the ordinary build and 3.14.7t the free-threaded one, by CPython's own ABI flag (PEP 703). Both are made of
the same source.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from packaging.version import Version

from python_builds.core.errors import InvalidVersion
from python_builds.core.upstream.free_threading import SINCE, gets_free_threading, has_free_threading
from python_builds.core.upstream.releases import MINOR_PATTERN, NEWEST, VERSION_PATTERN, minor, parse_version

FREE_THREADED = "t"
VARIANTS = ("", FREE_THREADED)
"""The ordinary build, and the free-threaded one."""

_NEWEST_IS = (
    f"`{NEWEST}` is the newest ordinary build; name the free-threaded one that you mean, as in 3.14.0t or 3.14t"
)

_TAG = re.compile(rf"(?P<version>{VERSION_PATTERN})(?P<variant>{FREE_THREADED}?)", re.ASCII)
_MINOR = re.compile(rf"(?P<minor>{MINOR_PATTERN})(?P<variant>{FREE_THREADED}?)", re.ASCII)
_ALMOST = re.compile(rf"(?P<version>{VERSION_PATTERN})[ +_-]?(?:t+|free-?thread(?:ed|ing))", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, order=True)
class Tag:
    """One build of a version; an ordinary one comes before the free-threaded one of the same version."""

    version: Version
    variant: str = ""

    @property
    def is_prerelease(self) -> bool:
        """Whether this is of an alpha, a beta or a release candidate."""
        return self.version.is_prerelease

    @property
    def minor(self) -> str:
        """The series that this is a patch of, as in 3.13 or 3.14t."""
        return f"{minor(self.version)}{self.variant}"

    def __str__(self) -> str:
        return f"{self.version}{self.variant}"


@dataclass(frozen=True)
class Newest:
    """The newest final release, whose number a source says: of all, or of one minor, which may be free-threaded."""

    minor: str = ""
    variant: str = ""

    def __str__(self) -> str:
        return f"{self.minor}{self.variant}" or NEWEST

    def pick(self, tags: Iterable[Tag]) -> Tag | None:
        """Choose among tags; None if none of them is a final release of it."""
        mine = [tag for tag in tags if tag.variant == self.variant and not tag.is_prerelease]
        return max((tag for tag in mine if self.minor in ("", minor(tag.version))), default=None)


def make_tag(version: Version, variant: str) -> Tag:
    """Put a version and one of the variants together.

    Raises:
        InvalidVersion: if CPython has no such build of it.
    """
    if variant and not has_free_threading(version):
        raise InvalidVersion(
            f"'{version}{variant}' is no build of CPython: the free-threaded one came with {SINCE}; give {version}"
        )
    return Tag(version, variant)


def parse_tag(text: str) -> Tag:
    """Turn "3.14.7t" into a Tag; blanks around it do no harm.

    Raises:
        InvalidVersion: for anything else, saying what is allowed and, where it is close to something, to what.
    """
    typed = text.strip(" ")
    if match := _TAG.fullmatch(typed):
        return make_tag(parse_version(match["version"]), match["variant"])
    raise InvalidVersion(
        f"{text!r} is not a CPython version{_meant(typed)}: give three numbers, for a pre-release a, b or rc and its "
        f"number, and for the free-threaded build {FREE_THREADED}, for instance 3.13.5, 3.14.0rc2 or 3.14.0t"
    )


def parse_tag_or_minor(text: str) -> Tag | Newest:
    """Read a tag, or a minor for the newest of its releases, as in 3.14 and 3.14t.

    Raises:
        InvalidVersion: saying what is allowed.
    """
    if match := _MINOR.fullmatch(text.strip(" ")):
        if match["variant"] and not has_free_threading(Version(f"{match['minor']}.0")):
            raise InvalidVersion(f"{text!r} has no free-threaded build, which came with {SINCE}; give {match['minor']}")
        return Newest(match["minor"], match["variant"])
    try:
        return parse_tag(text)
    except InvalidVersion as error:
        raise InvalidVersion(f"{error}, or a minor for its newest release, as in 3.13") from None


def parse_tag_or_newest(text: object) -> Tag | Newest:
    """Read what a person may type for a version.

    Raises:
        InvalidVersion: saying what is allowed.
    """
    typed = str(text).strip(" ")
    if typed == NEWEST:
        return Newest()
    if typed.startswith(NEWEST):
        raise InvalidVersion(f"{text!r} is not a CPython version: {_NEWEST_IS}")
    try:
        return parse_tag_or_minor(str(text))
    except InvalidVersion as error:
        raise InvalidVersion(f"{error}, or `{NEWEST}`") from None


def with_variant(tag: Tag | Newest, variant: str) -> Tag | Newest:
    """Add a variant that was said beside a version, a minor or `newest`.

    Raises:
        InvalidVersion: if there is no such build.
    """
    if not variant:
        return tag
    if isinstance(tag, Tag):
        return make_tag(tag.version, variant)
    if not tag.minor:
        raise InvalidVersion(f"variant is {variant!r} beside `{NEWEST}`: {_NEWEST_IS}")
    return parse_tag_or_minor(f"{tag.minor}{variant}")


def automatic_tags(version: Version, words: str) -> list[Tag]:
    """List the builds that a release gets by itself; the `words` say of which minors the free-threaded one is made."""
    ordinary = Tag(version)
    return [ordinary, Tag(version, FREE_THREADED)] if gets_free_threading(version, words) else [ordinary]


def reading_order(tags: Iterable[Tag]) -> list[Tag]:
    """Order tags for people, each once: the newest version first, of one version the ordinary build first."""
    return sorted(sorted(set(tags), key=lambda tag: tag.variant), key=lambda tag: tag.version, reverse=True)


def _meant(typed: str) -> str:
    """Say what a text that is no tag may have been meant for."""
    if match := _MINOR.fullmatch(typed):
        first = Version(f"{match['minor']}.0")
        variant = match["variant"] if has_free_threading(first) else ""
        none = "" if variant == match["variant"] else f" without a free-threaded build, which came with {SINCE}"
        return f" but a minor{none} (say which of its releases, as in {first}{variant})"
    if match := _ALMOST.fullmatch(typed):
        return f" (did you mean {make_tag(parse_version(match['version'].lower()), FREE_THREADED)}?)"
    return ""
