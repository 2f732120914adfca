"""CPython releases: their numbers, their order and how python.org names their files.

Layout of https://www.python.org/ftp/python: a pre-release lives in the directory of the final release it leads to
(3.13.0/Python-3.13.0rc3.tgz), and every tarball holds one folder, named as the tarball without its ending.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from packaging.version import Version

from python_builds.facts.errors import InvalidVersion

NEWEST = "newest"
"""What a request may say instead of a number: the newest final release that can really be fetched."""

ARCHIVE_ENDINGS = (".tar.xz", ".tgz")
"""Of a source tarball, best first. xz is a fifth smaller; both hold the same files."""

# CPython's own numbering: no epochs, posts, devs or local parts, no leading zeros.
_NUMBER = r"(?:0|[1-9][0-9]{0,2})"
VERSION_PATTERN = rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:(?:a|b|rc)[1-9][0-9]?)?"
_VERSION = re.compile(VERSION_PATTERN, re.ASCII)
_TARBALL = re.compile(rf"Python-({VERSION_PATTERN})(\.tgz|\.tar\.xz)", re.ASCII)


def parse_version(text: str) -> Version:
    """Turn "3.13.0rc3" into a Version, which orders 3.9 before 3.10 and rc3 before the final.

    Raises:
        InvalidVersion: for anything else, trailing newlines and shell syntax included.
    """
    if not isinstance(text, str) or not _VERSION.fullmatch(text):
        raise InvalidVersion(
            f"{text!r} is not a CPython version: give three numbers, and for a pre-release a, b or rc and its number, "
            "for instance 3.13.5 or 3.14.0rc2"
        )
    return Version(text)


def minor(version: Version) -> str:
    """Name the series a version belongs to, as in 3.13."""
    return f"{version.major}.{version.minor}"


def tarball_name(version: Version, ending: str) -> str:
    """Name a release's source tarball as python.org does."""
    return f"Python-{version}{ending}"


def version_of_tarball(name: str) -> Version | None:
    """Say which release a file name stands for, or None if it is no source tarball."""
    match = _TARBALL.fullmatch(name)
    return Version(match[1]) if match else None


def directory_url(ftp_url: str, version: Version) -> str:
    """Name the folder below `ftp_url` in which python.org keeps a release: the final's, for a pre-release too."""
    return f"{ftp_url.rstrip('/')}/{version.base_version}/"


def newest_first(versions: Iterable[Version]) -> list[Version]:
    """Order versions for someone who wants the newest, each once."""
    return sorted(set(versions), reverse=True)


@dataclass(frozen=True, kw_only=True)
class Release:
    """One release as python.org's API publishes it."""

    version: Version
    url: str
    """Of the source tarball."""
    sha256: str | None
    """Hex digest; None for releases before 3.13.12 or so, for which the API has only an MD5."""
    sigstore_url: str | None = None
    size: int | None = None
    """Bytes."""

    @property
    def is_prerelease(self) -> bool:
        """Whether this is an alpha, a beta or a release candidate."""
        return self.version.is_prerelease


def parse_releases(releases: list[dict[str, object]], files: list[dict[str, object]]) -> list[Release]:
    """Join the release API's two bulk answers (`release/?is_published=true`, `release_file/`).

    Only published releases whose source tarball has a file row count: python.org deletes and re-creates the rows while
    it publishes, so one that is not there is "not yet". A release with two tarballs gives the better ending.
    Source: https://github.com/python/pythondotorg/blob/main/apps/downloads/models.py
    """
    published = {row["resource_uri"] for row in releases if row.get("is_published")}
    best: dict[Version, tuple[int, Release]] = {}
    for row in files:
        url = str(row.get("url") or "")
        version = version_of_tarball(url.rpartition("/")[2])
        if version is None or row.get("release") not in published:
            continue
        rank = next(i for i, ending in enumerate(ARCHIVE_ENDINGS) if url.endswith(ending))
        if version not in best or rank < best[version][0]:
            release = Release(
                version=version,
                url=url,
                sha256=str(row["sha256_sum"]) if row.get("sha256_sum") else None,
                sigstore_url=str(row["sigstore_bundle_file"]) if row.get("sigstore_bundle_file") else None,
                size=int(str(row["filesize"])) if row.get("filesize") else None,
            )
            best[version] = (rank, release)
    return [release for _, (_, release) in sorted(best.items(), reverse=True)]
