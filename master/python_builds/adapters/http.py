"""HTTP for the sources: no endless waits or files, with retries, through the proxies of the environment.

A server may send a byte now and then for ever, of its answer's head, too, and then none of the usual timeouts is ever
over. So each exchange is watched from beside it (`wire.py`), by what it brings in.
"""

import contextlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urljoin

import requests
from urllib3.util import Retry

from python_builds.adapters.stop import Stop
from python_builds.adapters.wire import Wire, WiredAdapter
from python_builds.core.errors import SourceError

TIMEOUT = (10, 60)
"""Seconds to connect, and between two packets."""

BLOCK = 2**14
"""Bytes; small, as a server counts as slow by the blocks that came."""

MAX_TARBALL = 160 * 2**20
"""Bytes. The largest source tarball so far, 3.15.0rc1's, has 38 million as gzip."""

MAX_JSON = 64 * 2**20
"""Bytes. python.org's list of all files has about ten million."""

MAX_REDIRECTS = 5

_RETRIES = Retry(
    total=3,
    connect=1,
    backoff_factor=0.5,
    backoff_jitter=0.5,
    status_forcelist=(429, 500, 502, 503, 504),
    # python.org's throttle names up to a day, and urllib3 would sleep as long as six hours.
    respect_retry_after_header=False,
)


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


def get_json(url: str, stop: Stop, within: Sequence[str] = ()) -> object:
    """Fetch a JSON document; `within` as for `download`."""
    body = bytearray()
    try:
        with _exchange("GET", url, stop, within) as (answer, wire):
            for block in _blocks(answer, wire, url, MAX_JSON):
                body += block
        return json.loads(body)
    except requests.RequestException as error:
        raise SourceError(f"cannot read {url}: {_reason(error)}") from error
    except ValueError as error:
        raise SourceError(f"cannot read {url}: {error}") from error


def download(url: str, target: Path, stop: Stop, max_bytes: int = MAX_TARBALL, within: Sequence[str] = ()) -> None:
    """Stream a file to disk; from URLs that start as one of those in `within`, if it has any, redirects included."""
    try:
        with _exchange("GET", url, stop, within) as (answer, wire), target.open("wb") as file:
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


@contextlib.contextmanager
def _exchange(method: str, url: str, stop: Stop, within: Sequence[str]) -> Iterator[tuple[requests.Response, Wire]]:
    """Ask for a file, and give the answer with what moves it; it ends when it is stopped, or is too slow."""
    wire = Wire(url)
    with stop.ending(wire.shut), wire.watched(), _session(wire) as s, _ask(s, method, url, within) as answer:
        yield answer, wire


def _session(wire: Wire) -> requests.Session:
    """Make a session that tries again where that can help."""
    made = requests.Session()
    made.headers["User-Agent"] = "python-builds"
    for scheme in ("http://", "https://"):
        made.mount(scheme, WiredAdapter(wire, _RETRIES))
    return made


def _ask(s: requests.Session, method: str, url: str, within: Sequence[str]) -> requests.Response:
    """Ask for a file; redirects are followed here, so that each URL is checked before anyone is asked for it."""
    for _ in range(1 + MAX_REDIRECTS):
        if within and not url.startswith(tuple(within)):
            raise SourceError(f"{url} is not fetched: it must start with {' or '.join(within)}")
        answer = s.request(method, url, timeout=TIMEOUT, stream=True, allow_redirects=False)
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
