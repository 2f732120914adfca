"""The download page: one file of HTML for people, from the same index that programs read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup
from packaging.version import Version

from python_builds.core.advisories.advice import Advised
from python_builds.core.indexes.addresses import UNKNOWN, Url, is_known
from python_builds.core.platforms.platform import Platform
from python_builds.core.platforms.platforms import PLATFORMS
from python_builds.core.platforms.systems import SYSTEMS
from python_builds.core.publishing.artifacts import profile_prefix
from python_builds.core.upstream.releases import minor
from python_builds.core.upstream.tags import FREE_THREADED, Tag, reading_order

TEMPLATE = Path(__file__).with_name("download_page.html.jinja")
LISTED = 200
"""Versions with their files; a page of more is for programs. All that there are today are about 150."""

SEEN = Markup('<span class="address">https://WHERE-YOU-SEE-THIS</span>')
"""Stands for the store's address where nobody has told it: the page's own script knows, or else its reader."""


@dataclass(frozen=True, kw_only=True)
class PageRelease:
    """One version, with what there is of it."""

    tag: Tag
    products: tuple[Mapping[str, Any], ...]
    """Each with `platform`, `arch`, `checked`, `revision`, `built_at` and `files`, which are builds of index.json."""

    @property
    def name(self) -> str:
        """What it is called everywhere."""
        return str(self.tag)

    @property
    def platforms(self) -> list[str]:
        """Name the platforms that have it."""
        return list(dict.fromkeys(product["platform"] for product in self.products))

    def on(self, platform: str) -> list[Mapping[str, Any]]:
        """List its products on a platform, one for each architecture."""
        return [product for product in self.products if product["platform"] == platform]


def download_page(
    index: Mapping[str, Any],
    profile: str,
    url: Url,
    *,
    signed: bool,
    advised: Mapping[Tag, Advised] | None = None,
) -> bytes:
    """Write the page; `url` says where clients fetch a key, `signed` whether there are signatures to link to.

    `advised` is what advisories say of each version; None where the farm reads none, and the page says nothing.
    """
    address = url(f"{profile_prefix(profile)}python").removesuffix("/python")
    finals, others = releases(index)
    newest = newest_by_platform((*finals, *others))
    return (
        _template()
        .render(
            generated_at=index["generated_at"],
            finals=finals[:LISTED],
            others=others[:LISTED],
            left_out=len(finals[LISTED:]) + len(others[LISTED:]),
            newest=newest_of_each_minor(finals, ""),
            free_threaded=newest_of_each_minor(finals, FREE_THREADED),
            columns=[platform.name for platform in PLATFORMS if platform.name in newest],
            systems=[_system(p, newest[p.name]) for p in PLATFORMS if p.name in newest],
            told=is_known(address),
            at=address if is_known(address) else SEEN,
            unknown=UNKNOWN,
            signed=signed,
            advised=advised,
        )
        .encode()
    )


def releases(index: Mapping[str, Any]) -> tuple[list[PageRelease], list[PageRelease]]:
    """Group what is published by version, the newest first: final releases, and pre-releases."""
    found: dict[Tag, dict[tuple[str, str], dict[str, Any]]] = {}
    for build in index["builds"]:
        tag = Tag(Version(build["python_version"]), build["variant"])
        product = found.setdefault(tag, {}).setdefault(
            (build["platform"], build["arch"]),
            {**{name: build[name] for name in ("platform", "arch", "checked", "revision", "built_at")}, "files": []},
        )
        product["files"].append(build)
    every = [PageRelease(tag=tag, products=tuple(found[tag].values())) for tag in reading_order(found)]
    finals = [one for one in every if not one.tag.is_prerelease]
    return finals, [one for one in every if one.tag.is_prerelease]


def newest_of_each_minor(finals: Iterable[PageRelease], variant: str) -> list[PageRelease]:
    """Pick the first of each minor, of builds of a variant."""
    chosen: dict[str, PageRelease] = {}
    for release in finals:
        if release.tag.variant == variant:
            chosen.setdefault(minor(release.tag.version), release)
    return list(chosen.values())


def newest_by_platform(releases: Iterable[PageRelease]) -> dict[str, str]:
    """Name what a system is to begin with: its newest final ordinary build, or else the next best that it has."""
    chosen: dict[str, str] = {}
    for release in sorted(releases, key=lambda r: (r.tag.is_prerelease, r.tag.variant)):
        for platform in release.platforms:
            chosen.setdefault(platform, release.name)
    return chosen


def size(count: int) -> str:
    """Write a number of bytes for people."""
    if count < 1000:
        return f"{count} bytes"
    return f"{count / 1_000_000:.1f} MB" if count >= 100_000 else f"{count / 1000:.1f} kB"


def _system(platform: Platform, newest: str) -> dict[str, object]:
    names: dict[str, list[str]] = {}
    for os_id, version in platform.serves:
        names.setdefault(version, []).append(SYSTEMS[os_id])
    return {
        "platform": platform,
        "newest": newest,
        "names": [f"{', '.join(ids)} {version}" for version, ids in names.items()],
    }


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["size"] = size
    return environment.from_string(TEMPLATE.read_text())
