"""Training data: what the training run of an optimized build left, kept as a named input of later builds.

It fits one source, compiled in one way: its *identity*. A build whose identity has data in the store uses the newest of
it, is cheaper by that, and comes out the same as the build that left it. The run itself is scripts/steps/train.sh;
which tests it runs is CPython's own choice: `--pgo`, which is PGO_TESTS of its Lib/test/libregrtest/pgo.py.
"""

import hashlib

from pydantic import AwareDatetime, Field, ValidationError

from python_builds.core.documents import Document, first_problem
from python_builds.core.errors import InvalidRequest

NAMES = ("compiler", "target", "flags", "configuration")
"""What scripts/steps/identify-training-data.sh tells, a line each."""

MAX_IDENTITY_CHARACTERS = 20_000
"""Characters of what it may tell."""


class TrainingIdentity(Document):
    """What training data is good for."""

    source_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    architecture: str
    compiler: str = Field(min_length=1, description="its own first line about its version")
    target: str = Field(min_length=1, description="the compiler's name of the machine")
    flags: str = Field(min_length=1, description="of the optimized stage, and objects of built-in modules")
    configuration: str = Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of pyconfig.h")

    @property
    def digest(self) -> str:
        """Name it in a key."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:32]


class TrainingData(Document):
    """One run's data in the store."""

    key: str
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size: int = Field(ge=0, description="bytes")
    identity: TrainingIdentity
    trained_by: str = Field(description="builder and number of the Buildbot build, or of an earlier farm's")
    trained_at: AwareDatetime


def parse_identity(text: str, source_sha256: str, architecture: str) -> TrainingIdentity:
    """Read what a worker tells, lines of `NAME VALUE`.

    Raises:
        InvalidRequest: saying what is wrong with it.
    """
    if len(text) > MAX_IDENTITY_CHARACTERS:
        raise InvalidRequest(
            f"identify-training-data.sh told {len(text)} characters; {MAX_IDENTITY_CHARACTERS} are allowed"
        )
    lines = [line.partition(" ") for line in text.splitlines()]
    told = {name: value.strip() for name, _, value in lines}
    if len(lines) != len(NAMES) or set(told) != set(NAMES):
        raise InvalidRequest(
            f"identify-training-data.sh must tell {', '.join(NAMES)}, a line each; it told {text[:300]!r}"
        )
    try:
        return TrainingIdentity(source_sha256=source_sha256, architecture=architecture, **told)
    except ValidationError as error:
        raise InvalidRequest(f"identify-training-data.sh: {first_problem(error)}") from error
