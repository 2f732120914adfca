"""The indexes that clients read, computed from records alone: the same records give the same bytes.

versions.json is the predecessor's, to the byte: one line, `python_versions` the first key, `", "` between values, no
newline at the end, final releases only (its shell clients cut it apart with sed, and take an rc for the latest).

index.json names every artifact of the newest revision of each product:

    {"schema_version": 1, "generated_at": RFC 3339 or null,
     "builds": [{"python_version", "variant", "channel", "platform", "arch", "revision", "profile", "checked",
                 "built_at", "kind", "url", "sha256", "size"}, …]}

`url` is relative to index.json, so that a mirror of the tree is valid as it is; `channel` is release or prerelease;
`arch` is amd64 or arm64; `kind` is deb, rpm or tarball; `generated_at` is when the newest of its records was made.
"""

import json
from collections.abc import Iterable

from packaging.version import Version

from python_builds.facts.artifacts import INDEX_JSON, VERSIONS_JSON, profile_prefix
from python_builds.facts.records import Artifact, Record, newest_revisions

SCHEMA_VERSION = 1


def indexes(records: Iterable[Record], profile: str, *, unchecked: bool) -> dict[str, bytes]:
    """Compute the indexes of one profile, by key, in the order in which they are to be written.

    `unchecked` says whether products count that nobody could try on an untouched system.
    """
    current = newest_revisions(r for r in records if r.profile == profile and (unchecked or r.checked))
    prefix = profile_prefix(profile)
    return {
        f"{prefix}{INDEX_JSON}": index_json(current, prefix),
        f"{prefix}{VERSIONS_JSON}": versions_json(current),
    }


def versions_json(records: Iterable[Record]) -> bytes:
    """List the final releases that at least one platform has, the oldest first."""
    versions = {Version(r.python_version) for r in records if not r.variant}
    finals = sorted(v for v in versions if not v.is_prerelease)
    return json.dumps({"python_versions": [str(v) for v in finals]}).encode()


def index_json(records: Iterable[Record], prefix: str) -> bytes:
    """List every artifact of these records; `prefix` is the profile's, below which index.json lies."""
    records = list(records)
    newest = max((r.built_at for r in records), default=None)
    index = {
        "schema_version": SCHEMA_VERSION,
        "generated_at": newest and newest.isoformat(),
        "builds": [_entry(r, a, prefix) for r in records for a in r.artifacts if a.kind != "sha256"],
    }
    return json.dumps(index, indent=1).encode() + b"\n"


def _entry(record: Record, artifact: Artifact, prefix: str) -> dict[str, object]:
    return {
        "python_version": record.python_version,
        "variant": record.variant,
        "channel": "prerelease" if Version(record.python_version).is_prerelease else "release",
        "platform": record.platform,
        "arch": record.architecture,
        "revision": record.revision,
        "profile": record.profile,
        "checked": record.checked,
        "built_at": record.built_at.isoformat(),
        "kind": artifact.kind,
        "url": artifact.key.removeprefix(f"{prefix}python/"),
        "sha256": artifact.sha256,
        "size": artifact.size,
    }
