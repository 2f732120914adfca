"""The farm through its public interface, Buildbot's REST API v2."""

import time
from collections.abc import Iterable, Mapping
from typing import Any

import requests

from python_builds.core.errors import FarmError
from python_builds.core.settings.settings import Settings

ANSWER_SECONDS = 60
"""Seconds for which a farm that does not answer is asked again: it may be starting."""

CANCEL_SECONDS = 30

CANCELLED_AT_ONCE = 100
"""Requests that are cancelled by one question, which the master answers when all of them have ended."""


class Client:
    """Talks to one farm."""

    def __init__(self, url: str, settings: Settings, patience: float = ANSWER_SECONDS) -> None:
        self.url = url
        self.patience = patience
        self.session = requests.Session()
        self.session.trust_env = False  # a proxy for the world outside does not lead to this machine
        self.session.headers["Origin"] = url.rstrip("/")
        account = (settings.web_user, settings.web_password() or "")
        # Where it leads is the web UI, perhaps at another address, through a proxy in front of the farm.
        login = self.session.get(f"{url}auth/login", auth=account, timeout=30, allow_redirects=False)
        if login.status_code in (401, 403):
            raise FarmError(f"{url} does not accept the account of the settings: see {settings.password_file}")

    def get(self, path: str, **query: object) -> dict[str, Any]:
        """Read a resource. A short answer or a refused connection is asked for again.

        Raises:
            FarmError: if the farm does not answer for a while, or refuses.
        """
        deadline = time.monotonic() + self.patience
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

    def overview(self) -> str:
        """Read what the farm says of itself in a terminal.

        Raises:
            FarmError: with the farm's own sentence, if it has none to give.
        """
        answer = self.session.get(f"{self.url}plugins/overview/text", timeout=60)
        if not answer.ok:
            raise FarmError(f"the farm at {self.url} does not say how it is: {answer.status_code} {answer.text[:300]}")
        return answer.text

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

    def unfinished(self) -> dict[int, dict[str, Any]]:
        """List all requests that are not complete, by number."""
        return {one["buildrequestid"]: one for one in self.get("buildrequests", complete=False)["buildrequests"]}

    def cancel(self, requests: Iterable[int], reason: str) -> int:
        """Cancel those of the requests that are not complete, and wait for them for a while; return how many."""
        wanted = sorted({*requests} & {*self.unfinished()})
        for begin in range(0, len(wanted), CANCELLED_AT_ONCE):
            some = wanted[begin : begin + CANCELLED_AT_ONCE]
            self.control("buildrequests", "cancel", buildrequestids=some, reason=reason)
        deadline = time.monotonic() + CANCEL_SECONDS
        while {*wanted} & {*self.unfinished()} and time.monotonic() < deadline:
            time.sleep(0.3)
        return len(wanted)

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
        """Read a build's properties; one that has just begun may have none yet."""
        return {k: v for k, (v, _) in self.get(f"builds/{build}/properties")["properties"][0].items()}

    def asked(self, request: int) -> dict[str, Any]:
        """Read the properties that a build was asked for with."""
        buildset = self.get(f"buildrequests/{request}")["buildrequests"][0]["buildsetid"]
        return {k: v for k, (v, _) in self.get(f"buildsets/{buildset}/properties")["properties"][0].items()}

    def builder_name(self, builder: int) -> str:
        """Name a builder."""
        return str(self.get(f"builders/{builder}")["builders"][0]["name"])

    def steps(self, build: int) -> list[dict[str, Any]]:
        """List a build's steps so far, in order."""
        found: list[dict[str, Any]] = self.get(f"builds/{build}/steps")["steps"]
        return sorted(found, key=lambda step: step["number"])

    def logs(self, step: int) -> list[dict[str, Any]]:
        """List a step's logs so far that are text: what is in HTML is in another log as text too."""
        return [log for log in self.get(f"steps/{step}/logs")["logs"] if log["type"] != "h"]

    def end_of(self, log: Mapping[str, Any], lines: int) -> list[str]:
        """Read the last lines of a log; those of output begin with the letter of their stream, h for remarks."""
        offset = max(0, log["num_lines"] - lines)
        chunk = self.get(f"logs/{log['logid']}/contents", offset=offset, limit=lines)["logchunks"][0]
        text = str(chunk["content"]).removesuffix("\n")
        return text.split("\n") if text else []

    def build_url(self, build: Mapping[str, Any]) -> str:
        """Say where a person sees a build."""
        return f"{self.url}#/builders/{build['builderid']}/builds/{build['number']}"

    def log_url(self, build: Mapping[str, Any], step: Mapping[str, Any], log: Mapping[str, Any]) -> str:
        """Say where a person sees a log of a build's step."""
        return f"{self.build_url(build)}/steps/{step['number']}/logs/{log['slug']}"


def output(log: Mapping[str, Any], lines: Iterable[str]) -> list[str]:
    """Take what was written from the lines of a log, without Buildbot's remarks."""
    if log["type"] != "s":
        return list(lines)
    return [line[1:] for line in lines if not line.startswith("h")]


def _message(problem: dict[str, Any]) -> str:
    message = problem.get("message", problem)
    if isinstance(message, dict):  # a form's problems, by field
        return "\n".join(f"{field}: {text}" for field, text in message.items())
    return str(message)
