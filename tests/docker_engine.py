"""A Docker engine as far as it lists images, for tests that need no container; tests/docker has a real one."""

import contextlib
import http.server
import json
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

from python_builds.core.platforms.platforms import platform_named
from python_builds.core.workers.images import worker_image


class Engine(http.server.ThreadingHTTPServer):
    """Answers Docker's API for version, images and containers, of which there is none, and nothing else."""

    daemon_threads = True

    def __init__(self, platforms: list[str]) -> None:
        """Listen on a free port of this machine."""
        super().__init__(("127.0.0.1", 0), _Handler)
        self.platforms = platforms
        self.architecture = "amd64"
        self.silent = False
        self.starts_nothing = False
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        """Where it is."""
        return f"tcp://127.0.0.1:{self.server_address[1]}"

    def host(self, **values: object) -> dict[str, object]:
        """Describe it as an operator does."""
        return {"name": "here", "url": self.url, "master": "127.0.0.1", **values}


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Engine

    def do_GET(self) -> None:
        """Answer, or break off where the engine is to be silent."""
        if self.server.silent:
            return
        self.server.asked.append(self.path)
        names = [worker_image(platform_named(name)) for name in self.server.platforms]
        images = [{"RepoTags": [name]} for name in names]
        if self.path.endswith("/version"):
            self._answer(200, {"ApiVersion": "1.41", "Version": "20.10"})
        elif "/images/json" in self.path:
            self._answer(200, [*images, {"RepoTags": None}])
        elif named := [name for name in names if self.path.endswith(f"/images/{name}/json")]:
            self._answer(200, {"Id": named[0], "RepoTags": named, "Architecture": self.server.architecture})
        elif "/containers/json" in self.path:
            self._answer(200, [])
        else:
            self._answer(404, {"message": f"no {self.path} here"})

    do_DELETE = do_GET

    def do_POST(self) -> None:
        """Do nothing, or break off, after which the farm waits."""
        if not self.server.starts_nothing:
            self.do_GET()

    def _answer(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@contextlib.contextmanager
def engine_on_this_machine(*platforms: str) -> Iterator[Engine]:
    """Give an engine that has the worker images of these platforms."""
    with Engine([*platforms]) as engine:
        threading.Thread(target=engine.serve_forever, daemon=True).start()
        yield engine
        engine.shutdown()


@contextlib.contextmanager
def engine_by_tls(folder: Path, *platforms: str) -> Iterator[Engine]:
    """Give one that wants a client's certificate, of an authority that is in the folder, as both need it, and nowhere else."""
    names = ("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder / "key.pem", "-out", folder / "cert.pem")
    kind = ("-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=tests")
    subprocess.run(["openssl", "req", "-x509", *kind, *names], check=True, capture_output=True)
    (folder / "ca.pem").write_bytes((folder / "cert.pem").read_bytes())
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(folder / "ca.pem"))
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    with engine_on_this_machine(*platforms) as engine:
        engine.socket = context.wrap_socket(engine.socket, server_side=True)
        yield engine
