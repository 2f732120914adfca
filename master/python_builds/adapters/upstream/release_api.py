"""python.org's release API, and what else of its servers is JSON: asked by conditions, counted, and kept on disk."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from python_builds.adapters import http
from python_builds.adapters.stop import Stop
from python_builds.adapters.upstream.api_cache import (
    CALLS_A_DAY,
    Answer,
    CachedDocument,
    calls_beside,
    keep_answer,
    read_answer,
)
from python_builds.core.errors import NotAnswered

SECONDS = 120
"""That an answer may take: the API makes its list of files anew for each request."""


class KeptApi:
    """Some documents of one server, kept in a file for all who ask on this machine."""

    def __init__(self, url: str, kept: Path, *, counted: bool = False, attempts: int = 1) -> None:
        """Take the URL of the server, the file, and whether it grants only so many requests a day."""
        self.url = url
        self.kept = kept
        self.attempts = attempts
        self.seconds: float = SECONDS
        self.calls = calls_beside(kept) if counted else None

    @property
    def within(self) -> tuple[str, ...]:
        """Where the server may redirect to: itself, also from http to https."""
        parts = urlsplit(self.url)
        return (f"{parts.scheme}://{parts.netloc}/", f"https://{parts.hostname}/")

    def read(self) -> Answer | None:
        """Read what the server answered the last time."""
        return read_answer(self.kept, self.url)

    def ask(self, paths: Sequence[str], known: Answer | None, now: float, stop: Stop) -> Answer:
        """Ask for the documents, of which those that are still as they were are not sent again.

        Raises:
            NotAnswered: for any other answer than the documents.
        """
        before, documents = known.documents if known else {}, {}
        for path in paths:
            documents[path] = self._attempted(path, before.get(path), now, stop)
        return Answer(url=self.url, asked_at=now, documents=documents)

    def keep(self, answer: Answer) -> None:
        """Keep an answer for all who ask."""
        keep_answer(self.kept, answer)

    def _attempted(self, path: str, known: CachedDocument | None, now: float, stop: Stop) -> CachedDocument:
        for attempt in range(1, self.attempts):
            self._count(now)
            try:
                return self._document(path, known, stop)
            except NotAnswered as error:
                if not error.passing:
                    raise
                stop.wait(attempt)
        self._count(now)
        return self._document(path, known, stop)

    def _count(self, now: float) -> None:
        if self.calls is None:
            return
        if self.calls.left(now) <= 0:
            until = self.calls.next_at(now)
            at = f"{datetime.fromtimestamp(until, UTC):%H:%M} UTC"
            said = f"{self.url} grants {CALLS_A_DAY} requests a day, which are used up until {at}"
            raise NotAnswered(said, until - now)
        self.calls.count(now)

    def _document(self, path: str, known: CachedDocument | None, stop: Stop) -> CachedDocument:
        url = self.url + path
        page = http.get(
            url,
            stop,
            max_bytes=http.MAX_JSON,
            within=self.within,
            seconds=self.seconds,
            conditions=_conditions(known),
        )
        if page.status == 304 and known is not None:
            return known
        if page.status != 200:
            raise NotAnswered(f"{url} answers {page.status}")
        try:
            body = json.loads(page.body)
        except (ValueError, RecursionError) as error:
            kind = page.headers.get("Content-Type", "of no type")
            raise NotAnswered(f"{url} is no JSON ({kind:.80}, {len(page.body)} bytes): {error}") from None
        return CachedDocument(body=body, etag=page.headers.get("ETag"), last_modified=page.headers.get("Last-Modified"))


def _conditions(known: CachedDocument | None) -> dict[str, str]:
    if known is None:
        return {}
    conditions = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
    return {name: value for name, value in conditions.items() if value}
