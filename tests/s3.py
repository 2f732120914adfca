"""S3 servers on this machine for tests: moto's, over real HTTP, with faults on demand and every request noted.

radosgw.py has a real one.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

from python_builds.adapters.store.s3_store import S3Store

BUCKET = "pythons"
KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "a-secret-key", "region_name": "us-east-1"}

CONDITIONS = ("HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH")

App = Callable[[dict[str, Any], Callable[..., Any]], Any]


def bucket_settings(url: str, folder: Path, secret: str = "a-secret") -> dict[str, object]:
    """Give a farm's settings for a bucket there, with its credentials in a file in a folder."""
    credentials = folder / "credentials"
    credentials.write_text(f"[default]\naws_access_key_id = someone\naws_secret_access_key = {secret}\n")
    credentials.chmod(0o600)
    return {
        "s3_bucket": BUCKET,
        "s3_prefix": "some/where",
        "s3_endpoint_url": url,
        "s3_region": "us-east-1",
        "s3_path_style": "true",
        "s3_credentials_file": credentials,
    }


@dataclass(frozen=True)
class Fault:
    """What to do instead of answering: to requests of this method whose path has this text, the n-th of them first."""

    method: str
    text: str
    status: str = ""
    code: str = ""
    after: int = 0
    times: int = 1
    seconds: float = 0
    drops: bool = False
    """The connection ends in the middle: of the answer, after the request was carried out."""
    changes: bool = False
    """The answer's body comes changed."""


@dataclass
class S3Server:
    """A server, and a bucket there."""

    url: str = ""
    bucket: str = BUCKET
    certificate: Path | None = None
    """What vouches for it, over https."""

    def client(self, **options: Any) -> Any:
        """Give a client of its own to look at what is there."""
        config = Config(s3={"addressing_style": "path"}, retries={"max_attempts": 4, "mode": "standard"}, **options)
        verify = str(self.certificate) if self.certificate else None
        return boto3.client("s3", endpoint_url=self.url, config=config, verify=verify, **KEYS)

    def store(self, **values: Any) -> S3Store:
        """Give a store in the bucket."""
        when = "when_supported" if values.get("checksums", True) else "when_required"  # as make_client does
        client = partial(self.client, request_checksum_calculation=when, response_checksum_validation=when)
        return S3Store(**{"bucket": self.bucket, "make_client": client, "prefix": "some/where", **values})


@dataclass
class FaultyS3(S3Server):
    """moto's; `requests` are what it was asked, `faults` what it shall do."""

    requests: list[str] = field(default_factory=list)
    faults: list[list[Any]] = field(default_factory=list)
    unquoted: bool = False
    """As radosgw: a condition holds only if the tag stands without its quotation marks."""
    careless: tuple[str, ...] = ()
    """As some small servers: these conditions are not looked at; with `unquoted`, whatever stands there without them."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fault(self, method: str, text: str, **how: Any) -> None:
        """Plan a fault."""
        fault = Fault(method, text, **how)
        self.faults.append([fault, fault.after, fault.times])

    def due(self, method: str, path: str) -> Fault | None:
        with self.lock:
            self.requests.append(f"{method} {path}")
            for entry in self.faults:
                fault, after, times = entry
                if fault.method == method and fault.text in path and times:
                    if after:
                        entry[1] -= 1
                    else:
                        entry[2] -= 1
                        return fault
        return None

    def wrap(self, app: App) -> App:
        """Put the faults before moto."""

        def faulty(environ: dict[str, Any], start: Callable[..., Any]) -> Any:
            path = environ["PATH_INFO"] + ("?" + environ["QUERY_STRING"] if environ["QUERY_STRING"] else "")
            environ = environ if self.unquoted else {k: v for k, v in environ.items() if k not in self.careless}
            if self.unquoted and (tag := environ.get("HTTP_IF_MATCH")):
                environ = {**environ, "HTTP_IF_MATCH": '"none"' if tag.startswith('"') else f'"{tag}"'}
                if self.careless and not tag.startswith('"'):
                    environ.pop("HTTP_IF_MATCH")
            fault = self.due(environ["REQUEST_METHOD"], path)
            if fault is None:
                return app(environ, start)
            time.sleep(fault.seconds)
            if fault.status:
                body = f"<Error><Code>{fault.code}</Code><Message>as the test wants it</Message></Error>".encode()
                start(fault.status, [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])
                return [body]
            if fault.changes:
                return [b"X" + b"".join(app(environ, start))[1:]]
            if fault.drops:
                return self.broken(app, environ, start)
            return app(environ, start)

        return faulty

    @staticmethod
    def broken(app: App, environ: dict[str, Any], start: Callable[..., Any]) -> Iterator[bytes]:
        whole = b"".join(app(environ, start))
        yield whole[: len(whole) // 2]
        raise ConnectionError("as the test wants it")


@contextlib.contextmanager
def s3_server() -> Iterator[FaultyS3]:
    """Start it on a free port of this machine, with an empty bucket; its threads end with the test."""
    faulty = FaultyS3()
    server = make_server("127.0.0.1", 0, faulty.wrap(DomainDispatcherApplication(create_backend_app)), threaded=True)
    faulty.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        faulty.client().create_bucket(Bucket=BUCKET)
        yield faulty
    finally:
        from moto.s3.models import s3_backends

        server.shutdown()
        thread.join()
        s3_backends.reset()
