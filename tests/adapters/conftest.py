"""Stores, a web site on this machine, people who sign with OpenPGP, and real sigstore bundles."""

import contextlib
import dataclasses
import functools
import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from python_builds.adapters import http
from python_builds.adapters.store.directory_store import DirectoryStore
from python_builds.adapters.upstream.sigstore_bundle import STAGING, make_verifier
from python_builds.adapters.upstream.verification import Verification
from python_builds.core.settings.setting_types import CHECKOUT
from python_builds.core.upstream.release_managers import ReleaseManager
from tests.preconditions import needs
from tests.radosgw import PROGRAMS, radosgw_server
from tests.rpms import make_rpm
from tests.s3 import s3_server


@pytest.fixture
def store(tmp_path):
    return DirectoryStore(tmp_path / "store")


@pytest.fixture(scope="session")
def key_file(tmp_path_factory):
    """Give a file with an OpenPGP key for tests, made as docs/bucket.md says."""
    folder = tmp_path_factory.mktemp("key")
    subprocess.run(
        ["scripts/setup/make-signing-key.sh", folder / "secret.asc", "Tests <tests@example.org>"], check=True
    )
    return folder / "secret.asc"


class Site(ThreadingHTTPServer):
    """Gives each path's answers in turn, and the last one for ever; 404 for a path without any."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.answers = {}
        self.asked = []
        self.conditions = []
        """Of each request, what it wants changed before it is answered."""
        self.closing = threading.Event()

    def answer(self, path, body=b"", status=200, headers=(), stalls=False):
        """Add an answer; one that stalls sends its head and then nothing."""
        self.answers.setdefault(path, []).append((body, status, dict(headers), stalls))

    def handle_error(self, request, client_address):
        """Clients that hang up are part of the tests."""


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(f"{self.command} {self.path}")
        self.server.conditions.append(self.headers.get("If-None-Match", ""))
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
    monkeypatch.setattr(http, "_RETRIES", http._RETRIES.new(backoff_factor=0, backoff_jitter=0))
    with Site() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.closing.set()
        running.shutdown()
        thread.join()


class People:
    """Who has OpenPGP keys; times are as gpg takes them, 20240101T000000, and none means now."""

    def __init__(self, home):
        self.home = home
        self.home.chmod(0o700)

    def gpg(self, *arguments, at=None, **options):
        clock = ["--faked-system-time", f"{at}!"] if at else []
        quiet = ["--batch", "--yes", "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""]
        command = ["gpg", "--homedir", self.home, *quiet, *clock, *map(str, arguments)]
        return subprocess.run(command, check=True, capture_output=True, **options).stdout

    def join(self, name, *usage_and_expiry, at="20240101T000000"):
        """Make a key; give its fingerprint."""
        self.gpg("--quick-generate-key", name, "ed25519", *(usage_and_expiry or ("sign", "never")), at=at)
        return self.fingerprints(name)[0]

    def fingerprints(self, name):
        """Give a key's and its subkeys' fingerprints."""
        listed = self.gpg("--list-keys", "--with-colons", f"={name}", text=True).splitlines()
        return [line.split(":")[9] for line in listed if line.startswith("fpr:")]

    def sign(self, name, file, *options, at=None, how="--detach-sign"):
        """Sign a file; give the signature, which lies beside it."""
        made = file.with_name(f"{file.name}.asc")
        self.gpg("--armor", "--local-user", f"={name}", *options, "--output", made, how, file, at=at)
        return made

    def publish(self, name, folder):
        """Write a public key, as it is now, under its fingerprint's name."""
        folder.mkdir(exist_ok=True)
        path = folder / f"{self.fingerprints(name)[0]}.asc"
        path.write_bytes(self.gpg("--armor", "--export", f"={name}"))
        return path

    def revoke(self, name):
        """Revoke a key with the certificate that gpg makes beside each."""
        text = (self.home / "openpgp-revocs.d" / f"{self.fingerprints(name)[0]}.rev").read_text()
        self.gpg("--import", input=text.replace(":-----BEGIN", "-----BEGIN").encode())


@pytest.fixture(scope="session")
def radosgw(tmp_path_factory):
    """A real S3 server that is not AWS's, for all tests of a process."""
    missing = [program for program in PROGRAMS if not shutil.which(program)]
    needs(not missing, f"no {', '.join(missing)}: the Makefile's S3_PACKAGES have them")
    with radosgw_server(tmp_path_factory.mktemp("radosgw")) as running:
        yield running


@pytest.fixture
def s3_of(request):
    """Give an S3 server of a kind, with an empty bucket."""
    with contextlib.ExitStack() as servers:

        def give(kind):
            if kind.startswith("radosgw"):
                return request.getfixturevalue("radosgw").bucket(https=kind == "radosgw by https")
            return servers.enter_context(s3_server())

        yield give


@pytest.fixture(scope="session")
def people(tmp_path_factory):
    for tool in ("gpg", "gpg-agent", "gpgv"):
        assert shutil.which(tool), f"these tests sign and verify: apt-get install {tool}"
    home = tmp_path_factory.mktemp("people")
    yield People(home)
    subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=True)


@dataclasses.dataclass(frozen=True)
class RealBundle:
    """A file that somebody signed with sigstore's staging instance."""

    file: object
    bundle: object
    identity: str
    issuer: str = "https://github.com/login/oauth"


@pytest.fixture(scope="session")
def real_bundles():
    """Real bundles of both formats, by the names of their files; they are no part of the repository."""
    folder = CHECKOUT.parent / "shared" / "fixtures" / "sigstore"
    made_by = {"bundle.txt": "a@tny.town", "bundle_v3.txt": "william@yossarian.net"}
    bundles = {n: RealBundle(folder / n, folder / f"{n}.sigstore", identity) for n, identity in made_by.items()}
    for path in (path for bundle in bundles.values() for path in (bundle.file, bundle.bundle)):
        needs(path.is_file(), f"{path} is missing: sigstore-python's test assets lie beside the checkout")
    return bundles


@pytest.fixture(params=["bundle.txt", "bundle_v3.txt"])
def real_bundle(request, real_bundles):
    return real_bundles[request.param]


@pytest.fixture
def verification(tmp_path):
    """What would verify releases of managers by minor, with keys in `tmp_path/keys`, and bundles of sigstore's staging."""

    def make(**managers):
        return Verification(
            managers={
                minor.replace("_", ".")[1:]: ReleaseManager(
                    **{"identity": "a@example.org", "issuer": "https://issuer.example", **manager}
                )
                for minor, manager in managers.items()
            },
            keys=tmp_path / "keys",
            verifier=functools.partial(make_verifier, STAGING),
        )

    return make


@pytest.fixture
def rpm(tmp_path):
    return make_rpm(tmp_path)
