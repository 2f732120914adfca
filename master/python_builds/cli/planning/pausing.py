"""Pausing what a running farm does, and resuming it: the planner, a Docker host, a worker or a builder.

What runs goes on to its end, so to pause a Docker host is to drain it. A pause outlives the master.
"""

from collections.abc import Mapping
from typing import Any

from python_builds.adapters.planning.paused_builders import pause_builder, read_paused, resume_builder
from python_builds.cli.master.client import Client
from python_builds.core.errors import InvalidRequest
from python_builds.core.plain_text import few_words
from python_builds.core.planning.pauses import PLANNER
from python_builds.core.settings.settings import Settings


class Pausing:
    """What can be paused on one running farm; `hosts` are the workers of its Docker hosts, by the hosts' names."""

    def __init__(self, client: Client, settings: Settings, hosts: Mapping[str, list[str]]) -> None:
        self.client = client
        self.settings = settings
        self.hosts = hosts
        self.workers: dict[str, dict[str, Any]] = {w["name"]: w for w in client.get("workers")["workers"]}

    def pause(self, what: str, reason: str) -> str:
        """Pause it; say what that means.

        Raises:
            InvalidRequest: if there is no such thing, or the reason is too long.
        """
        reason = few_words("REASON", reason)
        if what == PLANNER:
            self._planner_is(enabled=False)
            return "the planner is paused: it asks for nothing; people may"
        if what in self._builders():
            pause_builder(self.settings.state_dir, what, reason)
            return f"builder {what} is paused: what it builds goes on, and nothing else begins"
        names = self._workers_of(what)
        for name in names:
            self.client.control(f"workers/{self.workers[name]['workerid']}", "pause", reason=reason)
        return f"{what} is paused ({', '.join(names)}): what they build goes on, and nothing else begins"

    def resume(self, what: str) -> str:
        """Let it go on.

        Raises:
            InvalidRequest: if there is no such thing.
        """
        if what == PLANNER:
            self._planner_is(enabled=True)
        elif what in {*self._builders(), *read_paused(self.settings.state_dir)}:
            resume_builder(self.settings.state_dir, what)
        else:
            for name in self._workers_of(what):
                self.client.control(f"workers/{self.workers[name]['workerid']}", "unpause")
        return f"{what} goes on"

    def _planner(self) -> dict[str, Any]:
        schedulers: list[dict[str, Any]] = self.client.get("schedulers")["schedulers"]
        return next(one for one in schedulers if one["name"] == PLANNER)

    def _planner_is(self, *, enabled: bool) -> None:
        self.client.control(f"schedulers/{self._planner()['schedulerid']}", "enable", enabled=enabled)

    def _builders(self) -> list[str]:
        """Name the builders that this farm has now: Buildbot remembers others."""
        return [b["name"] for b in self.client.get("builders")["builders"] if b["masterids"]]

    def _workers_of(self, what: str) -> list[str]:
        names = self.hosts.get(what, [what])
        if not {*names} <= {*self.workers}:
            raise InvalidRequest(
                f"{what!r} cannot be paused or resumed; these can: {PLANNER}; Docker hosts: {_listed(self.hosts)}; "
                f"builders: {_listed(self._builders())}; workers: {_listed(self.workers)}"
            )
        return names


def _listed(names: Any) -> str:
    return ", ".join(sorted(names)) or "none"
