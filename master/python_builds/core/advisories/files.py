"""The published files about advisories, written as other indexes are."""

from collections.abc import Mapping

from python_builds.core.advisories.advice import Advice, Advised, advisories_json
from python_builds.core.advisories.statements import dump_statements
from python_builds.core.indexes.index_files import NEVER, IndexFile, signed
from python_builds.core.publishing.artifacts import ADVISORIES_JSON, OPENVEX_JSON, profile_prefix
from python_builds.core.upstream.tags import Tag


def advisory_files(advice: Advice | None, advised: Mapping[Tag, Advised], profile: str) -> list[IndexFile]:
    """Make them. A date of a record dates no signature: strangers would choose when it was made."""
    prefix = profile_prefix(profile)
    files: list[IndexFile] = []
    if advice:
        files += signed(f"{prefix}{ADVISORIES_JSON}", advisories_json(advice, advised), NEVER)
    if advice and advice.statements:
        files += signed(f"{prefix}{OPENVEX_JSON}", dump_statements(advice.statements), NEVER)
    return files


def former_keys(advice: Advice | None, profile: str) -> list[str]:
    """Name what is made no more, by what versions are judged now."""
    made = {file.key for file in advisory_files(advice, {}, profile)}
    return [key for key in advisory_keys(profile) if key not in made]


def advisory_keys(profile: str) -> list[str]:
    """Name all that there may be, a signature after what it signs."""
    prefix = profile_prefix(profile)
    return [f"{prefix}{name}{ending}" for name in (ADVISORIES_JSON, OPENVEX_JSON) for ending in ("", ".asc")]
