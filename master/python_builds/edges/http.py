"""HTTP for the sources: no endless waits or files, with retries, through the proxies of the environment."""

from pathlib import Path

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

from python_builds.facts.errors import SourceError

TIMEOUT = (10, 60)
"""Seconds to connect, and between two packets."""

MAX_TARBALL = 256 * 2**20
"""Bytes. The largest source tarball so far has 36 million."""

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


def exists(url: str) -> bool:
    """Say whether a server has a file: False for 404 and its like, an error where it cannot be asked."""
    try:
        with session() as s:
            answer = s.head(url, timeout=TIMEOUT, allow_redirects=True)
    except requests.RequestException as error:
        raise SourceError(f"cannot ask for {url}: {_reason(error)}") from error
    if answer.status_code in (401, 403, 404, 410):
        return False
    if not answer.ok:
        raise SourceError(f"{url} answers {answer.status_code} {answer.reason}")
    return True


def get_json(url: str) -> object:
    """Fetch a JSON document."""
    try:
        with session() as s:
            answer = s.get(url, timeout=TIMEOUT, headers={"Accept": "application/json"})
            answer.raise_for_status()
            return answer.json()
    except requests.RequestException as error:
        raise SourceError(f"cannot read {url}: {_reason(error)}") from error


def download(url: str, target: Path, max_bytes: int = MAX_TARBALL) -> None:
    """Stream a file to disk."""
    try:
        with session() as s, s.get(url, timeout=TIMEOUT, stream=True) as answer, target.open("wb") as file:
            answer.raise_for_status()
            for block in answer.iter_content(2**18):
                file.write(block)
                if file.tell() > max_bytes:
                    raise SourceError(f"{url} is larger than the {max_bytes} bytes that a source tarball may have")
    except requests.RequestException as error:
        raise SourceError(f"cannot fetch {url}: {_reason(error)}") from error
