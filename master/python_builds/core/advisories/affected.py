"""Whether a version is affected: yes, no, or unknown; a doubt is never a no."""

import functools
import re
from collections.abc import Callable, Iterable, Sequence

from packaging.version import InvalidVersion, Version

from python_builds.core.advisories.commit_table import CommitTable
from python_builds.core.advisories.osv import CPYTHON, REPOSITORIES, Advisory, Affected, Range
from python_builds.core.upstream.releases import minor

AFFECTED, NOT_AFFECTED, UNKNOWN = "affected", "not affected", "unknown"

Contains = Callable[[str], bool | None]

_BACKPORT = re.compile(r"(?:[+~](?:deb|bpo)|[0-9]ubuntu)[0-9]", re.ASCII)
"""In a version of a released distribution's package, which has a fix that upstream has in a later version."""

_EPOCH_AND_REVISION = re.compile(r"^[0-9]+:|(?:[-+~][A-Za-z0-9.+~-]*)$", re.ASCII)


def status(advisory: Advisory, name: str, version: Version, table: CommitTable) -> str:
    """Say whether a version of cpython, or of a library, is affected."""
    parts = [part for part in advisory.affected if part.name == name]
    if name != CPYTHON and _is_mended_upstream(parts, version):
        return NOT_AFFECTED
    found = [_part(part, version, table) for part in parts]
    if True in found:
        return AFFECTED
    return UNKNOWN if None in found else NOT_AFFECTED


def fixed_in(advisory: Advisory, version: Version, table: CommitTable) -> Version | None:
    """Name the first later CPython of the same minor that is not affected, where the table knows it."""
    series = minor(version)
    commits = [
        commit for part in advisory.affected if part.name == CPYTHON for r in part.ranges for commit in r.all("fixed")
    ]
    later = {first for commit in commits if (first := table.first(series, commit)) and first > version}
    good = sorted(one for one in later if status(advisory, CPYTHON, one, table) == NOT_AFFECTED)
    finals = [one for one in good if not one.is_prerelease]
    return next(iter(finals or good), None)


def _part(part: Affected, version: Version, table: CommitTable) -> bool | None:
    if any(read_version(text) == version for text in part.versions):
        return True
    found = [_in_range(one, version, table) for one in part.ranges]
    if not part.ranges and not part.versions:
        return None  # it names neither: nobody knows
    if True in found:
        return True
    # A list that nobody can read may mean this version.
    unread = any(read_version(text) is None for text in part.versions)
    return None if None in found or unread else False


def _is_mended_upstream(parts: Sequence[Affected], version: Version) -> bool:
    """Say whether a distribution took up an older upstream version with the fix, whatever its other releases lack."""
    if any(read_version(text) == version for part in parts for text in part.versions):
        return False
    ranges = [
        one for part in parts for one in part.ranges if one.type == "ECOSYSTEM" and one.all("introduced") == ["0"]
    ]
    fixed = [text for one in ranges for text in one.all("fixed") if not _BACKPORT.search(text)]
    return any(found < version for text in fixed if (found := read_version(text)))


def _in_range(one: Range, version: Version, table: CommitTable) -> bool | None:
    if one.type != "GIT":
        return _in_versions(one, version)
    if one.repo.removesuffix("/").removesuffix(".git") not in REPOSITORIES:
        return None
    return _in_commits(
        one,
        functools.partial(table.contains, version),
        functools.partial(table.is_older_than_minor, version=version),
    )


def _in_commits(one: Range, contains: Contains, is_older: Callable[[str], bool]) -> bool | None:
    begun = [True if commit == "0" else contains(commit) for commit in one.all("introduced")]
    ended = [contains(commit) for commit in one.all("fixed")]
    if any(event.keys() - {"introduced", "fixed"} for event in one.events):
        # Whether a release comes after a last affected commit, or a limit, is more than the table says.
        ended.append(None)
    if begun.count(True) > 1 and True in ended:
        return None  # it may have come again after it was fixed
    found = _and(_any(begun), _not(_any(ended)))
    # Records name backports and often not the commit of the main branch, of which later minors come: where it was
    # mended anywhere before this minor had its first release, the record alone does not tell.
    return None if found and any(map(is_older, one.all("fixed"))) else found


def _in_versions(one: Range, version: Version) -> bool | None:
    """Compare versions in their order, as OSV says: the last event that is not after the version decides."""
    state: bool | None = False
    events = [(read_version(text), kind) for event in one.events for kind, text in event.items()]
    if any(found is None or kind not in ("introduced", "fixed", "last_affected") for found, kind in events):
        return None
    if any(kind == "fixed" and _is_patched(text, version) for event in one.events for kind, text in event.items()):
        return None  # a distribution mended its own package of this or an older version, which says nothing of others
    for found, kind in sorted((found, kind) for found, kind in events if found is not None):
        if kind == "introduced" and found <= version:
            state = True
        elif (kind == "fixed" and found <= version) or (kind == "last_affected" and found < version):
            state = False
    return state


def read_version(text: str) -> Version | None:
    """Read a version as upstream or a distribution writes it, v3.11.2 or 1:2.5.1-2+deb12u1, without what was added."""
    try:
        return Version(_EPOCH_AND_REVISION.sub("", text.removeprefix("v")))
    except InvalidVersion:
        return None


def _is_patched(text: str, version: Version) -> bool:
    found = read_version(text)
    return found is not None and (
        (found == version and "-" in text) or (found < version and bool(_BACKPORT.search(text)))
    )


def _any(found: Iterable[bool | None]) -> bool | None:
    every = [*found]
    return True if True in every else None if None in every else False


def _and(one: bool | None, other: bool | None) -> bool | None:
    return False if False in (one, other) else None if None in (one, other) else True


def _not(one: bool | None) -> bool | None:
    return None if one is None else not one
