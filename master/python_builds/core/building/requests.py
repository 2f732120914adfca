"""What may be asked of the builders. Every builder checks its own request with these, whoever set the properties.

The text of a version is read by core/upstream/tags.py. What the indexes' builder may be asked is in farm/indexes/.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from packaging.version import Version

from python_builds.core.errors import InvalidRequest, InvalidVersion
from python_builds.core.platforms.platform import Platform
from python_builds.core.platforms.platforms import PLATFORMS, platform_named
from python_builds.core.publishing.artifacts import PROFILES, Product
from python_builds.core.upstream.releases import NEWEST
from python_builds.core.upstream.tags import (
    VARIANTS,
    Newest,
    Tag,
    parse_tag_or_minor,
    parse_tag_or_newest,
    with_variant,
)

DEFAULT_PROFILE = "optimized"
ARCHITECTURES = tuple(sorted({architecture for platform in PLATFORMS for architecture in platform.architectures}))
TRUST = "trust"
"""The property that says how the source of a platform build is vouched for, which decides whose ccache it shares."""

PLANNED = "planned"
"""The property of a request that no person made: the planner's, and what `release` asks for on its behalf."""

BATCH = "batch"
"""The property that names the rebuild, by its request, on whose behalf a release is asked for."""

EVERYTHING = "all"
"""What a rebuild may say instead of versions: all that is published."""


@dataclass(frozen=True, kw_only=True)
class ReleaseRequest:
    """What the release builder is asked for."""

    wanted: Tag | Newest
    platforms: tuple[Platform, ...]
    profile: str
    force: bool
    """Whether to build what exists already."""
    retrain: bool = False
    """Whether to make new training data even where there are some."""
    architectures: tuple[str, ...] = ()
    """None named means all."""

    @property
    def tag(self) -> Tag | None:
        """What is built; None while only a source can say which release is the newest."""
        return self.wanted if isinstance(self.wanted, Tag) else None


@dataclass(frozen=True, kw_only=True)
class RebuildRequest:
    """What the rebuild builder is asked for."""

    tags: tuple[Tag | Newest, ...]
    """None: all that are published. The newest is that of what is published."""
    platforms: tuple[Platform, ...]
    """None: all."""
    architectures: tuple[str, ...]
    """None: all."""
    profile: str
    list_only: bool
    many: bool = False
    """Whether somebody has seen that they are more than the setting `confirm_above`."""


@dataclass(frozen=True, kw_only=True)
class PlatformRequest:
    """What a platform builder is asked for."""

    product: Product
    force: bool
    retrain: bool
    """Whether to make new training data even where there are some."""


def parse_release_request(properties: Mapping[str, object]) -> ReleaseRequest:
    """Check the tag, `platforms` (a list), `architectures` (one; none means all), `profile`, `force` and `retrain`.

    Which platforms are meant where nobody names any is said by the forms: core/planning/asked.py.

    Raises:
        InvalidRequest: with all that is wrong, a line each.
    """
    problems: list[str] = []
    request = ReleaseRequest(
        wanted=_tag(properties, NEWEST, problems) or Newest(),
        platforms=_named(_platforms(properties.get("platforms", []), problems), problems),
        profile=_one_of("profile", properties.get("profile", DEFAULT_PROFILE), PROFILES, problems),
        force=_flag("force", properties.get("force", False), problems),
        retrain=_flag("retrain", properties.get("retrain", False), problems),
        architectures=_architectures(properties.get("architectures", []), problems),
    )
    if problems:
        raise InvalidRequest("\n".join(problems))
    return request


def parse_rebuild_request(properties: Mapping[str, object]) -> RebuildRequest:
    """Check `versions` (separated by spaces, or `all`), `platforms`, `architectures`, `profile`, `list_only`, `many`.

    Raises:
        InvalidRequest: with all that is wrong, a line each.
    """
    problems: list[str] = []
    request = RebuildRequest(
        tags=_tags(properties.get("versions", ""), problems),
        platforms=_platforms(properties.get("platforms", []), problems),
        architectures=_architectures(properties.get("architectures", []), problems),
        profile=_one_of("profile", properties.get("profile", DEFAULT_PROFILE), PROFILES, problems),
        list_only=_flag("list_only", properties.get("list_only", False), problems),
        many=_flag("many", properties.get("many", False), problems),
    )
    if problems:
        raise InvalidRequest("\n".join(problems))
    return request


def parse_platform_request(properties: Mapping[str, object], platform: Platform, architecture: str) -> PlatformRequest:
    """Check `python_version`, `variant`, `profile`, `force` and `retrain` for a platform builder.

    Raises:
        InvalidRequest: with all that is wrong, a line each.
    """
    problems: list[str] = []
    tag = _tag(properties, "", problems)
    if isinstance(tag, Newest):
        problems.append(f"python_version is {str(tag)!r}: a platform builder needs a number; that is for `release`")
        tag = None
    elif tag is not None and not platform.supports(tag.version):
        problems.append(
            f"CPython {tag.version} is not built on {platform.name}: it has {platform.oldest_python} and newer"
        )
    product = Product(
        version=tag.version if tag else Version("0"),
        platform=platform,
        architecture=architecture,
        profile=_one_of("profile", properties.get("profile"), PROFILES, problems),
        variant=tag.variant if tag else "",
    )
    force = _flag("force", properties.get("force", False), problems)
    retrain = _flag("retrain", properties.get("retrain", False), problems)
    if problems:
        raise InvalidRequest("\n".join(problems))
    return PlatformRequest(product=product, force=force, retrain=retrain)


def requested(properties: Mapping[str, object]) -> Tag | Newest:
    """Read `python_version` and `variant` alone; the version may have its variant with it, as people type it.

    Raises:
        InvalidRequest: with all that is wrong, a line each.
    """
    problems: list[str] = []
    found = _tag(properties, NEWEST, problems) or Newest()
    if problems:
        raise InvalidRequest("\n".join(problems))
    return found


def requested_tag(properties: Mapping[str, object]) -> Tag | None:
    """Read them where only a number serves; None for the newest of something.

    Raises:
        InvalidRequest: with all that is wrong, a line each.
    """
    found = requested(properties)
    return found if isinstance(found, Tag) else None


def _tag(properties: Mapping[str, object], default: str, problems: list[str]) -> Tag | Newest | None:
    variant = _one_of("variant", properties.get("variant", ""), VARIANTS, problems)
    try:
        tag = parse_tag_or_newest(properties.get("python_version", default))
        return with_variant(tag, variant) if variant in VARIANTS else tag
    except InvalidVersion as error:
        problems.append(str(error))
        return None


def _tags(value: object, problems: list[str]) -> tuple[Tag | Newest, ...]:
    if str(value).strip() == EVERYTHING:
        return ()
    found = []
    for text in str(value).split():
        try:
            found.append(parse_tag_or_minor(text))
        except InvalidVersion as error:
            problems.append(str(error))
    if not found and not problems:
        problems.append(f"versions is {value!r}: name versions, separated by spaces, or `{EVERYTHING}`")
    return tuple(dict.fromkeys(found))


def _platforms(value: object, problems: list[str]) -> tuple[Platform, ...]:
    found = []
    for name in _names("platforms", value, problems):
        try:
            found.append(platform_named(name))
        except InvalidRequest as error:
            problems.append(str(error))
    return tuple(found)


def _named(platforms: tuple[Platform, ...], problems: list[str]) -> tuple[Platform, ...]:
    if not platforms and not problems:
        problems.append("platforms is []: name at least one; `make platforms` lists them")
    return platforms


def _architectures(value: object, problems: list[str]) -> tuple[str, ...]:
    names = _names("architectures", value, problems)
    for name in names:
        _one_of("architectures", name, ARCHITECTURES, problems)
    return names


def _names(name: str, value: object, problems: list[str]) -> tuple[str, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str) or not all(isinstance(v, str) for v in value):
        problems.append(f"{name} is {value!r}: it must be a list of {name.removesuffix('s')} names")
        return ()
    return tuple(dict.fromkeys(value))


def _one_of(name: str, value: object, allowed: Sequence[str], problems: list[str]) -> str:
    if value not in allowed:
        problems.append(f"{name} is {value!r}: it must be one of {', '.join(repr(a) for a in allowed)}")
    return str(value)


def _flag(name: str, value: object, problems: list[str]) -> bool:
    if not isinstance(value, bool):
        problems.append(f"{name} is {value!r}: it must be true or false")
    return bool(value)
