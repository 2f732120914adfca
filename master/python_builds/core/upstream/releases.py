"""CPython releases: their numbers, their order and how python.org names their files.

Layout of https://www.python.org/ftp/python: a pre-release lives in the directory of the final release it leads to
(3.13.0/Python-3.13.0rc3.tgz), and every tarball holds one folder, named as the tarball without its ending.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import TypeVar

from packaging.version import Version
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from python_builds.core.errors import InvalidVersion

NEWEST = "newest"
"""What a request may say instead of a number: the newest final release that can really be fetched."""

ARCHIVE_ENDINGS = (".tar.xz", ".tgz")
"""Of a source tarball, best first. xz is a fifth smaller; both hold the same files."""

BUNDLE_ENDINGS = (".sigstore", ".sigstore.json")
"""Of a tarball's sigstore bundle: python.org's, and sigstore's own recommendation, should python.org follow it."""

PYTHON_ORG = "https://www.python.org"
"""Where files may lie, beside the server that was asked: a mirror of the API gives upstream's URLs."""

INSTALL_MANAGER = 100
"""What the API calls the `version` of pymanager's releases, which are no CPython; see its models.py."""

# CPython's own numbering: no epochs, posts, devs or local parts, no leading zeros.
_NUMBER = r"(?:0|[1-9][0-9]{0,2})"
VERSION_PATTERN = rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:a0|(?:a|b|rc)[1-9][0-9]?)?"
# a0 is what upstream's main branch calls itself before its first alpha.
MINOR_PATTERN = rf"{_NUMBER}\.{_NUMBER}"
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


def only_prereleases(wanted: Version | None, listed: Iterable[Version]) -> str:
    """Say that there are only pre-releases of what is wanted, or of anything; nothing if that is not so."""
    alike = newest_first(v for v in listed if wanted is None or v.base_version == wanted.base_version)
    if not alike or not all(version.is_prerelease for version in alike):
        return ""
    of = f" of {wanted.base_version}" if wanted else ""
    return f"There are only pre-releases{of}, {', '.join(map(str, alike))}: name one of them exactly. "


@dataclass(frozen=True, kw_only=True)
class Release:
    """One release as python.org's API publishes it."""

    version: Version
    url: str
    """Of the source tarball."""
    sha256: str | None
    """Hex digest; None for releases before 3.13.12 or so, for which the API has only an MD5."""
    sigstore_url: str | None = None
    openpgp_url: str | None = None
    size: int | None = None
    """Bytes."""

    @property
    def is_prerelease(self) -> bool:
        """Whether this is an alpha, a beta or a release candidate."""
        return self.version.is_prerelease


@dataclass(frozen=True, kw_only=True)
class Listing:
    """What the API says, as far as it can be right."""

    releases: tuple[Release, ...]
    """Those with a source tarball, the newest first."""
    published: Mapping[Version, AwareDatetime | None]
    """All that are published, with the API's date: those without a tarball are not there yet."""
    left_out: tuple[str, ...] = ()
    """Rows that are not what they should be, as sentences."""


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


_AnyRow = TypeVar("_AnyRow", bound=_Row)


class _ReleaseRow(_Row):
    resource_uri: str = Field(min_length=1)
    name: str | None = None
    version: int | None = None
    is_published: bool = False
    release_date: AwareDatetime | None = None

    @property
    def number(self) -> Version | None:
        """The release that its name names, as in "Python 3.14.0rc3"."""
        name = (self.name or "").removeprefix("Python ")
        return Version(name) if _VERSION.fullmatch(name) else None


class _FileRow(_Row):
    release: str
    url: str
    sha256_sum: str | None = Field(None, pattern=r"^([0-9a-fA-F]{64})?$")
    sigstore_bundle_file: str | None = None
    gpg_signature_file: str | None = None
    filesize: int | None = Field(None, ge=0)

    @property
    def ending(self) -> str:
        """Of the tarball."""
        return next(ending for ending in ARCHIVE_ENDINGS if self.url.endswith(ending))


def parse_releases(releases: list[object], files: list[object], url: str = PYTHON_ORG) -> Listing:
    """Join the release API's two bulk answers (`release/?is_published=true`, `release_file/`) of a server.

    Only published releases whose source tarball has a file row count: python.org deletes and re-creates the rows while
    it publishes, so one that is not there is "not yet". A row that is malformed, or whose URLs are not where python.org
    keeps that release, is left out and named; it costs no other its place.
    Source: https://github.com/python/pythondotorg/blob/main/apps/downloads/models.py
    """
    left_out: list[str] = []
    rows: dict[str, _ReleaseRow] = {}
    for raw in releases:
        row = _read(_ReleaseRow, raw, left_out)
        if row and row.is_published and row.version != INSTALL_MANAGER:
            rows[row.resource_uri] = row
    published = {row.number: row.release_date for row in rows.values() if row.number}
    found: dict[Version, dict[str, list[Release]]] = {}
    for raw in files:
        if isinstance(raw, dict) and not _TARBALL.fullmatch(_file_name(raw)):
            continue
        file = _read(_FileRow, raw, left_out)
        if file and file.release in rows and (release := _release(file, rows[file.release], url, left_out)):
            found.setdefault(release.version, {}).setdefault(file.ending, []).append(release)
            published.setdefault(release.version, rows[file.release].release_date)
    best = [_best(found[version], left_out) for version in newest_first(found)]
    return Listing(releases=tuple(filter(None, best)), published=published, left_out=tuple(left_out))


def _read(kind: type[_AnyRow], raw: object, left_out: list[str]) -> _AnyRow | None:
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        name = raw.get("resource_uri") if isinstance(raw, dict) else raw
        problem = error.errors()[0]
        where = ".".join(map(str, problem["loc"]))
        left_out.append(f"the row {name!r:.120} is left out: {where} {problem['msg']}")
        return None


def _file_name(raw: dict[object, object]) -> str:
    url = raw.get("url")
    return url.rpartition("/")[2] if isinstance(url, str) else ""


def _release(file: _FileRow, row: _ReleaseRow, url: str, left_out: list[str]) -> Release | None:
    """Make a release of a file's row, if every URL in it is where python.org keeps such a file."""
    version = version_of_tarball(file.url.rpartition("/")[2])
    if version is None:
        return None
    name = tarball_name(version, file.ending)
    homes = {directory_url(f"{origin}/ftp/python", version) + name for origin in (url, PYTHON_ORG)}
    if file.url not in homes:
        left_out.append(f"{file.url!r:.200} is left out: it must be {' or '.join(sorted(homes))}")
        return None
    if row.number not in (None, version):
        left_out.append(f"{file.url} is left out: its release is named {row.name!r:.80}")
        return None
    return Release(
        version=version,
        url=file.url,
        sha256=file.sha256_sum.lower() if file.sha256_sum else None,
        sigstore_url=_beside(file.url, BUNDLE_ENDINGS, file.sigstore_bundle_file, left_out),
        openpgp_url=_beside(file.url, (".asc",), file.gpg_signature_file, left_out),
        size=file.filesize or None,
    )


def _beside(url: str, endings: Iterable[str], found: str | None, left_out: list[str]) -> str | None:
    """Return the URL of a file that vouches for a tarball, if it lies beside it."""
    if found and found not in (allowed := [url + ending for ending in endings]):
        left_out.append(f"{found!r:.200} is left out: it must be {' or '.join(allowed)}")
        return None
    return found or None


def _best(by_ending: Mapping[str, list[Release]], left_out: list[str]) -> Release | None:
    """Choose the better tarball, of those whose rows agree: for a moment python.org may show old rows and new ones."""
    for ending in ARCHIVE_ENDINGS:
        said: dict[str, set[object]] = {}
        for release in by_ending.get(ending, []):
            for name, value in asdict(release).items():
                if value is not None:
                    said.setdefault(name, set()).add(value)
        if any(len(values) > 1 for values in said.values()):
            left_out.append(f"{by_ending[ending][0].url} is left out: its rows contradict each other")
        elif said:
            return replace(by_ending[ending][0], **{name: values.pop() for name, values in said.items()})  # type: ignore[arg-type]
    return None
