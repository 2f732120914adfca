"""Who is told what: once when something begins to fail or is overdue, and once when it is over."""

import datetime
import email
import http.server
import os
import signal
import socketserver
import subprocess
import threading
import time
from collections.abc import Iterator
from email.message import Message
from pathlib import Path

import pytest

from python_builds.cli.building.progress import FAILURE
from tests.e2e.farms import FarmUnderTest, make_farm, mini_tarball, wait
from tests.e2e.test_planner import list_releases, planning_farm, published, release, settle


class SmtpHandler(socketserver.StreamRequestHandler):
    """Speaks as much SMTP as takes a mail."""

    def handle(self) -> None:
        self.wfile.write(b"220 test\r\n")
        while line := self.rfile.readline():
            word = line.split()[0].upper() if line.split() else b""
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                lines = []
                while (text := self.rfile.readline()) not in (b".\r\n", b""):
                    lines.append(text)
                self.server.mails.append(email.message_from_bytes(b"".join(lines)))
            self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 ok\r\n")
            if word == b"QUIT":
                return


class SmtpServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    mails: list[Message]


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    with SmtpServer(("127.0.0.1", 0), SmtpHandler) as server:
        server.mails = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def farm(smtp: SmtpServer, hook: http.server.ThreadingHTTPServer) -> Iterator[FarmUnderTest]:
    with planning_farm(
        mail_to="operator@example.org other@example.org",
        mail_from="farm@example.org",
        smtp_host="127.0.0.1",
        smtp_port=smtp.server_address[1],
        webhook_url=f"http://127.0.0.1:{hook.server_address[1]}/hook",
    ) as made:
        yield made


def subjects(smtp: SmtpServer, word: str) -> list[str]:
    found = (" ".join(mail["Subject"].split()) for mail in list(smtp.mails))
    return [subject for subject in found if word in subject]


def test_a_failure_is_told_once_and_its_end_once(
    farm: FarmUnderTest, smtp: SmtpServer, hook: http.server.ThreadingHTTPServer
) -> None:
    mini_tarball(farm.tarballs, "3.11.2", CONFIGURE_ERROR="nocompiler")
    list_releases(farm, release("3.11.2"))
    farm.run("run")
    wait(lambda: "1 failed" in farm.run("plan").stdout, "the planner to give up")
    os.kill(farm.master_process(), signal.SIGKILL)
    farm.run("run")
    settle(farm)

    (told,) = subjects(smtp, "fails")
    assert told.startswith("python-builds: python-3.11.2 for ")
    (mail,) = (m for m in smtp.mails if "fails" in m["Subject"])
    assert mail["To"] == "operator@example.org, other@example.org"
    assert "configure failed" in mail.get_payload(decode=True).decode()
    (posted,) = (p for p in hook.posted if "fails" in p["key"])
    assert posted["solved"] is False
    assert "configure failed" in posted["text"]

    key = next(p["key"] for p in hook.posted if "fails" in p["key"])
    assert f"{key}: acknowledged by anna, " in farm.run("acknowledge", ALERT="3.11.2 for", BY="anna").stdout
    for command in ("plan", "status"):
        assert "acknowledged by anna" in farm.run(command).stdout

    nobody_has = farm.client().force("release", python_version="4.0.0", profile="optimized")
    assert farm.wait_for_results(nobody_has) == FAILURE

    mini_tarball(farm.tarballs, "3.11.2")
    for name in farm.files("sources/3.11.2/*"):  # a mirror keeps what it has
        (farm.settings.store / name).unlink()
    farm.client().force("release", python_version="3.11.2", profile="optimized")
    wait(lambda: published(farm) == ["3.11.2"], "the release")
    wait(lambda: len(subjects(smtp, "fails")) == 2, "the second mail")
    wait(lambda: subjects(smtp, "published") == ["python-builds: published: CPython 3.11.2"], "the news")
    assert subjects(smtp, "fails")[1].startswith("python-builds: solved: python-3.11.2 for ")
    assert subjects(smtp, "4.0.0") == []
    assert "4.0.0" not in farm.run("plan").stdout
    assert farm.run("acknowledge").stdout == "there is no alert\n"
    assert farm.run("acknowledge", ALERT="3.11.2").returncode == 1


def test_an_overdue_release_and_a_silent_poller_are_told_once(farm: FarmUnderTest, smtp: SmtpServer) -> None:
    now = datetime.datetime.now(datetime.UTC)
    farm.environment["PYTHON_BUILDS_POLL_OVERDUE_HOURS"] = "0.0003"
    list_releases(
        farm,
        release("3.12.4", first_seen=(now - datetime.timedelta(hours=25)).isoformat()),
        release("3.13.5", first_seen=(now - datetime.timedelta(hours=23)).isoformat()),
    )
    farm.run("run")
    wait(lambda: bool(subjects(smtp, "overdue") and subjects(smtp, "not polled")), "both mails")
    farm.run("stop")
    farm.run("run")
    time.sleep(4)

    assert subjects(smtp, "overdue") == ["python-builds: CPython 3.12.4 is overdue"]
    assert subjects(smtp, "not polled") == ["python-builds: python.org is not polled"]


def test_a_running_farm_tells_weeks_ahead_that_its_signing_key_expires(
    hook: http.server.ThreadingHTTPServer, tmp_path: Path
) -> None:
    told = f"http://127.0.0.1:{hook.server_address[1]}/hook"
    with make_farm(signing_key_file=expiring(tmp_path, "30d"), plan_seconds=1, webhook_url=told) as farm:
        assert farm.run("run").returncode == 0
        wait(lambda: [p for p in hook.posted if p["key"].endswith(" expires soon")], "the notice")
        status = farm.run("status").stdout

    (posted,) = (p for p in hook.posted if p["key"].startswith("signing key "))
    assert posted["solved"] is False and "docs/bucket.md says how a new one takes over" in posted["text"]
    assert posted["key"] in status


def expiring(folder: Path, after: str) -> Path:
    """Make a signing key that expires after a while."""
    home, path = folder / "gnupg", folder / "signing.asc"
    home.mkdir(mode=0o700)
    gpg = ["gpg", "--batch", "--quiet", "--homedir", home, "--pinentry-mode", "loopback", "--passphrase", ""]
    subprocess.run([*gpg, "--quick-generate-key", "Farm <farm@example.org>", "ed25519", "sign", after], check=True)
    secret = subprocess.run([*gpg, "--armor", "--export-secret-keys"], check=True, stdout=subprocess.PIPE).stdout
    subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=True)
    path.touch(mode=0o600)
    path.write_bytes(secret)
    return path
