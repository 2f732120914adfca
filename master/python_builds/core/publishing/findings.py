"""What a check of an artifact found, line by line: what holds, what does not, and what nobody could look at."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """What came of one question."""

    HOLDS = "holds"
    FAILS = "FAILS"
    OPEN = "not checked"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One line of the table."""

    question: str
    state: State
    words: str
    required: bool = False
    """Whether an artifact without it is not verified."""


def is_verified(findings: Iterable[Finding]) -> bool:
    """Say whether nothing fails, and all that is required holds."""
    return all(f.state == State.HOLDS or (f.state == State.OPEN and not f.required) for f in findings)
