"""What it costs to write all indexes of a bucket, and to take up one new record, by how much is published."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count, islice
from pathlib import Path

import requests

from benchmarks.index_run import BUCKET, settings
from benchmarks.report import Result, Row
from python_builds.adapters.publishing.publishing import write_record
from python_builds.adapters.store.s3_store import S3Store
from python_builds.adapters.store.store import make_s3_store
from python_builds.core.documents import dump
from python_builds.core.errors import FarmError
from python_builds.core.platforms.platforms import PLATFORMS
from python_builds.core.publishing.artifacts import (
    PACKAGES_FOLDER,
    Product,
    artifact_keys,
    artifact_kind,
    package_file,
)
from python_builds.core.publishing.record_keys import record_key
from python_builds.core.publishing.records import Artifact, Record, Source
from python_builds.core.settings.setting_types import CHECKOUT

SIZES = (1_000, 10_000, 100_000)
"""Artifacts that people download; each record has three."""

RUNS = 3
LIBRARIES = 24

NOTES = """The bucket is moto's S3 server, a process of its own on this machine, whose CPU is not counted. CPU is of the
process that writes the indexes and of the gpg that signs them, without imports. Records are made up, with package
metadata of the size that real ones have, over all platforms and architectures of the table. *One new record* is a run
after a build has published one more version of one platform; *everything* is an audit that reads each record, as after
a lost snapshot. What is compared is from the same run of the benchmark."""


def measure() -> Result:
    """Fill a bucket to each size, and measure."""
    rows, raw = [], {}
    credentials = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench"}
    os.environ.update(credentials)
    with tempfile.TemporaryDirectory() as folder, s3_server() as endpoint:
        key = Path(folder, "signing.asc")
        script = CHECKOUT / "scripts" / "setup" / "make-signing-key.sh"
        subprocess.run([script, key, "Bench <bench@example.org>"], check=True, stdout=subprocess.DEVNULL)
        store = make_s3_store(settings(endpoint))
        store.client.create_bucket(Bucket=BUCKET)
        source, there = records(), 0
        for size in SIZES:
            wanted = size // 3
            print(f"filling a bucket up to {size} artifacts", flush=True)
            fill(store, islice(source, wanted - there))
            there = wanted
            print(f"measuring: everything, {size} artifacts", flush=True)
            full = [run(endpoint, key, "full")]
            one = []
            for number in range(RUNS):
                print(f"measuring: one new record, {size} artifacts, {number + 1} of {RUNS}", flush=True)
                write_record(store, next(record for record in source if record.platform == "debian-12"))
                one.append(run(endpoint, key, "one"))
            rows += rows_of(size, full, one)
            raw[str(size)] = {"everything": full, "one": one}
    return Result(title="The indexes", rows=rows, notes=NOTES, raw=raw)


def rows_of(size: int, full: Sequence[Mapping[str, float]], one: Sequence[Mapping[str, float]]) -> list[Row]:
    """Put what was measured side by side."""
    units = {"cpu": "s", "wall": "s", "memory": "MB", "requests": "requests"}
    return [
        Row(
            what=f"{size:,} artifacts, one new record: {'time' if name == 'wall' else name}",
            values=[used[name] for used in one],
            unit=unit,
            compared_to="everything",
            reference=[used[name] for used in full],
        )
        for name, unit in units.items()
    ]


def run(endpoint: str, key: Path, how: str) -> dict[str, float]:
    """Write the indexes in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.index_run", endpoint, str(key), how]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    used: dict[str, float] = json.loads(done.stdout)
    return used


def fill(store: S3Store, new: Iterator[Record]) -> None:
    """Write records as they lie in a bucket that is indexed already, without marks."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda r: store.create(record_key(r.product, r.revision), dump(r)), new))


def records() -> Iterator[Record]:
    """Make up records for ever: one more version for every platform and architecture."""
    source = Source(name="Python.tgz", sha256="a" * 64, size=1, origin="made up", trust="digest")
    for number in count():
        version = f"3.{9 + number % 6}.{number // 6}"
        for platform in PLATFORMS:
            for architecture in platform.architectures:
                blank = Record(
                    python_version=version,
                    platform=platform.name,
                    architecture=architecture,
                    revision=1,
                    profile="optimized",
                    checked=True,
                    built_at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number),
                    source=source,
                    artifacts=(),
                )
                artifacts = tuple(
                    Artifact(
                        kind=artifact_kind(name), key=key, sha256=sha256(key.encode()).hexdigest(), size=10_000_000
                    )
                    for name, key in artifact_keys(blank.product, 1).items()
                )
                described = metadata(blank.product)
                yield blank.model_copy(update={"artifacts": artifacts, "package": described})


def metadata(product: Product) -> dict[str, str]:
    """Make up what a record says of its package, of the size that real ones have."""
    version = product.version
    if product.platform.package_format == "deb":
        depends = ", ".join(f"library{n} (>= 1.2.{n})" for n in range(LIBRARIES))
        fields = f"Package: python-{version}\nVersion: 1\nArchitecture: amd64\nDepends: {depends}\n"
        return {"control": f"{fields}Description: CPython\n The Python interpreter and its standard library.\n"}
    entry = '<rpm:entry name="library%d.so.6(VERSION_2.%d)(64bit)"/>'
    entries = "".join(entry % (n, n) for n in range(2 * LIBRARIES))
    place = f'<location href="{PACKAGES_FOLDER}/{package_file(product, 1)}"/>'
    package = f"<name>python-{version}</name>{place}<format><rpm:requires>{entries}</rpm:requires></format>"
    return {"primary": f'<package type="rpm">{package}</package>', "other": f'<package name="python-{version}"/>'}


@contextlib.contextmanager
def s3_server() -> Iterator[str]:
    """Start moto's server on a free port of this machine; give its URL."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            url = f"http://127.0.0.1:{port}"
            for _ in range(100):
                with contextlib.suppress(requests.ConnectionError):
                    requests.get(url, timeout=5)
                    break
                time.sleep(0.1)
            else:
                raise FarmError("moto's S3 server does not answer: `python -m moto.server` says why")
            yield url
        finally:
            server.terminate()
