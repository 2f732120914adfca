"""Documents: what is kept in a store as JSON, for programs and for people.

They are read back from a store that others may write to, so they are validated: what is no such document stops whoever
reads it with its key and its problem.
"""

from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from python_builds.core.errors import DamagedObject

_AnyDocument = TypeVar("_AnyDocument", bound=BaseModel)


class Document(BaseModel):
    """It never changes, and a field that nobody knows is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def dump(document: BaseModel) -> bytes:
    """Write a document as it is stored: JSON for programs and people, ending in a newline."""
    return document.model_dump_json(indent=2).encode() + b"\n"


def parse_document(kind: type[_AnyDocument], what: str, key: str, content: bytes) -> _AnyDocument:
    """Read a document from a store that others may write to.

    Raises:
        DamagedObject: naming the key and what is wrong with the document.
    """
    try:
        return kind.model_validate_json(content)
    except ValidationError as error:
        raise DamagedObject(f"{key} {what}: {first_problem(error)}") from error


def first_problem(error: ValidationError) -> str:
    """Tell where a document is wrong, and how."""
    problem = error.errors()[0]
    where = ".".join(map(str, problem["loc"]))
    return f"{where}: {problem['msg']}" if where else problem["msg"]
