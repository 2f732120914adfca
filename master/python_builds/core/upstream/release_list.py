"""What upstream has, as far as this farm wants it: which releases, and why one is not complete yet.

python.org shows a release in parts: tarballs first, then the release, then the rows of its files, for 3.14 and later
with the signatures only then. So a release counts as complete when it is published, has a source tarball, and has the
file that vouches for it; "not yet" is no error, and is looked at again.
"""

import datetime
import html
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Literal
from urllib.parse import unquote

from packaging.version import Version
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator

from python_builds.core.upstream.followed_minors import Wanted
from python_builds.core.upstream.release_managers import has_openpgp
from python_builds.core.upstream.releases import Listing, Release, minor, newest_first, parse_version

MAX_NOTES = 20

_HREF = re.compile(r"""href\s{0,9}=\s{0,9}(?:"([^"]{1,900})"|'([^']{1,900})'|([^\s"'>]{1,900}))""", re.IGNORECASE)
"""Servers write links with quotation marks of both kinds, and without."""


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class ListedRelease(_Document):
    """One release that is published and wanted."""

    version: str
    published_at: AwareDatetime | None = Field(None, description="as python.org's API dates it")
    first_seen: AwareDatetime = Field(description="by this farm")
    complete: bool
    why_not_yet: str = ""

    @field_validator("version")
    @classmethod
    def _is_a_version(cls, value: str) -> str:
        return str(parse_version(value))


class ReleaseList(_Document):
    """What the last polls came to."""

    schema_version: Literal[1] = 1
    polled_at: AwareDatetime | None = Field(None, description="when python.org gave the answer that this is made of")
    releases: tuple[ListedRelease, ...] = Field((), description="the newest first")
    minors: dict[str, str] = Field({}, description="status in the release cycle of each minor that is wanted")
    notes: tuple[str, ...] = Field((), description="what was left out or doubtful, for the operator")
    last_success: AwareDatetime | None = None
    last_problem: str | None = Field(None, description="None where the last poll went well")
    failures: int = Field(0, ge=0, description="polls that failed since the last success")
    next_try_at: AwareDatetime | None = Field(None, description="before which nobody asks again, after a failure")

    def complete(self) -> list[Version]:
        """List what can be built, the newest first."""
        return newest_first(Version(release.version) for release in self.releases if release.complete)


def proof_url(release: Release) -> str | None:
    """Give the file that must vouch for a release: its bundle, or for older minors at least its OpenPGP signature."""
    return release.sigstore_url or (release.openpgp_url if has_openpgp(minor(release.version)) else None)


def lacking(release: Release) -> str:
    """Say what the API does not have of a release yet; nothing if it has all that is needed."""
    if proof_url(release):
        return ""
    either = " nor an OpenPGP signature" if has_openpgp(minor(release.version)) else ""
    return f"python.org's API lists no sigstore bundle{either} for {_name(release.url)} yet"


def not_in_directory(release: Release, names: Collection[str]) -> str:
    """Say what the release's directory does not show yet; nothing if all that is needed is there."""
    needed = [_name(url) for url in (release.url, proof_url(release)) if url]
    missing = [name for name in needed if name not in names]
    return f"its directory does not show {' and '.join(missing)} yet" if missing else ""


def names_in_directory(page: str) -> frozenset[str]:
    """Read the file names from a directory's listing in HTML: mirrors link to them by name, by path, and by URL."""
    paths = (re.split("[?#]", html.unescape("".join(link)))[0] for link in _HREF.findall(page))
    return frozenset(unquote(path.rpartition("/")[2]) for path in paths) - {""}


def new_releases(listing: Listing, wanted: Wanted, known: Collection[str] | None) -> list[Release]:
    """Pick the releases to make changes for, the oldest first, of which the API has all that is needed.

    At the first look ever `known` is None, and only the newest of each minor is new.
    """
    ready = [r for r in reversed(listing.releases) if wanted.has(r.version) and not lacking(r)]
    if known is None:
        finals = {minor(r.version): r for r in ready if not r.is_prerelease}
        newest = {minor(r.version): r for r in ready}
        return [r for r in ready if r in (finals.get(minor(r.version)), newest[minor(r.version)])]
    return [r for r in ready if str(r.version) not in known]


def list_releases(
    listing: Listing,
    wanted: Wanted,
    *,
    doubts: Mapping[Version, str],
    previous: Iterable[ListedRelease],
    now: datetime.datetime,
) -> tuple[ListedRelease, ...]:
    """List what is published and wanted, the newest first; `doubts` is what speaks against one beside the API."""
    first_seen = {release.version: release.first_seen for release in previous}
    with_source = {release.version: release for release in listing.releases}
    result = []
    for version in newest_first(v for v in listing.published if wanted.has(v)):
        release = with_source.get(version)
        why_not = lacking(release) if release else "python.org's API lists no source tarball yet"
        why_not = why_not or doubts.get(version, "")
        result.append(
            ListedRelease(
                version=str(version),
                published_at=listing.published[version],
                first_seen=first_seen.get(str(version), now),
                complete=not why_not,
                why_not_yet=why_not,
            )
        )
    return tuple(result)


def bounded(notes: Iterable[str]) -> tuple[str, ...]:
    """Keep notes readable, however much a hostile or broken answer has to be said about."""
    every = list(dict.fromkeys(notes))
    more = len(every) - MAX_NOTES
    return (*every[:MAX_NOTES], *([f"and {more} more like these"] if more > 0 else []))


def _name(url: str) -> str:
    return url.rpartition("/")[2]
