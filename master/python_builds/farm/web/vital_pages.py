"""What programs ask that watch the farm: /healthz, and /metrics for Prometheus.

They are answered whether the database is there or not. /healthz is for everybody, where only operators may look, too:
it tells numbers, and neither names nor sentences.
"""

import hmac
import json
from collections.abc import Callable
from functools import partial
from typing import Any

from buildbot.www.resource import Resource
from prometheus_client import CONTENT_TYPE_LATEST
from twisted.internet import defer

from python_builds.farm.web.vital_signs import NAME

METRICS = b"/metrics"
VITAL_PAGES = (b"/healthz", b"/healthz/live", b"/healthz/ready", METRICS)

REFUSED = "Metrics are for who shows their token, or where there is none for who may look: see docs/operate.md.\n"


def add_vital_pages(master: Any, token: str) -> None:
    """Lay them into a master's site; `token` opens the metrics, if there is one."""
    whole, live, ready = (VitalPage(master, partial(health, kind=kind)) for kind in ("all", "live", "ready"))
    whole.putChild(b"live", live)
    whole.putChild(b"ready", ready)
    master.www.site.resource.putChild(b"healthz", whole)
    master.www.site.resource.putChild(b"metrics", VitalPage(master, partial(metrics, token=token)))


class VitalPage(Resource):
    """One of them: `answer` gives its body, or a Deferred of it, by the master and the request."""

    needsReconfig = False

    def __init__(self, master: Any, answer: Callable[[Any, Any], Any]) -> None:
        super().__init__(master)
        self.answer = answer

    def render_GET(self, request: Any) -> Any:
        """Answer, which no cache keeps."""
        request.setHeader(b"Cache-Control", b"no-store")
        return self.asyncRenderHelper(request, partial(self.answer, self.master))


@defer.inlineCallbacks
def health(master: Any, request: Any, *, kind: str) -> Any:
    """Say how the farm is by 200 or 503: `live` while it answers at all, `ready` with its database, `all` if well."""
    request.setHeader(b"Content-Type", b"application/json")
    if kind == "live":
        return _document(ok=True)
    signs = yield _service(master).signs()
    checks = {"database": signs.checks["database"]} if kind == "ready" else signs.checks
    ok = all(check["ok"] for check in checks.values())
    request.setResponseCode(200 if ok else 503)
    return _document(ok=ok, checks=checks)


@defer.inlineCallbacks
def metrics(master: Any, request: Any, *, token: str) -> Any:
    """Give all figures, as Prometheus reads them, to who may read them."""
    if not _may_read(request, token):
        request.setResponseCode(401)
        request.setHeader(b"WWW-Authenticate", b'Bearer realm="metrics"')
        request.setHeader(b"Content-Type", b"text/plain; charset=utf-8")
        return REFUSED.encode()
    text = yield _service(master).metrics()
    request.setHeader(b"Content-Type", CONTENT_TYPE_LATEST.encode())
    return text


def _service(master: Any) -> Any:
    return master.service_manager.namedServices[NAME]


def _may_read(request: Any, token: str) -> bool:
    if not token:
        return bool(request.may_look())
    shown = request.getHeader(b"Authorization") or b""
    return hmac.compare_digest(shown, f"Bearer {token}".encode())


def _document(**values: object) -> bytes:
    return json.dumps(values, indent=2).encode() + b"\n"
