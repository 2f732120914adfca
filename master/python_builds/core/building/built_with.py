"""How a build was made, as its worker tells it: what somebody needs to make it again, or to say what is in it."""

from pydantic import Field, ValidationError

from python_builds.core.documents import Document, first_problem
from python_builds.core.errors import InvalidRequest

MAX_DESCRIPTION_BYTES = 500_000
"""Bytes of the document that a worker may send."""


class TestSummary(Document):
    """What CPython's test runner said of the smoke subset."""

    passed: int = Field(ge=1, description="test files")
    skipped: tuple[str, ...] = Field(default=(), description="test files that skipped themselves")


class BuiltWith(Document):
    """What scripts/steps/describe_build.py writes; paths of the build folder are written as `.`."""

    compiler: str
    target: str
    linker: str
    libc: str
    configure: tuple[str, ...] = Field(description="arguments, and variables of its environment")
    make: tuple[str, ...] = Field(description="variables of the last stage")
    libraries: dict[str, str] = Field(description="shared libraries of the system, each with its package's version")
    modules: tuple[str, ...] = Field(description="extension modules in lib-dynload")
    builtin_modules: tuple[str, ...]
    tests: TestSummary


def parse_built_with(content: bytes) -> BuiltWith:
    """Read what a worker tells.

    Raises:
        InvalidRequest: saying what is wrong with it.
    """
    if len(content) > MAX_DESCRIPTION_BYTES:
        raise InvalidRequest(
            f"the description of the build has more than the {MAX_DESCRIPTION_BYTES} bytes that are allowed"
        )
    try:
        return BuiltWith.model_validate_json(content)
    except ValidationError as error:
        raise InvalidRequest(f"the description of the build is none: {first_problem(error)}") from error
