"""A store, and a web site on this machine."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from python_builds.edges import http
from python_builds.edges.store import DirectoryStore


@pytest.fixture
def store(tmp_path):
    return DirectoryStore(tmp_path / "store")


class Site(ThreadingHTTPServer):
    """Gives each path's answers in turn, and the last one for ever; 404 for a path without any."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.answers = {}
        self.asked = []
        self.closing = threading.Event()

    def answer(self, path, body=b"", status=200, headers=(), stalls=False):
        """Add an answer; one that stalls sends its head and then nothing."""
        self.answers.setdefault(path, []).append((body, status, dict(headers), stalls))

    def handle_error(self, request, client_address):
        """Clients that hang up are part of the tests."""


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(f"{self.command} {self.path}")
        answers = self.server.answers.get(self.path, [(b"", 404, {}, False)])
        body, status, headers, stalls = answers.pop(0) if len(answers) > 1 else answers[0]
        self.send_response(status)
        for name, value in {"Content-Length": len(body), **headers}.items():
            self.send_header(name, str(value))
        self.end_headers()
        if stalls:
            self.server.closing.wait()
        elif self.command == "GET":
            self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, *arguments):
        """Keep quiet."""


@pytest.fixture
def site(monkeypatch):
    """A running site; whoever asks it tries again without waiting."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(http, "_RETRIES", http._RETRIES.new(backoff_factor=0, backoff_jitter=0))
    with Site() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.closing.set()
        running.shutdown()
        thread.join()
