"""How an artifact came to be, as SLSA's provenance v1 in an in-toto statement: what went in, by digest, and who did it.

https://slsa.dev/spec/v1.0/provenance. `externalParameters` are what was asked for. `internalParameters` have the
commands that make it of `resolvedDependencies`, which lie in one folder under their names; `downloadLocation` is where
each is, below the store that the artifact is in.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from python_builds.core.documents import first_problem
from python_builds.core.errors import NotVerified
from python_builds.core.publishing.artifacts import library_key, source_key
from python_builds.core.publishing.records import Artifact, Record
from python_builds.core.upstream.releases import parse_version

STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://slsa.dev/provenance/v1"
BUILD_TYPE = "urn:python-builds:build:1"
REBUILD_TYPE = "urn:python-builds:rebuild:1"
"""Of who has built an artifact again, and found the same."""

IMAGE = "image"
SCRIPTS_FILE = "scripts.tar"


class _Part(BaseModel):
    """A part of a statement; what it has more is no concern of ours."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Resource(_Part):
    """Something by its digest."""

    name: str = ""
    uri: str = ""
    digest: dict[str, str] = {}
    download_location: str = Field("", alias="downloadLocation")
    annotations: dict[str, Any] = {}

    @property
    def sha256(self) -> str:
        """Give its SHA-256; empty if it has none."""
        return self.digest.get("sha256", "")


class Definition(_Part):
    """What was to be built, and of what."""

    build_type: str = Field(alias="buildType")
    external: dict[str, Any] = Field(alias="externalParameters")
    internal: dict[str, Any] = Field({}, alias="internalParameters")
    dependencies: tuple[Resource, ...] = Field((), alias="resolvedDependencies")

    def dependency(self, name: str) -> Resource | None:
        """Find one by its name."""
        return next((one for one in self.dependencies if one.name == name), None)


class Builder(_Part):
    """Who built it."""

    id: str


class Metadata(_Part):
    """When, and in which build."""

    invocation: str = Field("", alias="invocationId")
    started: AwareDatetime | None = Field(None, alias="startedOn")
    finished: AwareDatetime | None = Field(None, alias="finishedOn")


class Run(_Part):
    """How it was built."""

    builder: Builder
    metadata: Metadata = Metadata()
    byproducts: tuple[Resource, ...] = ()


class Predicate(_Part):
    """What is said of the subjects."""

    definition: Definition = Field(alias="buildDefinition")
    run: Run = Field(alias="runDetails")


class Provenance(_Part):
    """A statement of ours, or of another builder's."""

    kind: str = Field(alias="_type")
    subject: tuple[Resource, ...]
    predicate_type: str = Field(alias="predicateType")
    predicate: Predicate


class Maker(_Part):
    """What a record does not say of how its artifacts were made."""

    builder: str
    started: str
    environment: dict[str, str]
    commands: dict[str, list[str]]
    inputs: tuple[Resource, ...]
    """What lies in the work folder beside the sources."""
    record: Resource


def provenance(record: Record, artifact: Artifact, maker: Maker) -> bytes:
    """State how an artifact was made, always in the same bytes; the digest is the first thing in it."""
    statement = {
        "_type": STATEMENT,
        "subject": [subject(artifact)],
        "predicateType": PREDICATE,
        "predicate": {
            "buildDefinition": {
                "buildType": BUILD_TYPE,
                "externalParameters": {
                    name: getattr(record, name)
                    for name in ("python_version", "variant", "platform", "architecture", "profile")
                },
                "internalParameters": {
                    "revision": record.revision,
                    "recipe": record.recipe,
                    "environment": maker.environment,
                    "commands": maker.commands,
                },
                "resolvedDependencies": [*_sources(record), *map(described, maker.inputs)],
            },
            "runDetails": {
                "builder": {"id": maker.builder},
                "metadata": {
                    "invocationId": record.build,
                    "startedOn": maker.started,
                    "finishedOn": record.built_at.isoformat(),
                },
                "byproducts": [described(maker.record)],
            },
        },
    }
    return json.dumps(statement, separators=(",", ":")).encode()


def rebuild(artifact: Resource, original: Resource, builder: str, finished: str, how: Mapping[str, Any]) -> bytes:
    """State that a builder has made an artifact again of what its provenance names, and got the same."""
    statement = {
        "_type": STATEMENT,
        "subject": [described(artifact)],
        "predicateType": PREDICATE,
        "predicate": {
            "buildDefinition": {
                "buildType": REBUILD_TYPE,
                "externalParameters": {"provenance": described(original)},
                "internalParameters": dict(how),
                "resolvedDependencies": [described(original)],
            },
            "runDetails": {"builder": {"id": builder}, "metadata": {"finishedOn": finished}},
        },
    }
    return json.dumps(statement, separators=(",", ":")).encode()


def subject(artifact: Artifact) -> dict[str, Any]:
    """Name an artifact as a statement does."""
    return {
        "digest": {"sha256": artifact.sha256},
        "name": artifact.key.rpartition("/")[2],
        "downloadLocation": artifact.key,
    }


def described(resource: Resource) -> dict[str, Any]:
    """Write a resource without what it does not have."""
    return resource.model_dump(by_alias=True, exclude_defaults=True)


def parse_provenance(name: str, payload: bytes) -> Provenance:
    """Read what somebody has signed.

    Raises:
        NotVerified: saying what is wrong with it.
    """
    try:
        found = Provenance.model_validate_json(payload)
    except ValidationError as error:
        raise NotVerified(f"{name} holds no provenance: {first_problem(error)}") from error
    if (found.kind, found.predicate_type) != (STATEMENT, PREDICATE):
        raise NotVerified(f"{name} holds {found.kind!a} of {found.predicate_type!a}, and must hold {PREDICATE}")
    return found


def _sources(record: Record) -> Sequence[dict[str, Any]]:
    found = []
    if record.source:
        source = record.source
        found.append(
            {
                "name": source.name,
                "uri": source.origin if source.origin.startswith("http") else "",
                "digest": {"sha256": source.sha256},
                "downloadLocation": source_key(parse_version(record.python_version), source.name),
                "annotations": {"trust": source.trust, "verified": list(source.verified)},
            }
        )
    for library in record.libraries:
        found.append(
            {
                "name": library.tarball,
                "digest": {"sha256": library.sha256},
                "downloadLocation": library_key(library.tarball),
            }
        )
    if record.image:
        found.append(
            {
                "name": IMAGE,
                "uri": record.image.name,
                "digest": {"sha256": record.image.id.removeprefix("sha256:")},
                "downloadLocation": record.image.reference,
            }
        )
    return [{key: value for key, value in one.items() if value} for one in found]
