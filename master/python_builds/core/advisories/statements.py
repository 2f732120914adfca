"""What an operator says of vulnerabilities: an OpenVEX document (https://openvex.dev), validated before it is believed.

A statement says of products, by package URL, that a vulnerability does not affect them, and why; `pkg:generic/python`
without a version means all. It is published as it was read, and what it is about is shown as not affected.
"""

import re
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from packaging.version import Version
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from python_builds.core.advisories.osv import ID_PATTERN, Advisory
from python_builds.core.documents import first_problem
from python_builds.core.errors import ConfigurationError

PRODUCT = "pkg:generic/python"
JUSTIFICATIONS = (
    "component_not_present",
    "vulnerable_code_not_present",
    "vulnerable_code_not_in_execute_path",
    "vulnerable_code_cannot_be_controlled_by_adversary",
    "inline_mitigations_already_exist",
)
"""OpenVEX's words."""

MAX_STATEMENTS = 2**20
"""Bytes of the file."""

_PRODUCT = re.compile(rf"{re.escape(PRODUCT)}(?:@(?P<version>[0-9][0-9a-z.]{{0,40}}))?", re.ASCII)


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


Short = Annotated[str, Field(max_length=300)]
Long = Annotated[str, Field(max_length=5000)]
Named = Annotated[dict[Short, Short], Field(max_length=100)]


class Vulnerability(_Part):
    """By its names."""

    id: Short = Field("", alias="@id")
    name: str = Field(pattern=f"^{ID_PATTERN}$")
    description: Long = ""
    aliases: tuple[Short, ...] = Field((), max_length=100)


class Subcomponent(_Part):
    """The part of a product that has the vulnerability."""

    id: Short = Field("", alias="@id")
    identifiers: Named = {}
    hashes: Named = {}


class StatedProduct(_Part):
    """What a statement is about."""

    id: str = Field(alias="@id")
    identifiers: Named = {}
    hashes: Named = {}
    subcomponents: tuple[Subcomponent, ...] = Field((), max_length=100)

    @field_validator("id")
    @classmethod
    def _is_ours(cls, value: str) -> str:
        if not _PRODUCT.fullmatch(value):
            raise ValueError(f"must be {PRODUCT}, or {PRODUCT}@3.13.5 for one version")
        return value

    def has(self, version: Version) -> bool:
        """Say whether a version is meant."""
        match = _PRODUCT.fullmatch(self.id)
        return match is not None and match["version"] in (None, str(version))


class Statement(_Part):
    """One statement. OpenVEX's other states are what the farm finds out by itself."""

    id: Short = Field("", alias="@id")
    version: int = Field(1, ge=1)
    vulnerability: Vulnerability
    products: tuple[StatedProduct, ...] = Field(min_length=1, max_length=1000)
    status: Literal["not_affected"]
    justification: str = ""
    impact_statement: str = Field("", max_length=1000)
    status_notes: Long = ""
    supplier: Short = ""
    timestamp: AwareDatetime | None = None
    last_updated: AwareDatetime | None = None

    @model_validator(mode="after")
    def _says_why(self) -> "Statement":
        if self.justification and self.justification not in JUSTIFICATIONS:
            raise ValueError(f"justification must be one of {', '.join(JUSTIFICATIONS)}")
        if not self.justification and not self.impact_statement:
            raise ValueError("what is not affected needs a justification or an impact_statement")
        return self

    def is_about(self, advisory: Advisory, version: Version) -> bool:
        """Say whether it says that this does not affect that."""
        names = {self.vulnerability.name, *self.vulnerability.aliases}
        return bool(names & {*advisory.names}) and any(one.has(version) for one in self.products)


class Statements(_Part):
    """The document."""

    context: str = Field(alias="@context", pattern=r"^https://openvex\.dev/ns(/v0\.2\.[0-9]+)?$")
    id: str = Field(alias="@id", min_length=1, max_length=300)
    author: str = Field(min_length=1, max_length=200)
    role: str = Field("", max_length=200)
    timestamp: AwareDatetime
    last_updated: AwareDatetime | None = None
    version: int = Field(ge=1)
    tooling: Short = ""
    statements: tuple[Statement, ...] = Field(min_length=1, max_length=5000)


def parse_statements(where: str, content: bytes) -> Statements:
    """Read an operator's statements.

    Raises:
        ConfigurationError: saying where, what is wrong and what is allowed.
    """
    if len(content) > MAX_STATEMENTS:
        raise ConfigurationError([f"{where} has {len(content)} bytes: OpenVEX statements may have {MAX_STATEMENTS}"])
    try:
        return Statements.model_validate_json(content)
    except ValidationError as error:
        raise ConfigurationError([f"{where} holds no OpenVEX statements: {first_problem(error)}"]) from None


def dump_statements(statements: Statements) -> bytes:
    """Write the document as clients read it."""
    return statements.model_dump_json(by_alias=True, exclude_defaults=True, indent=1).encode() + b"\n"


def statement_about(statements: Iterable[Statement], advisory: Advisory, version: Version) -> Statement | None:
    """Find the statement that this does not affect that."""
    return next((one for one in statements if one.is_about(advisory, version)), None)


def as_json(statement: Statement) -> dict[str, Any]:
    """Say why, for programs."""
    why = {"justification": statement.justification, "impact_statement": statement.impact_statement}
    return {name: text for name, text in why.items() if text}
