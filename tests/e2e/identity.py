"""Servers of a test's own that know people: an OpenID Connect provider, and one that answers as GitLab and GitHub do."""

import contextlib
import json
import re
import secrets
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from werkzeug.serving import make_server


@contextlib.contextmanager
def oidc_provider(host: str = "localhost", **people: Sequence[str]) -> Iterator[str]:
    """Give the issuer's URL; people are named with their groups."""
    from oidc_provider_mock import User, app

    users = [
        User(
            sub=f"id-of-{name}",
            claims={
                "preferred_username": name,
                "name": name.title(),
                "email": f"{name}@example.org",
                "groups": [*groups],
            },
        )
        for name, groups in people.items()
    ]
    server = make_server(host, 0, app(user_claims=users), threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.1,))
    thread.start()
    try:
        yield f"http://{host}:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def log_in(
    farm_url: str, name: str, path: str = "auth/login", browser: requests.Session | None = None
) -> tuple[requests.Session, requests.Response]:
    """Log in at the farm as a browser does by the provider: press its button there as somebody."""
    browser = browser or requests.Session()
    browser.trust_env = False
    away = browser.get(f"{farm_url}{path}", allow_redirects=False, timeout=30)
    assert away.status_code == 302, away.text
    back = browser.post(away.headers["Location"], data={"sub": f"id-of-{name}"}, allow_redirects=False, timeout=30)
    assert back.status_code == 302, back.text
    return browser, browser.get(back.headers["Location"], allow_redirects=False, timeout=30)


@dataclass
class Imitated:
    """What GitLab's or GitHub's server was asked."""

    url: str = ""
    codes: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)


class Imitation(BaseHTTPRequestHandler):
    """Answers as GitLab (/api/v4) and GitHub Enterprise (/api/graphql) do, as anna of the group `release`."""

    def do_GET(self) -> None:
        seen: Imitated = self.server.seen
        path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        seen.asked.append(path)
        if path.endswith("/authorize"):
            code = secrets.token_hex()
            seen.codes.add(code)
            self.send_response(302)
            back = urlencode({"code": code, "state": query["state"][0]})
            self.send_header("Location", f"{query['redirect_uri'][0]}?{back}")
            self.end_headers()
        elif path == "/api/v4/user":
            self.say({"name": "Anna", "username": "anna", "email": "anna@example.org", "avatar_url": ""})
        elif path == "/api/v4/groups":
            self.say([{"path": "release"}])
        else:
            self.send_error(404)

    def do_POST(self) -> None:
        seen: Imitated = self.server.seen
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        seen.asked.append(self.path)
        if self.path.endswith("token"):
            given = parse_qs(body)
            known = given["code"][0] in seen.codes and given["client_secret"] == ["a secret of the farm's"]
            self.say({"access_token": "t"} if known else {"error": "invalid_grant"})
        elif self.path == "/api/graphql" and "viewer" in body:
            orgs = {"edges": [{"node": {"login": "python"}}]}
            self.say({"data": {"viewer": {"email": "a@b", "login": "anna", "name": "Anna", "organizations": orgs}}})
        elif self.path == "/api/graphql" and re.search(r'organization\(login: \\"python\\"\)', body):
            self.say({"data": {"python": {"teams": {"edges": [{"node": {"name": "release", "slug": "release"}}]}}}})
        else:
            self.send_error(404)

    def say(self, answer: object) -> None:
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@contextlib.contextmanager
def imitation() -> Iterator[Imitated]:
    """Give it on a free port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Imitation) as server:
        server.seen = Imitated(url=f"http://127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.seen
        server.shutdown()
