"""A web server on this machine that gives what a store holds, as a CDN does, and changed objects where a test wants them."""

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from python_builds.core.errors import PythonBuildsError


class Cdn(ThreadingHTTPServer):
    """Serves a store; `changed` are objects that somebody tampered with, or None for those that are gone; all get `headers`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.store: Any = None
        self.changed: dict[str, bytes | None] = {}
        self.asked: list[str] = []
        self.headers: dict[str, str] = {}

    def content(self, key: str) -> bytes | None:
        if key in self.changed:
            return self.changed[key]
        with contextlib.suppress(PythonBuildsError):
            return bytes(self.store.read(key))
        return None


class Handler(BaseHTTPRequestHandler):
    server: Cdn

    def do_GET(self) -> None:
        key = self.path.lstrip("/")
        self.server.asked.append(key)
        content = self.server.content(key)
        self.send_response(200 if content is not None else 404)
        self.send_header("Content-Length", str(len(content or b"")))
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content or b"")

    do_HEAD = do_GET

    def log_message(self, *args: object) -> None:
        pass


@contextlib.contextmanager
def cdn() -> Iterator[Cdn]:
    """Start it on a free port; it stops by itself."""
    with Cdn() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
