"""Farms for the tests of this folder, and a server that programs post to."""

import http.server
import json
import threading
from collections.abc import Iterator

import pytest
from farms import FarmUnderTest, make_farm, mini_tarball


@pytest.fixture
def farm() -> Iterator[FarmUnderTest]:
    """Give a farm that does not run yet, with a CPython 3.11.2 that builds in a second."""
    with make_farm() as made:
        mini_tarball(made.tarballs, "3.11.2")
        yield made


@pytest.fixture
def running_farm(farm: FarmUnderTest) -> FarmUnderTest:
    """Give a farm that `make run` started."""
    assert farm.run("farm", "run").returncode == 0
    return farm


class HookHandler(http.server.BaseHTTPRequestHandler):
    """Keeps what is posted."""

    def do_POST(self) -> None:
        self.server.posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def hook() -> Iterator[http.server.ThreadingHTTPServer]:
    """Give a server on this machine that keeps in `posted` what was posted to it."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), HookHandler) as server:
        server.posted = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
