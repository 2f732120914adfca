"""HTTP for all who fetch: no endless waits or files, retries where they help, through the proxies of the environment.

A server may send a byte now and then for ever, of its answer's head, too, and then none of the usual timeouts is ever
over. So each exchange is watched from beside it (`wire.py`), by what it brings in.
"""

import contextlib
import email.utils
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import requests
from urllib3.util import Retry

from python_builds.adapters.stop import Stop
from python_builds.adapters.wire import Wire, WiredAdapter
from python_builds.core.errors import NotAnswered, SourceError

TIMEOUT = (10, 60)
"""Seconds to connect, and between two packets."""

MAX_TRANSFER_SECONDS = 2 * 3600
"""Seconds that a whole exchange may take, as a download; the least that has to come in each minute: `wire.LEAST`."""

BLOCK = 2**14
"""Bytes; small, as a server counts as slow by the blocks that came."""

MAX_TARBALL = 160 * 2**20
"""Bytes. The largest source tarball so far, 3.15.0rc1's, has 38 million as gzip."""

MAX_JSON = 64 * 2**20
"""Bytes. python.org's list of all files has about ten million."""

MAX_REDIRECTS = 5

STUMBLES = (429, 500, 502, 503, 504)
"""Answers of a server that may soon have another."""

_RETRIES = Retry(
    total=3,
    connect=1,
    backoff_factor=0.5,
    backoff_jitter=0.5,
    status_forcelist=STUMBLES,
    # python.org's throttle names up to a day, and urllib3 would sleep as long as six hours.
    respect_retry_after_header=False,
)

_ONCE = Retry(total=0)


@dataclass(frozen=True, kw_only=True)
class Page:
    """An answer that says something: 200, 304 or 404."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def get(
    url: str,
    stop: Stop,
    *,
    max_bytes: int,
    within: Sequence[str] = (),
    seconds: float = MAX_TRANSFER_SECONDS,
    conditions: Mapping[str, str] | None = None,
) -> Page:
    """Ask once: whoever counts his requests, or waits between them, wants no retries; `within` as for `download`.

    Raises:
        NotAnswered: for any other status, with the wait that the server asks for; for no answer within the seconds.
    """
    body = bytearray()
    try:
        with _exchange("GET", url, stop, within, _Ask(conditions or {}, _ONCE, seconds)) as (answer, wire):
            if answer.status_code not in (200, 304, 404):
                wait = retry_after(answer.headers.get("Retry-After", ""), time.time())
                passing = answer.status_code in STUMBLES
                raise NotAnswered(f"{url} answers {answer.status_code}", wait, passing=passing)
            if answer.ok:
                for block in _blocks(answer, wire, url, max_bytes):
                    body += block
    except requests.RequestException as error:
        raise NotAnswered(f"{url} cannot be read: {_reason(error):.300}", passing=True) from error
    return Page(status=answer.status_code, headers=answer.headers, body=bytes(body))


def retry_after(value: str, now: float) -> float | None:
    """Read the seconds to wait from a Retry-After, which gives them or a date."""
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - now)
    except (ValueError, OverflowError):
        return None


def exists(url: str, stop: Stop, within: Sequence[str] = ()) -> bool:
    """Say whether a server has a file: False for 404 and its like, an error where it cannot be asked."""
    try:
        with _exchange("HEAD", url, stop, within) as (answer, _):
            pass
    except requests.RequestException as error:
        raise SourceError(f"cannot ask for {url}: {_reason(error)}") from error
    if answer.status_code in (401, 403, 404, 410):
        return False
    if not answer.ok:
        raise SourceError(f"{url} answers {answer.status_code} {answer.reason}")
    return True


def download(url: str, target: Path, stop: Stop, max_bytes: int = MAX_TARBALL, within: Sequence[str] = ()) -> None:
    """Stream a file to disk; from URLs that start as one of those in `within`, if it has any, redirects included.

    It arrives as it lies there: a server may call a `.tgz` gzip-encoded, and what that decodes to is another file.
    """
    try:
        with _exchange("GET", url, stop, within) as (answer, wire), target.open("wb") as file:
            answer.raw.headers.discard("Content-Encoding")  # by which urllib3 would decode it
            for block in _blocks(answer, wire, url, max_bytes):
                file.write(block)
    except requests.RequestException as error:
        raise SourceError(f"cannot fetch {url}: {_reason(error)}") from error


def _blocks(answer: requests.Response, wire: Wire, url: str, max_bytes: int) -> Iterator[bytes]:
    answer.raise_for_status()
    size = 0
    for block in answer.iter_content(BLOCK):
        size += len(block)
        wire.moved(len(block))
        yield block
        if size > max_bytes:
            raise SourceError(f"{url} is larger than the {max_bytes} bytes that it may have")


@dataclass(frozen=True)
class _Ask:
    headers: Mapping[str, str]
    retries: Retry
    seconds: float


_PATIENTLY = _Ask({"Accept-Encoding": "identity"}, _RETRIES, MAX_TRANSFER_SECONDS)


@contextlib.contextmanager
def _exchange(
    method: str, url: str, stop: Stop, within: Sequence[str], how: _Ask | None = None
) -> Iterator[tuple[requests.Response, Wire]]:
    """Ask for a file, and give the answer with what moves it; it ends when it is stopped, or is too slow."""
    how = how or _PATIENTLY
    wire = Wire(url, how.seconds)
    with stop.ending(wire.shut), wire.watched(), _session(wire, how) as s, _ask(s, method, url, within) as answer:
        yield answer, wire


def _session(wire: Wire, how: _Ask) -> requests.Session:
    made = requests.Session()
    made.headers.update({"User-Agent": "python-builds", **how.headers})
    for scheme in ("http://", "https://"):
        made.mount(scheme, WiredAdapter(wire, how.retries))
    return made


def _ask(s: requests.Session, method: str, url: str, within: Sequence[str]) -> requests.Response:
    """Ask for a file; redirects are followed here, so that each URL is checked before anyone is asked for it."""
    for _ in range(1 + MAX_REDIRECTS):
        if within and not url.startswith(tuple(within)):
            raise SourceError(f"{url} is not fetched: it must start with {' or '.join(within)}")
        try:
            answer = s.request(method, url, timeout=TIMEOUT, stream=True, allow_redirects=False)
        except requests.RequestException:
            raise
        except ValueError as error:  # of requests', which reads where a redirect leads even if nobody follows it
            raise SourceError(f"{url} redirects to no URL, which is not followed: {error}") from None
        target = s.get_redirect_target(answer)
        if target is None:
            return answer
        answer.close()
        url = urljoin(url, target)
    raise SourceError(f"{url} is not fetched: more than {MAX_REDIRECTS} redirects lead to it")


def _reason(error: requests.RequestException) -> str:
    """Say what happened in words, without the classes and addresses in which requests wraps it."""
    inner = getattr(error.args[0], "reason", error) if error.args else error
    return str(inner).rpartition(">: ")[2]
