"""What servers answered, kept on disk for all who ask on this machine, and how often they were asked.

Buildbot's steps, its poller and a second process may all ask, so files are replaced whole and nobody trusts one that
cannot be read: it counts as not there.
"""

import json
import os
import threading
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from python_builds.core.errors import SourceError

CALLS_A_DAY = 100
"""That python.org's release API grants without an account; an answer of 304 counts too."""

_DAY = 24 * 3600


class CachedDocument(BaseModel):
    """One JSON document, with what a server needs to say that it is still the same."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    body: Any
    etag: str | None = None
    last_modified: str | None = None


class Answer(BaseModel):
    """What one server answered at one time."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    url: str = Field(description="of the server")
    asked_at: float = Field(description="seconds since 1970")
    documents: dict[str, CachedDocument] = Field(description="by path")

    def is_fresh(self, now: float, seconds: float) -> bool:
        """Say whether it is not older than that; an answer from the future is of a clock that was wrong."""
        return 0 <= now - self.asked_at <= seconds


class _Calls(BaseModel):
    at: tuple[float, ...] = ()


class Calls:
    """Counts requests of the last 24 hours, so that restarts and failures do not use up what a server grants.

    Two processes that count at the very same time may lose one.
    """

    def __init__(self, path: Path) -> None:
        """Take the file that keeps the count."""
        self.path = path

    def left(self, now: float) -> int:
        """Say how many more requests are granted now."""
        return CALLS_A_DAY - len(self._lately(now))

    def next_at(self, now: float) -> float:
        """Say when the oldest request of the last 24 hours will count no more."""
        return min(self._lately(now), default=now) + _DAY

    def count(self, now: float) -> None:
        """Count a request, before it is made."""
        replace_file(self.path, _Calls(at=(*self._lately(now), now)).model_dump_json().encode())

    def _lately(self, now: float) -> list[float]:
        try:
            calls = _Calls.model_validate_json(self.path.read_bytes())
        except (FileNotFoundError, ValidationError):
            return []
        return [at for at in calls.at if 0 <= now - at < _DAY]


def read_answer(path: Path, url: str) -> Answer | None:
    """Read what a server answered; None if nothing of it is kept."""
    try:
        # By the same library that reads servers' answers, as others are stricter about what JSON may hold.
        answer = Answer.model_validate(json.loads(path.read_bytes()))
    except (FileNotFoundError, ValueError, RecursionError):
        return None
    return answer if answer.url == url else None


def keep_answer(path: Path, answer: Answer) -> None:
    """Keep an answer in place of the one before.

    Raises:
        SourceError: if its documents are too deep to be written.
    """
    documents = {name: dict(document) for name, document in answer.documents.items()}
    try:
        content = json.dumps({**dict(answer), "documents": documents})
    except (ValueError, RecursionError) as error:
        raise SourceError(f"what {answer.url} answers cannot be kept: {error}") from error
    replace_file(path, content.encode())


def calls_beside(path: Path) -> Calls:
    """Give the count of the requests whose answers are kept in a file."""
    return Calls(path.with_name(f"{path.stem}-calls{path.suffix}"))


def replace_file(path: Path, content: bytes) -> None:
    """Write a file that is there whole or as it was before, whenever the machine dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
