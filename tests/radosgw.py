"""Ceph's S3 server on this machine for tests: Debian's own radosgw, with the smallest cluster it runs on.

Debian 12 has Ceph 16.2, whose radosgw keeps objects in a cluster or nowhere: the store in one file (dbstore) came with 17.
So there are three processes: a monitor, which is told beforehand of its one store, that store, in memory, and radosgw. They
know no passwords of each other's, listen on 127.0.0.1 alone and end with whoever started them. All of it takes ten seconds,
most of which the monitor and the store wait for each other, and two of a core.
"""

import contextlib
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.s3 import KEYS, S3Server

PROGRAMS = ("ceph-mon", "ceph-osd", "monmaptool", "openssl", "osdmaptool", "radosgw", "radosgw-admin", "setpriv")

PATIENCE = 120

CONFIGURATION = """\
[global]
fsid = {cluster}
mon host = v2:127.0.0.1:{monitor}
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = none
auth service required = none
auth client required = none
# radosgw wants encryption, for which there would have to be keys.
ms mon client mode = crc
ms bind msgr1 = false
run dir = {folder}
log file = {folder}/$name.log
mon data = {folder}/mon
osd data = {folder}/osd
osd objectstore = memstore
osd pool default size = 1
osd pool default pg num = 1
osd pool default pg autoscale mode = off
mon allow pool size one = true
# The monitor else waits a second for more changes before it makes one: radosgw makes seven pools.
paxos propose interval = 0.05
rgw frontends = beast endpoint=127.0.0.1:{http} ssl_endpoint=127.0.0.1:{https} \
ssl_certificate={folder}/certificate.pem ssl_private_key={folder}/key.pem
"""


@dataclass(frozen=True, kw_only=True)
class Radosgw:
    """A running one."""

    url: str
    https_url: str
    certificate: Path
    version: str

    def bucket(self, *, https: bool = False) -> S3Server:
        """Make a new bucket, for one test, to be reached in one of the two ways."""
        server = S3Server(
            url=self.https_url if https else self.url,
            bucket=f"pythons-{uuid.uuid4().hex}",
            certificate=self.certificate if https else None,
        )
        server.client().create_bucket(Bucket=server.bucket)
        return server


@contextlib.contextmanager
def radosgw_server(folder: Path) -> Iterator[Radosgw]:
    """Start it, with an account, and end it."""
    monitor, http, https = free_ports(3)
    cluster = str(uuid.uuid4())
    values = {"folder": folder, "cluster": cluster, "monitor": monitor, "http": http, "https": https}
    (folder / "ceph.conf").write_text(CONFIGURATION.format(**values))
    for name in ("mon", "osd"):
        (folder / name).mkdir()
    certify(folder)
    with contextlib.ExitStack() as running:
        run(folder, "monmaptool", "--create", "--fsid", cluster, "--addv", "a", f"[v2:127.0.0.1:{monitor}]", "monmap")
        run(folder, "osdmaptool", "--createsimple", "1", "osdmap")
        run(folder, "ceph-mon", "-i", "a", "--mkfs", "--monmap", "monmap", "--osdmap", "osdmap")
        running.enter_context(daemon(folder, "ceph-mon", "-i", "a"))
        run(folder, "ceph-osd", "-i", "0", "--mkfs")
        running.enter_context(daemon(folder, "ceph-osd", "-i", "0"))
        account = ("--access-key", KEYS["aws_access_key_id"], "--secret", KEYS["aws_secret_access_key"])
        run(folder, "radosgw-admin", "user", "create", "--uid", "farm", "--display-name", "farm", *account)
        process = running.enter_context(daemon(folder, "radosgw", "-n", "client.rgw"))
        made = Radosgw(
            url=f"http://127.0.0.1:{http}",
            https_url=f"https://127.0.0.1:{https}",
            certificate=folder / "certificate.pem",
            version=run(folder, "radosgw", "--version").split()[2],
        )
        wait_for(made, process)
        yield made


def free_ports(number: int) -> list[int]:
    """Find ports that nobody listens on."""
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(number)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def certify(folder: Path) -> None:
    """Make a certificate that vouches for itself."""
    files = ("-keyout", "key.pem", "-out", "certificate.pem")
    names = ("-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1")
    run(folder, "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *files, *names)


def run(folder: Path, *command: str) -> str:
    """Run a program to its end; give what it says."""
    done = subprocess.run(
        command, cwd=folder, env=environment(folder), capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 0, f"{command} failed:\n{done.stdout}\n{done.stderr}"
    return done.stdout


@contextlib.contextmanager
def daemon(folder: Path, *command: str) -> Iterator[subprocess.Popen[bytes]]:
    """Keep a program running."""
    here = ["setpriv", "--pdeathsig", "KILL", *command, "-f"]
    with (folder / f"{command[0]}.out").open("wb") as output:
        process = subprocess.Popen(here, cwd=folder, env=environment(folder), stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def environment(folder: Path) -> dict[str, Any]:
    """Make that of Ceph's programs."""
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", "CEPH_CONF": str(folder / "ceph.conf")}


def wait_for(made: Radosgw, process: subprocess.Popen[bytes]) -> None:
    """Wait until it answers."""
    deadline = time.monotonic() + PATIENCE
    while True:
        assert process.poll() is None, f"radosgw ended; see {made.certificate.parent}"
        assert time.monotonic() < deadline, f"radosgw does not answer; see {made.certificate.parent}"
        try:
            requests.get(made.url, timeout=5)
        except requests.ConnectionError:
            time.sleep(0.05)
        else:
            return
