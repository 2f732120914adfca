"""HTTP for the sources: no endless waits or files, with retries, through the proxies of the environment."""

import json
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urljoin

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from python_builds.facts.errors import SourceError

TIMEOUT = (10, 60)
"""Seconds to connect, and between two packets."""

MAX_TARBALL = 256 * 2**20
"""Bytes. The largest source tarball so far has 36 million."""

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


def _reason(error: requests.RequestException) -> str:
    """Say what happened in words, without the classes and addresses in which requests wraps it."""
    inner = getattr(error.args[0], "reason", error) if error.args else error
    return str(inner).rpartition(">: ")[2]


def session() -> requests.Session:
    """Make a session that tries again where that can help."""
    made = requests.Session()
    made.headers["User-Agent"] = "python-builds"
    for scheme in ("http://", "https://"):
        made.mount(scheme, HTTPAdapter(max_retries=_RETRIES))
    return made


def exists(url: str, within: Sequence[str] = ()) -> bool:
    """Say whether a server has a file: False for 404 and its like, an error where it cannot be asked."""
    try:
        with session() as s, _ask(s, "HEAD", url, within) as answer:
            pass
    except requests.RequestException as error:
        raise SourceError(f"cannot ask for {url}: {_reason(error)}") from error
    if answer.status_code in (401, 403, 404, 410):
        return False
    if not answer.ok:
        raise SourceError(f"{url} answers {answer.status_code} {answer.reason}")
    return True


def get_json(url: str, within: Sequence[str] = ()) -> object:
    """Fetch a JSON document; `within` as for `download`."""
    body = bytearray()
    try:
        with session() as s, _ask(s, "GET", url, within) as answer:
            answer.raise_for_status()
            for block in answer.iter_content(2**18):
                body += block
                if len(body) > MAX_JSON:
                    raise SourceError(f"{url} is larger than the {MAX_JSON} bytes that it may have")
        return json.loads(body)
    except requests.RequestException as error:
        raise SourceError(f"cannot read {url}: {_reason(error)}") from error
    except ValueError as error:
        raise SourceError(f"cannot read {url}: {error}") from error


def download(url: str, target: Path, max_bytes: int = MAX_TARBALL, within: Sequence[str] = ()) -> None:
    """Stream a file to disk; from URLs that start as one of those in `within`, if it has any, redirects included."""
    try:
        with session() as s, _ask(s, "GET", url, within) as answer, target.open("wb") as file:
            answer.raise_for_status()
            for block in answer.iter_content(2**18):
                file.write(block)
                if file.tell() > max_bytes:
                    raise SourceError(f"{url} is larger than the {max_bytes} bytes that it may have")
    except requests.RequestException as error:
        raise SourceError(f"cannot fetch {url}: {_reason(error)}") from error


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
