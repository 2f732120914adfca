"""Records: what was published and how it was made, one JSON document for each revision of a product, written last."""

from collections.abc import Iterable

from packaging.version import Version
from pydantic import AwareDatetime, Field, field_validator

from python_builds.core.building.built_with import BuiltWith
from python_builds.core.building.contents import Contents
from python_builds.core.building.training import TrainingData
from python_builds.core.documents import Document, parse_document
from python_builds.core.errors import DamagedObject, PythonBuildsError, StoreError
from python_builds.core.platforms.platforms import platform_named
from python_builds.core.publishing.artifacts import METAPACKAGE, PROFILES, Product
from python_builds.core.publishing.dsse import BUNDLE_ENDING, ENDING
from python_builds.core.publishing.record_rules import (
    MAX_RECORD_BYTES,
    artifacts_problem,
    key_problem,
    metapackage_problem,
    package_problem,
)
from python_builds.core.upstream.releases import parse_version
from python_builds.core.upstream.static_libraries import Library
from python_builds.core.upstream.tags import VARIANTS
from python_builds.core.upstream.trust import Trust

SCHEMA_VERSION = 1


class Artifact(Document):
    """One uploaded file."""

    kind: str
    key: str
    sha256: str | None = Field(pattern=r"^[0-9a-f]{64}$", description="None where the predecessor uploaded it")
    size: int = Field(ge=0, description="bytes")


class Source(Document):
    """The tarball a build was made from, and who vouches for it."""

    name: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size: int = Field(ge=0, description="bytes")
    origin: str = Field(description="where it was fetched from")
    trust: Trust
    verified: tuple[str, ...] = Field(default=(), description="what was checked when it was fetched, as sentences")


class LibrarySource(Document):
    """The tarball of a library that this CPython comes without, and that is linked into its modules."""

    name: str
    version: str
    tarball: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="see core/upstream/static_libraries.py")


def library_source(library: Library) -> LibrarySource:
    """Say what is mirrored of a library."""
    return LibrarySource(name=library.name, version=library.version, tarball=library.tarball, sha256=library.sha256)


class Image(Document):
    """The worker image of a build, which is where its compiler and its libraries came from."""

    name: str
    id: str = Field(pattern=r"^sha256:[0-9a-f]{64}$", description="as the Docker engine tells images apart")
    reference: str = Field(
        default="",
        pattern=r"^([a-z0-9][A-Za-z0-9._:/-]*@sha256:[0-9a-f]{64})?$",
        description="by which a registry has this very image, whatever its tags name later; empty where none has it",
    )


class Record(Document):
    """One revision of a product."""

    schema_version: int = SCHEMA_VERSION
    python_version: str
    variant: str = ""
    platform: str
    architecture: str
    revision: int = Field(ge=1)
    profile: str
    checked: bool = Field(description="installed and tried on an untouched base system")
    built_at: AwareDatetime
    source: Source | None = Field(description="None where the predecessor built it")
    libraries: tuple[LibrarySource, ...] = Field(default=(), description="second sources, linked statically")
    artifacts: tuple[Artifact, ...]
    durations: dict[str, float] = Field(default_factory=dict, description="seconds, by step")
    build: str = Field(default="", description="builder and number of the Buildbot build")
    package: dict[str, str] = Field(
        default_factory=dict,
        description="what indexes say of its package: `control` of a deb; `primary` and `other` of an rpm, in XML",
    )
    metapackage: dict[str, str] = Field(
        default_factory=dict,
        description="the same of the package that follows its minor's patches; empty for a pre-release",
    )
    recipe: str = Field(default="", description="digest of the scripts, the platform's row and its image's name")
    image: Image | None = Field(default=None, description="None where it was not built in a container")
    built_with: BuiltWith | None = Field(
        default=None, description="see core/building/built_with.py; None where the predecessor built it"
    )
    contents: Contents | None = Field(
        default=None, description="what it is made of, for its SBOM; None of builds up to November 2026"
    )
    training: TrainingData | None = Field(default=None, description="what an optimized build was optimized for")
    attested: bool = Field(default=False, description="each artifact has its signed provenance beside it: dsse.ENDING")
    by_identity: bool = Field(default=False, description="an identity has signed the same: dsse.BUNDLE_ENDING")
    adopted: bool = Field(default=False, description="published by the predecessor, and indexed as it was")

    @field_validator("python_version")
    @classmethod
    def _is_a_version(cls, value: str) -> str:
        return str(parse_version(value))

    @property
    def product(self) -> Product:
        """What this is a revision of.

        Raises:
            PythonBuildsError: if a value is none that this farm knows.
        """
        if self.profile not in PROFILES or self.variant not in VARIANTS:
            raise StoreError(f"a record has profile {self.profile!r} and variant {self.variant!r}")
        return Product(
            version=parse_version(self.python_version),
            platform=platform_named(self.platform),
            architecture=self.architecture,
            profile=self.profile,
            variant=self.variant,
        )

    @property
    def statements(self) -> tuple[str, ...]:
        """Name what is stated of each artifact, beside it."""
        endings = [ending for ending, has in ((ENDING, self.attested), (BUNDLE_ENDING, self.by_identity)) if has]
        return tuple(f"{a.key}{ending}" for a in self.artifacts if a.kind != "sha256" for ending in endings)

    def without_how(self) -> "Record":
        """Leave out what no index tells, so that a snapshot of very many records stays small."""
        told = self.contents.compiled_in() if self.contents else None
        return self.model_copy(update={"image": None, "built_with": None, "contents": told, "training": None})

    @property
    def offered(self) -> tuple[tuple[str, dict[str, str]], ...]:
        """What package indexes offer, each with its artifact's kind: no minor follows a patch that was not tried."""
        package = (self.product.platform.package_format, self.package)
        return (package, (METAPACKAGE, self.metapackage)) if self.checked and self.metapackage else (package,)

    @property
    def order(self) -> tuple[Version, str, str, str, int]:
        """Where it stands in an index."""
        return (Version(self.python_version), self.variant, self.platform, self.architecture, self.revision)


def parse_record(key: str, content: bytes) -> Record:
    """Read a record.

    Raises:
        DamagedObject: naming the key, if it is none, or not the one that belongs there.
    """
    if len(content) > MAX_RECORD_BYTES:
        raise DamagedObject(f"{key} is not a record: it has more than the {MAX_RECORD_BYTES} bytes that are allowed")
    record = parse_document(Record, "is not a record", key, content)
    if problem := record_problem(key, record):
        raise DamagedObject(f"{key} is not a record: {problem}")
    return record


def record_problem(key: str, record: Record) -> str:
    """Say what is wrong with a record under this key; empty if nothing is."""
    try:
        product = record.product
    except PythonBuildsError as error:
        return str(error)
    return (
        key_problem(key, product, record.revision)
        or artifacts_problem(product, record.revision, {one.key: one.kind for one in record.artifacts})
        or package_problem(product, record.revision, record.package)
        or metapackage_problem(product, record.revision, record.metapackage)
    )


def parse_source(key: str, content: bytes) -> Source:
    """Read what is known about a mirrored source tarball; for errors see `parse_document`."""
    return parse_document(Source, "does not describe a source", key, content)


def newest_revisions(records: Iterable[Record]) -> list[Record]:
    """Keep the newest revision of each product, in the order of an index."""
    newest: dict[tuple[str, str, str, str, str], Record] = {}
    for record in sorted(records, key=lambda r: r.revision):
        identity = (record.python_version, record.variant, record.platform, record.architecture, record.profile)
        newest[identity] = record
    return sorted(newest.values(), key=lambda r: r.order)
