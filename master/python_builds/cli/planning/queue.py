"""The queue of a running farm, in its order: what Buildbot starts first stands first."""

import datetime
from collections import Counter

from python_builds.adapters.planning.paused_builders import read_paused
from python_builds.adapters.planning.report_file import read_report
from python_builds.cli.master.client import Client
from python_builds.cli.output import table
from python_builds.core.planning import queue
from python_builds.core.planning.queue import Waiting, Worker
from python_builds.core.settings.settings import Settings

ASKED = ("python_version", "variant", "profile", "versions", "force")
"""The properties that say what a request is for."""

WAITING = {"complete": False, "claimed": False}
LEFT_OUT = 5
"""Builders whose requests are counted by name."""


def show(settings: Settings, client: Client, limit: int) -> str:
    """Give the first of what waits, with a count of all; four questions, however many wait."""
    every = client.get("buildrequests", **WAITING, field=["builderid", *WAITING])["buildrequests"]
    if not every:
        return "nothing waits"
    names = {b["builderid"]: b["name"] for b in client.get("builders", field=["builderid", "name"])["builders"]}
    counts = Counter(names.get(request["builderid"], "?") for request in every).most_common()
    shown = ", ".join(f"{count} {name}" for name, count in counts[:LEFT_OUT])
    others = sum(count for _, count in counts[LEFT_OUT:])
    first = _first(settings, client, names, limit)
    lines = [
        f"{len(every)} waiting: {shown}" + (f", {others} others" if others else ""),
        table(queue.HEAD, queue.rows(first, datetime.datetime.now(datetime.UTC))),
    ]
    if len(every) > len(first):
        lines.append(f"and {len(every) - len(first)} more; LIMIT={len(every)} shows all")
    return "\n".join(lines)


def _first(settings: Settings, client: Client, names: dict[int, str], limit: int) -> list[Waiting]:
    """Read the first of the queue: the highest priority, then the oldest, as Buildbot takes them."""
    requests = client.get(
        "buildrequests", **WAITING, order=["-priority", "submitted_at", "buildrequestid"], limit=limit, property=ASKED
    )["buildrequests"]
    workers = _workers(client)
    paused = {name: one.reason for name, one in read_paused(settings.state_dir).items()}
    report = read_report(settings.state_dir)
    without_image = report.without_image if report else {}
    found = []
    for request in requests:
        name = names.get(request["builderid"], "?")
        found.append(
            Waiting(
                request=request["buildrequestid"],
                builder=name,
                priority=request["priority"],
                what=queue.what({key: value for key, (value, _) in (request["properties"] or {}).items()}),
                since=datetime.datetime.fromtimestamp(request["submitted_at"], datetime.UTC),
                waits_for=queue.waits_for(name, workers.get(request["builderid"], []), paused, without_image),
            )
        )
    return found


def _workers(client: Client) -> dict[int, list[Worker]]:
    """List each builder's workers, with what they do."""
    busy = {b["workerid"] for b in client.get("builds", complete=False, field=["workerid", "complete"])["builds"]}
    found: dict[int, list[Worker]] = {}
    for one in client.get("workers")["workers"]:
        worker = Worker(name=one["name"], paused=one["paused"], busy=one["workerid"] in busy)
        for place in one["configured_on"]:
            found.setdefault(place["builderid"], []).append(worker)
    return found
