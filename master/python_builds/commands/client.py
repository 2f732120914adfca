"""The farm through its public interface, Buildbot's REST API v2."""

import html
import re
import time
from typing import Any

import requests

from python_builds.facts.errors import FarmError
from python_builds.facts.settings import Settings

PATIENCE = 60
"""Seconds for which a farm that does not answer is asked again: it may be starting."""

CANCEL_SECONDS = 30


class Client:
    """Talks to one farm."""

    def __init__(self, url: str, settings: Settings) -> None:
        self.url = url
        self.session = requests.Session()
        self.session.trust_env = False  # a proxy for the world outside does not lead to this machine
        self.session.headers["Origin"] = url.rstrip("/")
        if settings.web_user is not None:
            account = (settings.web_user, settings.web_password() or "")
            login = self.session.get(f"{url}auth/login", auth=account, timeout=30)
            if login.status_code in (401, 403):
                raise FarmError(f"{url} does not accept the account of the settings")

    def get(self, path: str, **query: object) -> dict[str, Any]:
        """Read a resource. A short answer or a refused connection is asked for again.

        Raises:
            FarmError: if the farm does not answer for a while, or refuses.
        """
        deadline = time.monotonic() + PATIENCE
        parameters = {k: str(v).lower() if isinstance(v, bool) else v for k, v in query.items()}
        while True:
            try:
                answer = self.session.get(f"{self.url}api/v2/{path}", params=parameters, timeout=30)  # type: ignore[arg-type]
                if answer.ok:
                    found: dict[str, Any] = answer.json()
                    return found
                problem = f"{answer.status_code} {answer.text[:300]}"
                if answer.status_code < 500:
                    raise FarmError(f"{self.url}api/v2/{path} answers {problem}")
            except requests.RequestException as error:
                problem = str(error)
            if time.monotonic() > deadline:
                raise FarmError(f"the farm at {self.url} does not answer: {problem}")
            time.sleep(1)

    def control(self, path: str, method: str, **params: object) -> Any:
        """Ask for something to be done.

        Raises:
            FarmError: with the server's own sentence, if it refuses.
        """
        body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        try:
            answer = self.session.post(f"{self.url}api/v2/{path}", json=body, timeout=30).json()
        except requests.RequestException as error:
            raise FarmError(f"the farm at {self.url} does not answer: {error}") from error
        if answer.get("error"):
            raise FarmError(_message(answer["error"]))
        return answer["result"]

    def builder_id(self, name: str) -> int:
        """Look a builder up."""
        return int(self.get(f"builders/{name}")["builders"][0]["builderid"])

    def force(self, builder: str, *, form: str = "force", **fields: object) -> int:
        """Fill in a Force form; return the build request's id."""
        builder_id = self.builder_id(builder)
        _, requested = self.control(f"forceschedulers/{form}", "force", builderid=builder_id, **fields)
        return int(requested[str(builder_id)])

    def is_complete(self, request: int) -> bool:
        """Say whether a request has come to its end."""
        return bool(self.get(f"buildrequests/{request}")["buildrequests"][0]["complete"])

    def cancel(self, requests: list[int], reason: str) -> int:
        """Cancel those of the requests that are not complete, and wait for them for a while; return how many."""
        unfinished = [number for number in requests if not self.is_complete(number)]
        for number in unfinished:
            self.control(f"buildrequests/{number}", "cancel", reason=reason)
        deadline = time.monotonic() + CANCEL_SECONDS
        while not all(self.is_complete(number) for number in unfinished) and time.monotonic() < deadline:
            time.sleep(0.3)
        return len(unfinished)

    def children(self, request: int) -> list[int]:
        """List the requests that the builds of a request have asked for."""
        parents = {build["buildid"] for build in self.builds(request)}
        sets = {s["bsid"] for p in parents for s in self.get("buildsets", parent_buildid=p)["buildsets"]}
        return [r["buildrequestid"] for s in sets for r in self.get("buildrequests", buildsetid=s)["buildrequests"]]

    def builds(self, request: int) -> list[dict[str, Any]]:
        """List the builds of a request, the first one first."""
        found: list[dict[str, Any]] = self.get(f"buildrequests/{request}/builds")["builds"]
        return sorted(found, key=lambda build: build["number"])

    def properties(self, build: int) -> dict[str, Any]:
        """Read a build's properties."""
        return {k: v for k, (v, _) in self.get(f"builds/{build}/properties")["properties"][0].items()}

    def steps(self, build: int) -> list[dict[str, Any]]:
        """List a build's steps so far, in order."""
        found: list[dict[str, Any]] = self.get(f"builds/{build}/steps")["steps"]
        return sorted(found, key=lambda step: step["number"])

    def log_tail(self, step: int, lines: int) -> list[str]:
        """Read the end of all logs of a step."""
        tail = []
        for log in self.get(f"steps/{step}/logs")["logs"]:
            offset = max(0, log["num_lines"] - lines)
            chunk = self.get(f"logs/{log['logid']}/contents", offset=offset, limit=lines)["logchunks"][0]
            tail += _log_lines(log["type"], chunk["content"])
        return tail[-lines:]


def _log_lines(kind: str, content: str) -> list[str]:
    """Turn a log's content into lines: of stdio each starts with its stream's letter, of HTML only the text counts."""
    if kind == "h":
        text = html.unescape(re.sub(r"<[^>]*>", "", content))
        return [line.strip() for line in text.splitlines() if line.strip()]
    if kind == "s":  # h: what Buildbot says about the command
        return [line[1:] for line in content.splitlines() if not line.startswith("h")]
    return content.splitlines()


def _message(problem: dict[str, Any]) -> str:
    message = problem.get("message", problem)
    if isinstance(message, dict):  # a form's problems, by field
        return "\n".join(f"{field}: {text}" for field, text in message.items())
    return str(message)
