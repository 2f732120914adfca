"""Why a release is not built by itself somewhere: the other side of `wanted` in plan.py, as a sentence for people."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from packaging.version import Version

from python_builds.core.platforms.platform import Platform
from python_builds.core.upstream.releases import minor
from python_builds.core.upstream.tags import Tag

NOT_YET = "the planner has not asked for it yet; it looks again soon"
"""Of what the policy wants, though the planner's last look did not know of it."""


@dataclass(frozen=True, kw_only=True)
class Policy:
    """What an operator's settings say of what is built by itself."""

    backfill: str = "latest"
    prereleases: bool = False
    free_threaded: str = "3.14+"
    unsupported: Collection[str] = ()
    """Platforms past their vendor's support that are not kept."""


def why_unwanted(
    tag: Tag, platform: Platform, complete: Collection[Tag], newest: Mapping[str, Tag], policy: Policy
) -> str:
    """Say why nobody wants a release on a platform.

    `complete` are the releases that can be built, `newest` the newest final one of each minor, as in 3.14t.
    """
    newer = newest.get(tag.minor, tag)
    newest_is_enough = f"a newer patch is wanted instead (backfill is {policy.backfill})"
    reasons = (
        (platform.name in policy.unsupported, f"{platform.name} is past its vendor's support"),
        (not platform.supports(tag.version), f"needs CPython {platform.oldest_python} or newer"),
        (Tag(tag.version) not in complete, f"{minor(tag.version)} is not followed any more"),
        (tag not in complete, "free-threaded builds of this minor are made where somebody asks"),
        (tag.is_prerelease and not policy.prereleases, "pre-releases are not built by themselves"),
        (policy.backfill == "none", "the past is not built by itself (backfill is none)"),
        (policy.backfill == "latest" and _is_final_there(tag, complete), "its final release is wanted instead"),
        (policy.backfill == "latest" and newer.version > tag.version, newest_is_enough),
        (policy.backfill == "latest" and _is_followed(tag, complete), "a newer pre-release is wanted instead"),
    )
    return next((words for applies, words in reasons if applies), NOT_YET)


def _is_final_there(tag: Tag, complete: Collection[Tag]) -> bool:
    return tag.is_prerelease and Tag(Version(tag.version.base_version), tag.variant) in complete


def _is_followed(tag: Tag, complete: Collection[Tag]) -> bool:
    return tag.is_prerelease and any(one.minor == tag.minor and one.version > tag.version for one in complete)


def newest_of_each_minor(complete: Iterable[Tag]) -> dict[str, Tag]:
    """Find the newest final release of each minor and variant."""
    return {tag.minor: tag for tag in sorted(complete) if not tag.is_prerelease}
