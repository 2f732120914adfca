"""The indexes that clients read, computed from records alone: the same records give the same bytes.

versions.json is the predecessor's, to the byte: one line, `python_versions` the first key, `", "` between values, no
newline at the end, final releases only (its shell clients cut it apart with sed, and take an rc for the latest).

index.json names every artifact of the newest revision of each product, and python/<platform>/index.json those of one
platform in the same form:

    {"schema_version": 1, "generated_at": RFC 3339 or null,
     "builds": [{"python_version", "variant", "channel", "platform", "arch", "revision", "profile", "checked",
                 "adopted", "built_at", "kind", "url", "sha256", "size", "reproduced_by"}, …]}

with "libraries" behind them where there are some, linked statically: [{"name", "version"}, …], and "bundled", which are
in the same form what CPython's own source has of others and compiles in; newer builds tell them. In the index of all
platforms a farm that reads advisories adds "advisories": {"affected", "unknown", "minor_status"}: two numbers, and a
word of advisories.json, which says which they are.

index.schema.json, beside it, is its JSON Schema. `url` is relative to the index, so that a mirror of the tree is valid
as it is; `channel` is release or prerelease; `arch` is amd64 or arm64; `kind` is deb, rpm, metapackage (of either
format), tarball, uv, test (the standard library's tests), debug (symbols), tarball-zst or uv-zst (the same tars by
zstd, which newer builds have) or sbom (what is in it, of newer builds); `sha256` is null for what the predecessor
published, unless S3 knew it; `generated_at` is when the newest of its records was made; `reproduced_by` names other
builders who got the same file.
"""

import datetime
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from packaging.version import Version

from python_builds.core.indexes.index_files import NEVER, IndexFile, newest, signed
from python_builds.core.publishing.artifacts import (
    INDEX_JSON,
    INDEX_SCHEMA_JSON,
    METAPACKAGE,
    PROFILES,
    SBOM,
    SPDX,
    TARBALL_PARTS,
    VERSIONS_JSON,
    ZST_PARTS,
    profile_prefix,
)
from python_builds.core.publishing.records import Artifact, Record, newest_revisions
from python_builds.core.upstream.tags import VARIANTS

SCHEMA_VERSION = 1
CHANNELS = ("release", "prerelease")
KINDS = ("deb", "rpm", METAPACKAGE, *TARBALL_PARTS.values(), *ZST_PARTS.values(), SBOM, SPDX)
DIGEST = "^[0-9a-f]{64}$"

BUILD_SCHEMA = {
    "python_version": {"type": "string"},
    "variant": {"enum": list(VARIANTS)},
    "channel": {"enum": list(CHANNELS)},
    "platform": {"type": "string"},
    "arch": {"enum": ["amd64", "arm64"]},
    "revision": {"type": "integer", "minimum": 1},
    "profile": {"enum": list(PROFILES)},
    "checked": {"type": "boolean", "description": "tried on an untouched base system before it was published"},
    "adopted": {"type": "boolean", "description": "the predecessor built it; there is no .sha256 beside its files"},
    "built_at": {"type": "string", "format": "date-time"},
    "kind": {"enum": list(KINDS)},
    "url": {"type": "string", "format": "uri-reference", "description": "relative to index.json"},
    "sha256": {"type": ["string", "null"], "pattern": DIGEST, "description": "null for some of the predecessor's"},
    "size": {"type": "integer", "minimum": 0, "description": "bytes"},
    "reproduced_by": {
        "type": "array",
        "items": {"type": "string"},
        "description": "who else got the same file, as URIs",
    },
}

PARTS_SCHEMA = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["name", "version"],
        "properties": {"name": {"type": "string"}, "version": {"type": "string"}},
    },
}
PARTS = {
    "libraries": {
        **PARTS_SCHEMA,
        "description": "linked statically, from their own upstream's source; left out where there are none",
    },
    "bundled": {
        **PARTS_SCHEMA,
        "description": "of others, compiled in from CPython's own source; left out where that is not known",
    },
}

ADVISORIES_SCHEMA = {
    "type": "object",
    "description": "how many are known to affect it, or may, by advisories.json; left out where the farm reads none",
    "required": ["affected", "unknown", "minor_status"],
    "properties": {
        "affected": {"type": "integer", "minimum": 0},
        "unknown": {"type": "integer", "minimum": 0},
        "minor_status": {"type": "string", "description": "empty where that is not known"},
    },
}

SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "What python-builds has published: the newest revision of each product",
    "type": "object",
    "required": ["schema_version", "generated_at", "builds"],
    "properties": {
        "schema_version": {"const": SCHEMA_VERSION},
        "generated_at": {"type": ["string", "null"], "format": "date-time"},
        "builds": {
            "type": "array",
            "items": {
                "type": "object",
                "required": list(BUILD_SCHEMA),
                "properties": {**BUILD_SCHEMA, **PARTS, "advisories": ADVISORIES_SCHEMA},
            },
        },
    },
}
"""Clients must not mind fields that are new: the schema allows them."""


NOBODY: Mapping[str, Sequence[str]] = {}


def is_indexed(record: Record, profile: str, *, unchecked: bool) -> bool:
    """Say whether indexes name a record; `unchecked`: also if nobody could try it on an untouched system."""
    return record.profile == profile and (unchecked or record.checked or record.adopted)


def current(records: Iterable[Record], profile: str, *, unchecked: bool) -> list[Record]:
    """Pick what the indexes of a profile name: the newest revision of each product."""
    return newest_revisions(r for r in records if is_indexed(r, profile, unchecked=unchecked))


def platform_index(
    records: Sequence[Record], folder: str, rebuilt: Mapping[str, Sequence[str]] = NOBODY
) -> dict[str, object]:
    """List every artifact of `current` records of one platform; URLs are relative to its folder.

    `rebuilt` says by an artifact's SHA-256 who else has built it and got the same.
    """
    artifacts = [(r, a) for r in records for a in r.artifacts if a.kind != "sha256"]
    builds = [{**_build(r, a, folder), "reproduced_by": [*rebuilt.get(a.sha256 or "", ())]} for r, a in artifacts]
    return {
        "schema_version": SCHEMA_VERSION,
        "generated_at": newest(records).isoformat() if records else None,
        "builds": builds,
    }


def joined(indexes: Iterable[Mapping[str, Any]]) -> dict[str, object]:
    """Join the indexes of platforms, in their order, to the one of all."""
    every = list(indexes)
    stamps = [index["generated_at"] for index in every if index["generated_at"]]
    builds = [{**build, "url": f"{build['platform']}/{build['url']}"} for index in every for build in index["builds"]]
    return {"schema_version": SCHEMA_VERSION, "generated_at": max(stamps, default=None), "builds": builds}


def global_indexes(index: Mapping[str, Any], profile: str) -> list[IndexFile]:
    """Make the indexes of all platforms, in the order in which they are to be written."""
    prefix = profile_prefix(profile)
    dated = datetime.datetime.fromisoformat(index["generated_at"]) if index["generated_at"] else NEVER
    schema = json.dumps(SCHEMA, indent=1).encode() + b"\n"
    return [
        IndexFile(key=f"{prefix}{INDEX_SCHEMA_JSON}", content=schema),
        *signed(f"{prefix}{INDEX_JSON}", index_json(index), dated),
        *signed(f"{prefix}{VERSIONS_JSON}", versions_json(index), dated),
    ]


def versions_json(index: Mapping[str, Any]) -> bytes:
    """List the final releases that at least one platform has, the oldest first."""
    found = {build["python_version"] for build in index["builds"] if not build["variant"]}
    versions = sorted(Version(text) for text in found)
    return json.dumps({"python_versions": [str(v) for v in versions if not v.is_prerelease]}).encode()


def index_json(index: Mapping[str, Any]) -> bytes:
    """Write an index with a line for each artifact."""
    head = json.dumps({name: value for name, value in index.items() if name != "builds"})
    builds = ",\n  ".join(map(json.dumps, index["builds"]))
    return f'{head[:-1]}, "builds": [\n  {builds}\n]}}\n'.encode()


def _build(record: Record, artifact: Artifact, folder: str) -> dict[str, object]:
    compiled = [one for one in record.contents.bundled if not one.file] if record.contents else []
    parts = {
        "libraries": [{"name": one.name, "version": one.version} for one in record.libraries],
        "bundled": [{"name": one.name, "version": one.version} for one in compiled],
    }
    return {
        "python_version": record.python_version,
        "variant": record.variant,
        "channel": CHANNELS[Version(record.python_version).is_prerelease],
        "platform": record.platform,
        "arch": record.architecture,
        "revision": record.revision,
        "profile": record.profile,
        "checked": record.checked,
        "adopted": record.adopted,
        "built_at": record.built_at.astimezone(datetime.UTC).isoformat(),
        "kind": artifact.kind,
        "url": artifact.key.removeprefix(f"{folder}/"),
        "sha256": artifact.sha256,
        "size": artifact.size,
        **{name: found for name, found in parts.items() if found},
    }
