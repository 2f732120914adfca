"""Cancelling by what was asked for: all that is unfinished of a release, of a platform, or of one on the other."""

from collections.abc import Collection, Mapping
from typing import Any

from python_builds.cli.master.client import Client
from python_builds.core.platforms.platform import Platform
from python_builds.core.platforms.platforms import PLATFORMS
from python_builds.core.publishing.artifacts import builder_name
from python_builds.core.upstream.tags import Newest, Tag
from python_builds.farm.builders import RELEASE

ASKED = ("python_version", "variant")


def cancel_all(client: Client, tag: Tag | Newest | None, platform: Platform | None) -> int:
    """Cancel requests, who asks before who is asked for; return how many that were.

    The release build of a tag is cancelled only if no platform is named: it asks for the others' builds, too. A minor
    or `newest` is what a release was asked for as, until it has found its number.
    """
    reason = f"make cancel{f' VERSION={tag}' if tag else ''}{f' PLATFORM={platform.name}' if platform else ''}"
    cancelled = 0 if platform else client.cancel(_unfinished(client, tag, [RELEASE]), reason)
    platforms = [platform] if platform else PLATFORMS
    builders = [builder_name(p, architecture) for p in platforms for architecture in p.architectures]
    return cancelled + client.cancel(_unfinished(client, tag, builders), reason)


def _unfinished(client: Client, tag: Tag | Newest | None, builders: Collection[str]) -> list[int]:
    """List what is unfinished of these builders, of one tag or of all, in two questions."""
    names = {b["builderid"]: b["name"] for b in client.get("builders", field=["builderid", "name"])["builders"]}
    found = client.get("buildrequests", complete=False, property=ASKED)["buildrequests"]
    return [
        request["buildrequestid"]
        for request in found
        if names.get(request["builderid"]) in builders and (tag is None or _tag(request) == str(tag))
    ]


def _tag(request: Mapping[str, Any]) -> str:
    values = {name: value for name, (value, _) in (request["properties"] or {}).items()}
    return f"{values.get('python_version', '')}{values.get('variant', '')}"
