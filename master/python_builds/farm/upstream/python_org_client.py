"""HTTP for the poller: Buildbot's client service, with bounds that it does not have itself.

What is guaranteed of each request, whatever the server does: it ends after TOTAL_SECONDS, redirects included; no more
than its `max_bytes` of the body are ever in memory, nor unpacked; nobody but the server that was named is asked, and
redirects to others are errors. The body is read in the service's thread, which ends with the request unless the server
takes ages over the head of its answer: then the thread waits on, and the poll does not.
"""

import email.utils
import io
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from buildbot.util.httpclientservice import HTTPSession
from twisted.internet import defer, threads
from urllib3.exceptions import HTTPError

from python_builds.adapters.upstream.api_cache import CachedDocument
from python_builds.core.errors import NotAnswered

TOTAL_SECONDS = 120
TIMEOUT = (10, 45)
"""Seconds to connect, and between two packets: the API makes its list of files anew for each request. A master that is
stopped meanwhile waits as long for a server that is silent."""

MAX_REDIRECTS = 3
MAX_DOCUMENT = 64 * 2**20
"""Bytes. The API's list of files has about 4 million."""
MAX_PAGE = 4 * 2**20
"""Bytes of a directory's listing."""

_HEADERS = {"User-Agent": "python-builds"}


@dataclass(frozen=True, kw_only=True)
class Page:
    """An answer that says something: 200, 304 or 404."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _Reader:
    """A hook of requests, called in the thread with the head of an answer: reads its body as far as is allowed."""

    def __init__(self, max_bytes: int, deadline: float) -> None:
        self.max_bytes = max_bytes
        self.deadline = deadline
        self.headers: Mapping[str, str] = {}

    def __call__(self, response: requests.Response, **kwargs: Any) -> requests.Response:
        """Return an answer of our own making, from which Buildbot reads the bytes that are here already."""
        self.headers = response.headers
        read = requests.Response()
        read.status_code, read.url = response.status_code, response.url
        try:
            with response:
                read.raw = self._body(response)
        except HTTPError as error:
            raise NotAnswered(f"{response.url} broke off: {error!s:.300}") from error
        return read

    def _body(self, response: requests.Response) -> io.BytesIO:
        body = io.BytesIO()
        # read1 hands over each packet, where read would wait for as many bytes as were asked for.
        while block := response.raw.read1(2**16, decode_content=True):
            body.write(block)
            if body.tell() > self.max_bytes:
                raise NotAnswered(f"{response.url} has more than the {self.max_bytes} bytes that it may have")
            if time.monotonic() > self.deadline:
                raise NotAnswered(f"{response.url} took too long over its answer")
        body.seek(0)
        return body


class PythonOrgClient:
    """Asks one server."""

    def __init__(self, service: Any, url: str, total_seconds: float = TOTAL_SECONDS) -> None:
        """Take Buildbot's HTTP client service, and the URL of the server."""
        self.reactor = service.master.reactor
        self.session = HTTPSession(service, url)
        self.url = url
        self.total_seconds = total_seconds
        self._asking: tuple[Any, _Reader] | None = None

    def stop(self) -> None:
        """Give up the request that is under way, which ends as cancelled."""
        if self._asking is not None:
            asking, reader = self._asking
            reader.deadline = 0
            asking.cancel()

    @defer.inlineCallbacks
    def document(self, path: str, known: CachedDocument | None) -> Any:
        """Get a JSON document: `known` itself where the server says that it is still the same.

        Raises:
            NotAnswered: for any other answer than the document.
        """
        page = yield self._get(self.url + path, MAX_DOCUMENT, _conditions(known))
        if page.status == 304 and known is not None:
            return known
        if page.status != 200:
            raise NotAnswered(f"{self.url}{path} answers {page.status}")
        try:
            body = yield threads.deferToThread(json.loads, page.body)
        except (ValueError, RecursionError) as error:
            kind = page.headers.get("Content-Type", "of no type")
            raise NotAnswered(f"{self.url}{path} is no JSON ({kind:.80}, {len(page.body)} bytes): {error}") from None
        return CachedDocument(body=body, etag=page.headers.get("ETag"), last_modified=page.headers.get("Last-Modified"))

    @defer.inlineCallbacks
    def page(self, url: str) -> Any:
        """Get the text of a page; None where there is none.

        Raises:
            NotAnswered: where the server says neither.
        """
        page = yield self._get(url, MAX_PAGE, {})
        if page.status == 304:
            raise NotAnswered(f"{url} answers 304 though nobody asked whether it changed")
        return page.body.decode(errors="replace") if page.status == 200 else None

    @defer.inlineCallbacks
    def _get(self, url: str, max_bytes: int, conditions: Mapping[str, str]) -> Any:
        deadline = time.monotonic() + self.total_seconds
        for _ in range(1 + MAX_REDIRECTS):
            page = yield self._ask(url, _Reader(max_bytes, deadline), conditions)
            if page.status not in (301, 302, 303, 307, 308):
                return _said(url, page)
            url = _redirected(url, page.headers.get("Location", ""))
        raise NotAnswered(f"{url} is not asked: more than {MAX_REDIRECTS} redirects lead to it")

    @defer.inlineCallbacks
    def _ask(self, url: str, reader: _Reader, conditions: Mapping[str, str]) -> Any:
        asking = self.session.get(
            url,
            headers={**_HEADERS, **conditions},
            timeout=TIMEOUT,
            allow_redirects=False,
            stream=True,
            hooks={"response": reader},
        )
        asking.addTimeout(max(0.1, reader.deadline - time.monotonic()), self.reactor)
        self._asking = asking, reader
        try:
            response = yield asking
            body = yield response.content()
        except defer.TimeoutError:
            raise NotAnswered(f"{url} did not answer within {self.total_seconds:.0f} s") from None
        except (requests.RequestException, OSError, ValueError) as error:
            raise NotAnswered(f"{url} cannot be read: {error!s:.300}") from error
        finally:
            self._asking = None
        return Page(status=response.code, headers=reader.headers, body=body)


def retry_after(value: str, now: float) -> float | None:
    """Read the seconds to wait from a Retry-After, which gives them or a date."""
    if value.isascii() and value.isdigit():
        return float(value[:9])
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - now)
    except (ValueError, OverflowError):
        return None


def _said(url: str, page: Page) -> Page:
    if page.status not in (200, 304, 404):
        wait = retry_after(page.headers.get("Retry-After", ""), time.time())
        raise NotAnswered(f"{url} answers {page.status}", wait)
    return page


def _conditions(known: CachedDocument | None) -> dict[str, str]:
    if known is None:
        return {}
    conditions = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
    return {name: value for name, value in conditions.items() if value}


def _redirected(url: str, location: str) -> str:
    """Return where a redirect leads, if it stays with the server; it may go from http to https, never back."""
    try:
        target = urljoin(url, location)
        to, came = urlsplit(target), urlsplit(url)
        upgraded = (came.scheme, to.scheme, to.port) == ("http", "https", None) and to.hostname == came.hostname
    except ValueError:
        upgraded, to, came = False, None, None
    if location and (upgraded or (to and came and (to.scheme, to.netloc) == (came.scheme, came.netloc))):
        return target
    raise NotAnswered(f"{url} redirects to {location!r:.200}, which is not followed")
