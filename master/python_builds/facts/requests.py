"""What may be asked of the builders. Every builder checks its own request with these, whoever set the properties."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from packaging.version import Version

from python_builds.facts.artifacts import PROFILES, VARIANTS, Product
from python_builds.facts.errors import InvalidRequest, InvalidVersion
from python_builds.facts.platforms import PLATFORMS, Platform, platform_named
from python_builds.facts.releases import NEWEST, parse_version

DEFAULT_PROFILE = "optimized"
ARCHITECTURES = tuple(sorted({architecture for platform in PLATFORMS for architecture in platform.architectures}))
EVERYTHING = "all"
"""What a rebuild may say instead of versions: all that is published."""


@dataclass(frozen=True, kw_only=True)
class ReleaseRequest:
    """What the release builder is asked for."""

    version: Version | None
    """None: the newest final release that can be fetched."""
    platforms: tuple[Platform, ...]
    profile: str
    force: bool
    """Whether to build what exists already."""
    retrain: bool = False
    """Whether to make new training data even where there are some."""
    architectures: tuple[str, ...] = ()
    """None named means all."""


@dataclass(frozen=True, kw_only=True)
class RebuildRequest:
    """What the rebuild builder is asked for."""

    versions: tuple[Version, ...]
    """None: all that are published."""
    platforms: tuple[Platform, ...]
    """None: all."""
    architectures: tuple[str, ...]
    """None: all."""
    profile: str
    list_only: bool


@dataclass(frozen=True, kw_only=True)
class PlatformRequest:
    """What a platform builder is asked for."""

    product: Product
    force: bool
    retrain: bool
    """Whether to make new training data even where there are some."""


def parse_release_request(properties: Mapping[str, object]) -> ReleaseRequest:
    """Check `python_version`, `platforms` and `architectures` (lists; none means all), `profile`, `force`, `retrain`.

    Raises:
        InvalidRequest: with all that is wrong, a line each.
    """
    problems: list[str] = []
    request = ReleaseRequest(
        version=_version(properties.get("python_version", NEWEST), problems),
        platforms=_platforms(properties.get("platforms", []), problems) or PLATFORMS,
        profile=_one_of("profile", properties.get("profile", DEFAULT_PROFILE), PROFILES, problems),
        force=_flag("force", properties.get("force", False), problems),
        retrain=_flag("retrain", properties.get("retrain", False), problems),
        architectures=_architectures(properties.get("architectures", []), problems),
    )
    if problems:
        raise InvalidRequest("\n".join(problems))
    return request


def parse_rebuild_request(properties: Mapping[str, object]) -> RebuildRequest:
    """Check `versions` (separated by spaces, or `all`), `platforms`, `architectures`, `profile` and `list_only`.

    Raises:
        InvalidRequest: with all that is wrong, a line each.
    """
    problems: list[str] = []
    request = RebuildRequest(
        versions=_versions(properties.get("versions", ""), problems),
        platforms=_platforms(properties.get("platforms", []), problems),
        architectures=_architectures(properties.get("architectures", []), problems),
        profile=_one_of("profile", properties.get("profile", DEFAULT_PROFILE), PROFILES, problems),
        list_only=_flag("list_only", properties.get("list_only", False), problems),
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
    text = properties.get("python_version", "")
    version = _version(text, problems)
    if version is None and not problems:
        problems.append(f"python_version is {text!r}: a platform builder needs a number; `{NEWEST}` is for `release`")
    elif version is not None and not platform.supports(version):
        problems.append(f"CPython {version} is not built on {platform.name}: it has {platform.oldest_python} and newer")
    if version is not None and properties.get("variant") == "t" and version < Version("3.13.dev0"):
        problems.append(f"CPython {version} has no variant 't': free-threading came with 3.13")
    product = Product(
        version=version or Version("0"),
        platform=platform,
        architecture=architecture,
        profile=_one_of("profile", properties.get("profile"), PROFILES, problems),
        variant=_one_of("variant", properties.get("variant", ""), VARIANTS, problems),
    )
    force = _flag("force", properties.get("force", False), problems)
    retrain = _flag("retrain", properties.get("retrain", False), problems)
    if problems:
        raise InvalidRequest("\n".join(problems))
    return PlatformRequest(product=product, force=force, retrain=retrain)


def parse_version_or_newest(text: object) -> Version | None:
    """Read what a person may type for a version.

    Raises:
        InvalidVersion: saying what is allowed.
    """
    if text == NEWEST:
        return None
    try:
        return parse_version(str(text))
    except InvalidVersion as error:
        raise InvalidVersion(f"{error}, or `{NEWEST}`") from None


def _version(value: object, problems: list[str]) -> Version | None:
    try:
        return parse_version_or_newest(value)
    except InvalidVersion as error:
        problems.append(str(error))
        return None


def _versions(value: object, problems: list[str]) -> tuple[Version, ...]:
    if value == EVERYTHING:
        return ()
    found = []
    for text in str(value).split():
        try:
            found.append(parse_version(text))
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
