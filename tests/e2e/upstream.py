"""python.org on this machine: its release API, its directories and the release cycle data, in their real shapes."""

import contextlib
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from packaging.version import Version

RELEASES = "/api/v2/downloads/release/?is_published=true"
FILES = "/api/v2/downloads/release_file/"
CYCLE = "/api/release-cycle.json"


def cycle_entry(status: str) -> dict[str, Any]:
    return {
        "branch": "3.x",
        "pep": 745,
        "status": status,
        "first_release": "2025-10-07",
        "end_of_life": "2030-10",
        "release_manager": "Somebody",
    }


class Upstream(ThreadingHTTPServer):
    """Serves what tests publish; `faults` says what a path answers instead."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.releases: dict[str, dict[str, Any]] = {}
        self.files: list[Any] = []
        self.directories: dict[str, list[str]] = {}
        self.tarballs: dict[str, bytes] = {}
        self.cycle = {"3.15": "feature", "3.14": "bugfix", "3.13": "bugfix", "3.11": "security", "3.8": "end-of-life"}
        self.faults: dict[str, Callable[[Handler], None]] = {}
        self.asked: list[str] = []
        self.answered: list[int] = []
        self.closing = threading.Event()
        self.numbers = iter(range(1, 10**6))

    def __enter__(self) -> Self:
        self.thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self.shutdown()
        self.thread.join()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are part of the tests."""

    def serve(self, version: str, tarball: bytes) -> None:
        """Have a tarball that can be fetched; its rows are to be added afterwards."""
        self.tarballs[f"/ftp/python/{Version(version).base_version}/Python-{version}.tgz"] = tarball

    def publish(self, version: str, *, files: bool = True, signed: bool = True, shown: bool = True) -> None:
        """Publish a release: its row, the rows of its files, and what its directory shows."""
        number = next(self.numbers)
        self.releases[version] = {
            "name": f"Python {version}",
            "slug": f"python-{version.replace('.', '')}",
            "version": 3,
            "is_published": True,
            "is_latest": False,
            "release_date": "2026-11-02T13:04:05Z",
            "pre_release": Version(version).is_prerelease,
            "release_page": None,
            "release_notes_url": "",
            "show_on_download_page": True,
            "resource_uri": f"{self.url}/api/v2/downloads/release/{number}/",
        }
        if files:
            self.add_files(version, signed=signed)
        if shown:
            self.show(version, signed=signed)

    def add_files(self, version: str, *, signed: bool = True) -> None:
        """Create the rows of a release's files, as add_to_pydotorg does."""
        base = f"{self.url}/ftp/python/{Version(version).base_version}"
        openpgp = Version(version) < Version("3.14.dev0")
        served = self.tarballs.get(f"/ftp/python/{Version(version).base_version}/Python-{version}.tgz")
        for name, source in (
            (f"Python-{version}.tgz", "Gzipped source tarball"),
            *([] if served else [(f"Python-{version}.tar.xz", "XZ compressed source tarball")]),
            (f"python-{version}-macos11.pkg", ""),
        ):
            url = f"{base}/{name}"
            sigstore = signed and not (served and openpgp)  # nobody here can sign as a release manager
            self.files.append(
                {
                    "name": source or "macOS installer",
                    "slug": f"{next(self.numbers)}",
                    "os": f"{self.url}/api/v2/downloads/os/{3 if source else 2}/",
                    "release": self.releases[version]["resource_uri"],
                    "description": "",
                    "is_source": bool(source),
                    "url": url,
                    "gpg_signature_file": f"{url}.asc" if signed and openpgp else "",
                    "md5_sum": hashlib.md5(url.encode()).hexdigest(),
                    "sha256_sum": hashlib.sha256(served or url.encode()).hexdigest(),
                    "filesize": 22_000_000,
                    "download_button": False,
                    "resource_uri": f"{self.url}/api/v2/downloads/release_file/{next(self.numbers)}/",
                    "sigstore_signature_file": "",
                    "sigstore_cert_file": "",
                    "sigstore_bundle_file": f"{url}.sigstore" if sigstore else "",
                    "sbom_spdx2_file": f"{url}.spdx.json",
                }
            )

    def drop_files(self, version: str) -> None:
        """Delete the rows of a release's files, as add_to_pydotorg does first."""
        self.files = [row for row in self.files if row["release"] != self.releases[version]["resource_uri"]]

    def withdraw(self, version: str) -> None:
        self.drop_files(version)
        del self.releases[version]

    def show(self, version: str, *, signed: bool = True) -> None:
        """Have the directory show a release's files."""
        names = self.directories.setdefault(f"/ftp/python/{Version(version).base_version}/", [])
        for ending in (".tgz", ".tar.xz"):
            name = f"Python-{version}{ending}"
            names += [name, f"{name}.spdx.json", *([f"{name}.sigstore", f"{name}.asc"] if signed else [])]

    def body(self, path: str) -> bytes | None:
        """Give what a path holds."""
        if path in self.tarballs:
            return self.tarballs[path]
        if path in self.directories:
            return index(path, self.directories[path])
        documents = {
            RELEASES: list(self.releases.values()),
            FILES: self.files,
            CYCLE: {minor: cycle_entry(status) for minor, status in self.cycle.items()},
        }
        return json.dumps(documents[path]).encode() if path in documents else None


def index(path: str, names: list[str]) -> bytes:
    """Write a directory's listing as nginx does."""
    rows = "".join(f'<a href="{name}">{name:.50}</a>   02-Nov-2026 13:04   22000000\r\n' for name in names)
    title = f"Index of {path}"
    return (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<h1>{title}</h1><hr><pre>"
        f'<a href="../">../</a>\r\n{rows}</pre><hr></body>\r\n</html>\r\n'
    ).encode()


class Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    server: Upstream

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        if fault := self.server.faults.get(self.path):
            fault(self)
            return
        body = self.server.body(self.path)
        if body is None:
            self.answer(404, b"<h1>Not found</h1>")
            return
        etag = f'W/"{hashlib.md5(body).hexdigest()}"'
        if self.headers.get("If-None-Match") == etag:
            self.answer(304, b"")
        else:
            self.answer(200, body, ETag=etag)

    do_HEAD = do_GET

    def answer(self, status: int, body: bytes, **headers: str) -> None:
        self.server.answered.append(status)
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Keep quiet."""


def answers(status: int, body: bytes = b"", **headers: str) -> Callable[[Handler], None]:
    """Make a fault that answers this; names of headers have _ for -."""
    return lambda handler: handler.answer(status, body, **headers)


def huge(handler: Handler) -> None:
    """Answer without an end."""
    handler.send_response(200)
    handler.end_headers()
    while not handler.server.closing.is_set():
        handler.wfile.write(b"[" + b" " * 2**16)


def trickles(handler: Handler) -> None:
    """Answer a byte at a time, so that no time between two packets is ever long."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    while not handler.server.closing.is_set():
        handler.wfile.write(b"[")
        time.sleep(0.05)


class HookHandler(BaseHTTPRequestHandler):
    """Keeps what is posted."""

    def do_POST(self) -> None:
        self.server.posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@contextlib.contextmanager
def hook_server() -> Iterator[ThreadingHTTPServer]:
    """Start a server on this machine that keeps in `posted` what was posted to it."""
    with ThreadingHTTPServer(("127.0.0.1", 0), HookHandler) as server:
        server.posted = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
