"""Where advisories come from: folders and files of this machine, and URLs, whose last good answer is kept on disk.

A URL is asked by conditions, so that what has not changed is not sent again; where it cannot be read, what it said the
last time holds, and for how long that has been so is told.
"""

import hashlib
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from python_builds.adapters import http
from python_builds.adapters.advisories.records import MAX_SOURCE, records_of_content, records_of_folder
from python_builds.adapters.stop import Stop
from python_builds.adapters.upstream.api_cache import read_answer, replace_file
from python_builds.core.advisories.advice import Advice
from python_builds.core.advisories.osv import Advisories, collect
from python_builds.core.advisories.statements import MAX_STATEMENTS, Statements, parse_statements
from python_builds.core.errors import ConfigurationError, NotAnswered, SourceError
from python_builds.core.settings.settings import Settings
from python_builds.core.upstream.followed_minors import parse_ends

CYCLE_PATH = "/api/release-cycle.json"
SECONDS = 300
"""That an answer may take."""

SLACK = timedelta(days=1)
"""By how much another's clock may be before ours."""


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True)

    url: str
    sha256: str
    etag: str | None = None
    last_modified: str | None = None
    asked_at: float


def fetch(settings: Settings, stop: Stop) -> list[str]:
    """Ask all URLs of the setting; give what went wrong, as sentences: what was kept before is kept still."""
    problems = []
    for url in _urls(settings):
        try:
            _fetch(settings, url, stop)
        except SourceError as error:
            problems.append(f"the advisories of {url} were not renewed: {error}")
    return problems


def is_fetched(settings: Settings) -> bool:
    """Say whether there is an answer of each URL, however old."""
    return all(_kept(settings, url) for url in _urls(settings))


def last_asked(settings: Settings) -> dict[str, datetime | None]:
    """Say of each URL when it answered the last time; None if it never did."""
    found = {url: _kept(settings, url) for url in _urls(settings)}
    return {url: datetime.fromtimestamp(one.asked_at, UTC) if one else None for url, one in found.items()}


def read_advice(settings: Settings, stop: Stop) -> Advice | None:
    """Read what versions are judged by; None where the setting names no source.

    What cannot be read is left out and told of: of statements, that makes more versions affected and never fewer.
    """
    if not settings.advisories:
        return None
    problems: list[str] = []
    statements = _statements(settings, problems)
    return Advice(advisories=_advisories(settings, problems, stop), statements=statements, minors=_minors(settings))


def _advisories(settings: Settings, problems: list[str], stop: Stop) -> Advisories:
    found: dict[str, Any] = {}
    for name in settings.advisories.split():
        try:
            records, told = _records(settings, name, stop)
            found |= records
            problems += told
        except (SourceError, OSError) as error:
            problems.append(f"the advisories of {name} cannot be read: {error}")
    return collect(found, tuple(problems), until=datetime.now(UTC) + SLACK)


def _records(settings: Settings, name: str, stop: Stop) -> tuple[dict[str, Any], list[str]]:
    if name.startswith("/"):
        path = Path(name)
        if path.is_dir():
            return records_of_folder(path, stop)
        if not path.is_file():
            raise SourceError("it is neither a folder nor a file")
        with path.open("rb") as file:
            return records_of_content(name, file.read(MAX_SOURCE + 1), stop)
    if not _kept(settings, name):
        raise SourceError("it has never answered")
    return records_of_content(name, _path(settings, name).read_bytes(), stop)


def _fetch(settings: Settings, url: str, stop: Stop) -> None:
    known = _kept(settings, url)
    conditions = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified} if known else {}
    page = http.get(
        url,
        stop,
        max_bytes=MAX_SOURCE,
        within=("https://",) if url.startswith("https://") else (),
        seconds=SECONDS,
        conditions={name: value for name, value in conditions.items() if value},
    )
    if page.status == 304 and known:
        replace_file(
            _about(settings, url), known.model_copy(update={"asked_at": time.time()}).model_dump_json().encode()
        )
        return
    if page.status != 200:
        raise NotAnswered(f"{url} answers {page.status}")
    records, _ = records_of_content(url, page.body, stop)
    if not collect(records).records:
        raise SourceError(f"{url} answers without any OSV record that can be read")
    kept = _Kept(
        url=url,
        sha256=hashlib.sha256(page.body).hexdigest(),
        etag=page.headers.get("ETag"),
        last_modified=page.headers.get("Last-Modified"),
        asked_at=time.time(),
    )
    replace_file(_path(settings, url), page.body)
    replace_file(_about(settings, url), kept.model_dump_json().encode())


def _kept(settings: Settings, url: str) -> _Kept | None:
    """Say what is kept of a URL; nothing if a crash came between an answer and what is known of it."""
    try:
        kept = _Kept.model_validate_json(_about(settings, url).read_bytes())
        content = _path(settings, url).read_bytes()
    except (FileNotFoundError, ValidationError):
        return None
    return kept if kept.url == url and hashlib.sha256(content).hexdigest() == kept.sha256 else None


def _path(settings: Settings, url: str) -> Path:
    return settings.state_dir / "advisories" / hashlib.sha256(url.encode()).hexdigest()[:16]


def _about(settings: Settings, url: str) -> Path:
    return _path(settings, url).with_suffix(".json")


def _urls(settings: Settings) -> list[str]:
    return [name for name in settings.advisories.split() if not name.startswith("/")]


def _statements(settings: Settings, problems: list[str]) -> Statements | None:
    if settings.vex_file is None:
        return None
    try:
        with settings.vex_file.open("rb") as file:
            return parse_statements(str(settings.vex_file), file.read(MAX_STATEMENTS + 1))
    except (ConfigurationError, OSError) as error:
        problems.append(f"no statement holds: {error}")
        return None


def _minors(settings: Settings) -> Mapping[str, Mapping[str, str]]:
    """Read when minors end from the release cycle data that the poller keeps; nothing where it keeps none."""
    answer = read_answer(settings.state_dir / "release-cycle.json", settings.peps_url)
    document = answer.documents.get(CYCLE_PATH) if answer else None
    return parse_ends(document.body) if document else {}
