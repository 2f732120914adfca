"""A batch of rebuilds through the farm's public interface: how far it is, and how to end it."""

import re
from dataclasses import dataclass
from typing import Any

from python_builds.cli.building.progress import CANCELLED, GOOD
from python_builds.cli.master.client import Client
from python_builds.core.errors import InvalidRequest
from python_builds.farm.planning.rebuild_steps import REBUILD

NUMBER = re.compile("[0-9]{1,18}")
"""Of a request. Of more than some thousand digits Python makes no number at all."""

LARGEST = 2**31 - 1
"""The largest number that Buildbot's database takes for a request."""


@dataclass(frozen=True, kw_only=True)
class State:
    """How far a batch is."""

    done: int
    failed: int
    cancelled: int
    building: int
    waiting: int

    def __str__(self) -> str:
        counts = {name: count for name, count in vars(self).items() if count or name in ("done", "failed", "waiting")}
        return ", ".join(f"{count} {name}" for name, count in counts.items())

    @property
    def over(self) -> bool:
        """Whether all has come to its end."""
        return not self.building and not self.waiting

    @property
    def good(self) -> bool:
        """Whether all went well."""
        return not self.failed and not self.cancelled


class Batch:
    """What one request of the `rebuild` builder has asked for: releases, and what these asked for."""

    def __init__(self, client: Client, number: int) -> None:
        self.client = client
        self.number = number
        self._requests: dict[int, dict[str, Any]] = {}
        self._unfinished: dict[int, dict[str, Any]] = {}
        self._children: dict[int, list[int]] = {}
        self._told: set[int] = set()

    def state(self) -> State:
        """Count the releases that have not asked yet, and the builds that the others asked for."""
        self._look()
        releases = self._below(self.number)
        failed_releases = [n for n in releases if self._complete(n) and self._result(n) not in GOOD]
        builds = [part for release in releases if self._complete(release) for part in self._below(release)]
        pending = [n for n in releases if not self._complete(n)]
        ended = [self._result(n) for n in (*builds, *failed_releases) if self._complete(n)]
        unfinished = [*pending, *(part for part in builds if not self._complete(part))]
        building = sum(bool(self._requests[n]["claimed"]) for n in unfinished)
        return State(
            done=sum(result in GOOD for result in ended),
            cancelled=ended.count(CANCELLED),
            failed=sum(result not in (*GOOD, CANCELLED) for result in ended),
            building=building,
            waiting=len(unfinished) - building,
        )

    def news(self) -> list[str]:
        """Say what has failed since the last time."""
        found = []
        for number, seen in self._requests.items():
            if seen["complete"] and seen["results"] not in (*GOOD, CANCELLED) and number not in self._told:
                self._told.add(number)
                for build in self.client.builds(number)[-1:]:
                    found.append(f"FAILED: {build['state_string']}\n    {self.client.build_url(build)}")
        return found

    def cancel(self) -> int:
        """Cancel what is not finished, who asks before who is asked for; return how many requests that were."""
        reason = f"make cancel of batch {self.number}"
        cancelled = self.client.cancel([self.number], reason)
        releases = self.client.children(self.number)
        cancelled += self.client.cancel(releases, reason)
        builds = [part for release in releases for part in self.client.children(release)]
        return cancelled + self.client.cancel(builds, reason)

    def _below(self, number: int) -> list[int]:
        """List what a finished request has asked for."""
        if number not in self._children:
            self._children[number] = self.client.children(number)
        return self._children[number]

    def _look(self) -> None:
        """See in one question what has not come to its end; what has is asked for once."""
        self._unfinished = self.client.unfinished()

    def _complete(self, number: int) -> bool:
        if number in self._unfinished:
            self._requests[number] = self._unfinished[number]
        elif not self._requests.get(number, {}).get("complete"):
            self._requests[number] = self.client.get(f"buildrequests/{number}")["buildrequests"][0]
        return bool(self._requests[number]["complete"])

    def _result(self, number: int) -> int:
        return int(self._requests[number]["results"])


def batch_numbered(client: Client, text: str) -> int:
    """Read a batch's number as a person types it.

    Raises:
        InvalidRequest: if it is not that of a request of the `rebuild` builder.
    """
    said = f"batch is {text!r}: it must be the number that `make rebuild` has printed"
    if not NUMBER.fullmatch(text):
        raise InvalidRequest(said)
    number = min(int(text), LARGEST)
    found = client.get("buildrequests", buildrequestid=number, field=["buildrequestid", "builderid"])["buildrequests"]
    if not found:
        raise InvalidRequest(f"{said}; nothing has that number")
    if found[0]["builderid"] != client.builder_id(REBUILD):
        raise InvalidRequest(f"{said}; that is a request of {client.builder_name(found[0]['builderid'])}")
    return number


def last_batch(client: Client) -> int:
    """Find the last request of the `rebuild` builder that was more than a list.

    Raises:
        InvalidRequest: if there is none.
    """
    builder = client.builder_id(REBUILD)
    for build in client.get(f"builders/{builder}/builds", order="-number", limit=100)["builds"]:
        if not client.properties(build["buildid"]).get("list_only"):
            return int(build["buildrequestid"])
    raise InvalidRequest("nothing was rebuilt yet: there is no batch")
