"""What may be asked of the builders. Every builder checks its own request with these, whoever set the properties."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from packaging.version import Version

from python_builds.facts.artifacts import PROFILES, VARIANTS, Product
from python_builds.facts.errors import InvalidRequest, InvalidVersion
from python_builds.facts.platforms import PLATFORMS, Platform, platform_named
from python_builds.facts.releases import NEWEST, parse_version

DEFAULT_PROFILE = "optimized"


@dataclass(frozen=True, kw_only=True)
class ReleaseRequest:
    """What the release builder is asked for."""

    version: Version | None
    """None: the newest final release that can be fetched."""
    platforms: tuple[Platform, ...]
    profile: str
    force: bool
    """Whether to build what exists already."""


@dataclass(frozen=True, kw_only=True)
class PlatformRequest:
    """What a platform builder is asked for."""

    product: Product
    force: bool


def parse_release_request(properties: Mapping[str, object]) -> ReleaseRequest:
    """Check `python_version`, `platforms` (a list of names; none means all), `profile` and `force`.

    Raises:
        InvalidRequest: with all that is wrong, a line each.
    """
    problems: list[str] = []
    request = ReleaseRequest(
        version=_version(properties.get("python_version", NEWEST), problems),
        platforms=_platforms(properties.get("platforms", []), problems),
        profile=_one_of("profile", properties.get("profile", DEFAULT_PROFILE), PROFILES, problems),
        force=_flag("force", properties.get("force", False), problems),
    )
    if problems:
        raise InvalidRequest("\n".join(problems))
    return request


def parse_platform_request(properties: Mapping[str, object], platform: Platform, architecture: str) -> PlatformRequest:
    """Check `python_version`, `variant`, `profile` and `force` for the builder of this platform and architecture.

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
    if problems:
        raise InvalidRequest("\n".join(problems))
    return PlatformRequest(product=product, force=force)


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


def _platforms(value: object, problems: list[str]) -> tuple[Platform, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str) or not all(isinstance(v, str) for v in value):
        problems.append(f"platforms is {value!r}: it must be a list of platform names")
        return ()
    found = []
    for name in dict.fromkeys(value):
        try:
            found.append(platform_named(name))
        except InvalidRequest as error:
            problems.append(str(error))
    return tuple(found) or PLATFORMS


def _one_of(name: str, value: object, allowed: Sequence[str], problems: list[str]) -> str:
    if value not in allowed:
        problems.append(f"{name} is {value!r}: it must be one of {', '.join(repr(a) for a in allowed)}")
    return str(value)


def _flag(name: str, value: object, problems: list[str]) -> bool:
    if not isinstance(value, bool):
        problems.append(f"{name} is {value!r}: it must be true or false")
    return bool(value)
