"""What programs ask that watch the farm: /healthz, and /metrics for Prometheus.

They are answered whether the database is there or not. /healthz is for everybody, where only operators may look, too:
it tells numbers, and neither names nor sentences.
"""

import hmac
import json
from typing import Any

from buildbot.www.resource import Resource
from prometheus_client import CONTENT_TYPE_LATEST
from twisted.internet import defer

from python_builds.farm.web.vital_signs import NAME

METRICS = b"/metrics"
VITAL_PAGES = (b"/healthz", b"/healthz/live", b"/healthz/ready", METRICS)

REFUSED = "Only who may look at the farm may read its metrics, or shows their token: see docs/operate.md.\n"


def add_vital_pages(master: Any, token: str) -> None:
    """Lay them into a master's site; `token` opens the metrics, if there is one."""
    health = HealthResource(master, "all")
    health.putChild(b"live", HealthResource(master, "live"))
    health.putChild(b"ready", HealthResource(master, "ready"))
    master.www.site.resource.putChild(b"healthz", health)
    master.www.site.resource.putChild(b"metrics", MetricsResource(master, token))


class VitalResource(Resource):
    """One of them."""

    needsReconfig = False

    def render_GET(self, request: Any) -> Any:
        """Answer, which no cache keeps."""
        request.setHeader(b"Cache-Control", b"no-store")
        return self.asyncRenderHelper(request, self.answer)

    def answer(self, request: Any) -> Any:
        """Give the answer's body, or a Deferred of it."""
        raise NotImplementedError


class HealthResource(VitalResource):
    """How the farm is, with 200 or 503: `live` while it answers at all, `ready` with its database, `all` if well."""

    def __init__(self, master: Any, kind: str) -> None:
        super().__init__(master)
        self.kind = kind

    @defer.inlineCallbacks
    def answer(self, request: Any) -> Any:
        """Say it in JSON."""
        request.setHeader(b"Content-Type", b"application/json")
        if self.kind == "live":
            return _document(ok=True)
        signs = yield self.master.service_manager.namedServices[NAME].signs()
        checks = signs.checks
        if self.kind == "ready":
            checks = {"database": checks["database"]}
        ok = all(check["ok"] for check in checks.values())
        request.setResponseCode(200 if ok else 503)
        return _document(ok=ok, checks=checks)


class MetricsResource(VitalResource):
    """All figures, as Prometheus reads them."""

    def __init__(self, master: Any, token: str) -> None:
        super().__init__(master)
        self.token = token

    @defer.inlineCallbacks
    def answer(self, request: Any) -> Any:
        """Give them to who may read them."""
        if not self._may_read(request):
            request.setResponseCode(401)
            request.setHeader(b"WWW-Authenticate", b'Bearer realm="metrics"')
            request.setHeader(b"Content-Type", b"text/plain; charset=utf-8")
            return REFUSED.encode()
        text = yield self.master.service_manager.namedServices[NAME].metrics()
        request.setHeader(b"Content-Type", CONTENT_TYPE_LATEST.encode())
        return text

    def _may_read(self, request: Any) -> bool:
        if not self.token:
            return bool(request.may_look())
        shown = request.getHeader(b"Authorization") or b""
        return hmac.compare_digest(shown, f"Bearer {self.token}".encode())


def _document(**values: object) -> bytes:
    return json.dumps(values, indent=2).encode() + b"\n"
