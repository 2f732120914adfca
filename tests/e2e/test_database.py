"""A farm on PostgreSQL that goes away in the middle of a build, while whatever else it talks to fails, too.

One farm goes through all of it; each test looks at one thing that was seen then. All its secrets hold a text that nothing may
show.
"""

import contextlib
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests

from python_builds.cli.building.progress import SUCCESS, WARNINGS
from python_builds.core.settings.secret_settings import secret_fields, secret_file_fields
from python_builds.core.settings.settings import Settings
from tests.e2e.farms import FarmUnderTest, make_farm, mini_tarball, wait
from tests.e2e.identity import oidc_provider
from tests.e2e.test_planner import NOWHERE, list_releases, release
from tests.postgres import Postgres, make_postgres
from tests.sigstore_servers import sigstore, token_of

MARKER = "Geheim-8b1d"
LONG_AGO = "2026-01-01T00:00:00+00:00"
READ = [
    "builders",
    "builds",
    "buildrequests",
    "buildsets",
    "changes",
    "forceschedulers",
    "masters",
    "schedulers",
    "sourcestamps",
    "workers",
]


class Echo(BaseHTTPRequestHandler):
    """Refuses everything, and says what it was asked: with 500, as a redirect, by hanging up, in turn."""

    def do_POST(self) -> None:
        self.server.asked.append(f"{self.command} {self.path}")
        turn = len(self.server.asked) % 3
        if turn == 0:
            return
        body = f"cannot {self.command} {self.path}\n{self.headers}".encode()
        self.send_response((500, 307)[turn - 1] if self.command == "POST" else 403)
        self.send_header("Location", f"/elsewhere{self.path}")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_PUT = do_HEAD = do_DELETE = do_POST

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@contextlib.contextmanager
def echo() -> Iterator[ThreadingHTTPServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        server.asked = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@dataclass
class Ordeal:
    """What was seen."""

    result: int | None = None
    builds: list[dict[str, Any]] = field(default_factory=list)
    """Of the request that was being built when the database went."""
    refused: str = ""
    """What `make run` said while there was no database."""
    page: str = ""
    """What a page answered while there was none."""
    status: str = ""
    log: str = ""
    posted: list[str] = field(default_factory=list)
    token: str = ""
    """A secret that nobody could put the marker into: its issuer signs it."""
    everything: dict[str, bytes] = field(default_factory=dict)
    """All that was said, written or answered, by where."""


def secret_values(folder: Path, server: Postgres, web: ThreadingHTTPServer) -> dict[str, object]:
    """Give every setting that is secret a value with the marker in it."""
    folder.mkdir(mode=0o700)
    values: dict[str, object] = {
        "database_url": server.url,
        "webhook_url": f"http://127.0.0.1:{web.server_port}/hook/{MARKER}",
    }
    for name in secret_file_fields(Settings):
        path = folder / name
        path.write_text(MARKER)
        path.chmod(0o600)
        values[name] = path
    (folder / "s3_credentials_file").write_text(
        f"[default]\naws_access_key_id = AKIA\naws_secret_access_key = {MARKER}\n"
    )
    key = ["gpg", "--batch", "--quiet", "--pinentry-mode=loopback", f"--passphrase={MARKER}", f"--homedir={folder}"]
    subprocess.run([*key, "--quick-generate-key", "farm <farm@example.org>", "ed25519", "sign"], check=True)
    with (folder / "signing_key_file").open("wb") as file:
        subprocess.run([*key, "--armor", "--export-secret-keys"], stdout=file, check=True)
    subprocess.run(["gpgconf", f"--homedir={folder}", "--kill", "all"], check=True)
    attestation = folder / "attestation_key_file"
    attestation.unlink()
    subprocess.run(["scripts/setup/make-attestation-key.sh", attestation], check=True)
    attestation.write_text(f"{MARKER}\n{attestation.read_text()}")
    return values


def answers(farm: FarmUnderTest) -> dict[str, bytes]:
    """Read all that the web UI tells."""
    client = farm.client()
    found = {path: client.session.get(f"{client.url}{path}").content for path in ("", "config")}
    paths = [*READ]
    for build in (one["buildid"] for one in client.get("builds")["builds"]):
        steps = client.steps(build)
        logs = [log for step in steps for log in client.get(f"steps/{step['stepid']}/logs")["logs"]]
        paths += [f"builds/{build}/properties", f"builds/{build}/steps", *(f"logs/{log['logid']}/raw" for log in logs)]
    for path in paths:
        answer = client.session.get(f"{client.url}api/v2/{path}")
        assert answer.ok, path
        found[path] = answer.content
    return found


def of_processes(farm: FarmUnderTest) -> dict[str, bytes]:
    """Read the command lines of what runs, and the environment of a build."""
    found = {}
    for process in farm.processes():
        with contextlib.suppress(OSError):
            command = Path(f"/proc/{process}/cmdline").read_bytes()
            found[f"process {process}"] = command
            if process != farm.master_process():
                found[f"environment of {command!r}"] = Path(f"/proc/{process}/environ").read_bytes()
    return found


@pytest.fixture(scope="module")
def ordeal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ordeal]:
    seen = Ordeal()
    folder = tmp_path_factory.mktemp("ordeal")
    with make_postgres(MARKER) as server, echo() as web, oidc_provider() as issuer, sigstore(issuer) as signs:
        secrets = secret_values(folder / "secrets", server, web)
        seen.token = token_of(issuer)
        (folder / "secrets/sigstore_token_file").write_text(seen.token)
        secrets["sigstore_trust_config"] = signs.write_trust(folder / "trust.json")
        mail = {"mail_to": "a@example.org", "mail_from": "b@example.org", "smtp_host": "127.0.0.1", "smtp_port": 9}
        with make_farm(sources=None, python_org_url=NOWHERE, smtp_user="farm", **mail, **secrets) as farm:
            farm.environment["PYTHON_BUILDS_SOURCES"] = f"mirror {farm.tarballs} python.org"
            mini_tarball(farm.tarballs, "3.11.6", COMPILE_SECONDS=4)
            list_releases(farm, *(release(version, first_seen=LONG_AGO) for version in ("3.10.4", "3.12.4", "3.13.5")))
            go_through(seen, farm, server, web)
            yield seen


def go_through(seen: Ordeal, farm: FarmUnderTest, server: Postgres, web: ThreadingHTTPServer) -> None:
    said = {
        "no S3": farm.run(
            "run",
            PYTHON_BUILDS_S3_BUCKET="pythons",
            PYTHON_BUILDS_S3_ENDPOINT_URL=f"http://127.0.0.1:{web.server_port}",
        ).stdout
    }
    web.asked.clear()
    server.stop("fast")
    seen.refused = said["no database"] = farm.run("run").stdout
    server.start()
    said["run"] = farm.run("run").stdout.replace(f"{farm.settings.password_file}: {MARKER}", "shown to whoever asks")
    request = farm.client().force("release", python_version="3.11.6", profile="quick")
    farm.wait_for_results(request)
    (build,) = farm.client().children(request)
    farm.wait_for_step("compile")
    seen.everything |= of_processes(farm)
    server.stop("immediate")
    wait(lambda: answered(farm) == 503, "a page that says so")
    seen.page = requests.get(farm.settings.public_url, timeout=30).text
    seen.status = said["status"] = farm.run("status").stdout
    server.start()
    wait(lambda: answered(farm) == 200, "the pages")
    seen.result = farm.wait_for_results(build)
    seen.builds = farm.client().builds(build)
    wait(lambda: len(web.asked) >= 3, "the webhook")
    said["plan"] = farm.run("plan").stdout
    seen.posted = list(web.asked)
    seen.everything |= answers(farm)
    farm.run("stop")
    seen.everything |= {name: text.encode() for name, text in said.items()}
    seen.everything |= {str(path): path.read_bytes() for path in farm.settings.state_dir.rglob("*") if path.is_file()}
    seen.log = (farm.settings.state_dir / "master" / "twistd.log").read_text()


def answered(farm: FarmUnderTest) -> int:
    with contextlib.suppress(requests.RequestException):
        return requests.get(f"{farm.settings.public_url}api/v2/masters", timeout=5).status_code
    return 0


def test_a_build_goes_on_when_its_database_comes_back(ordeal: Ordeal) -> None:
    assert ordeal.result in (SUCCESS, WARNINGS)
    assert [one["results"] for one in ordeal.builds] == [ordeal.result], "it is the same one, not another try"


def test_a_farm_whose_database_cannot_be_reached_does_not_start_and_says_why(ordeal: Ordeal) -> None:
    assert "python-builds: the database postgresql://farm:***@127.0.0.1:" in ordeal.refused
    assert "Connection refused" in ordeal.refused
    assert "Traceback" not in ordeal.refused


def test_pages_status_and_log_say_that_the_database_is_away(ordeal: Ordeal) -> None:
    assert ordeal.page.startswith("The farm's database has not answered for ")
    assert "503 The farm's database has not answered for " in ordeal.status
    assert "the database is waited for, 0 s so far: connection failed" in ordeal.log
    assert "the database does not answer; builds and pages wait for it" in ordeal.log
    assert "the database is there again, after " in ordeal.log


def test_a_webhook_that_fails_is_named_by_its_host_alone(ordeal: Ordeal) -> None:
    assert set(ordeal.posted) == {f"POST /hook/{MARKER}"}, "a redirect is not followed"
    assert "the webhook at 127.0.0.1 answered 500, so it was not told" in ordeal.log
    assert "the webhook at 127.0.0.1 answered 307, so it was not told" in ordeal.log
    assert "the webhook at 127.0.0.1 could not be told: ProtocolError" in ordeal.log


def test_no_secret_is_told_anywhere(ordeal: Ordeal) -> None:
    assert {*secret_fields(Settings)} == {"database_url", "webhook_url"}, "give a new one a value with the marker"
    assert len(ordeal.everything) > 50 and any("twistd.log" in name for name in ordeal.everything)
    for secret in (MARKER, ordeal.token):
        assert [name for name, content in ordeal.everything.items() if secret.encode() in content] == []
