"""What the overview is told of the farm that runs: builds, queue, workers. A queue of any length is counted at once.

What runs is read from the master's own objects: Buildbot's database has no index by which it finds builds that run, and
a query for each of them, and each of their steps, would be asked anew every few seconds.
"""

import datetime
from collections.abc import Iterable, Mapping
from typing import Any

from buildbot.data.resultspec import Filter
from buildbot.process.results import SUCCESS, WARNINGS
from buildbot.worker.latent import States
from twisted.internet import defer, threads

from python_builds.adapters.planning.paused_builders import read_paused
from python_builds.core.building.requests import requested_tag
from python_builds.core.errors import FarmError, PythonBuildsError
from python_builds.core.planning.estimates import LAST, Line, Running
from python_builds.core.planning.overview import Container, Host
from python_builds.core.planning.pauses import PLANNER, Pause, pause_words
from python_builds.core.settings.settings import Settings
from python_builds.farm.planning.request_rows import Waiting
from python_builds.farm.workers.workers import LOCAL_WORKER, host_platform

LOOKED_BACK = 4 * LAST
"""Builds of a builder among which good ones are looked for."""

WORKER_STATES = {
    "building": "builds",
    "idle": "idle",
    "paused": "paused",
    "resting": "rests after it could not start",
    "ending": "ends",
}
"""What a worker may be doing, each with how people read it."""

ID = 12
"""Characters of a container's id, as Docker shows it."""


@defer.inlineCallbacks
def good_seconds(master: Any, builder: int) -> Any:
    """Say how long the last good builds of a builder took, the newest first."""
    builds = yield master.data.get(
        ("builders", builder, "builds"),
        filters=[Filter("complete", "eq", [True])],
        order=["-number"],
        limit=LOOKED_BACK,
    )
    good = [build for build in builds if build["results"] in (SUCCESS, WARNINGS) and build["complete_at"]]
    return tuple((build["complete_at"] - build["started_at"]).total_seconds() for build in good[:LAST])


def lines(
    master: Any, ids: Mapping[str, int], waiting: Mapping[int, Waiting], seconds: Mapping[str, tuple[float, ...]]
) -> tuple[Line, ...]:
    """Describe the queue of each builder."""
    able = {name for name, one in master.workers.workers.items() if not one.isPaused() and one.quarantine_timer is None}
    return tuple(
        Line(
            builder=name,
            waiting=waiting[number].requests if number in waiting else 0,
            workers=frozenset(able.intersection(master.botmaster.builders[name].config.workernames)),
            seconds=seconds.get(name, ()),
        )
        for name, number in ids.items()
    )


def running(
    botmaster: Any, ids: Mapping[str, int], began: Mapping[int, datetime.datetime], now: datetime.datetime
) -> tuple[Running, ...]:
    """Describe the builds that run; `began` says since when, by their ids."""
    return tuple(
        Running(
            builder=name,
            number=build.number,
            what=_what(build),
            profile=str(build.getProperty("profile", "")),
            step=_step(build),
            began=began.get(build.buildid, now),
            worker=str(getattr(build, "workername", "")),
            link=f"#/builders/{ids[name]}/builds/{build.number}",
        )
        for name, builder in botmaster.builders.items()
        for build in builder.building
        if build.number is not None and name in ids
    )


def _what(build: Any) -> str:
    values = {name: value for name, (value, _) in build.getProperties().asDict().items()}
    try:
        return str(requested_tag(values) or "") if "python_version" in values else ""
    except PythonBuildsError:
        return ""  # the build itself says what is wrong with it


def _step(build: Any) -> str:
    if build.currentStep is not None:
        return str(build.currentStep.name)
    return "" if build.executedSteps else "its worker starts"


@defer.inlineCallbacks
def pauses(master: Any, settings: Settings) -> Any:
    """Say what an operator has paused, a sentence each.

    It costs the reading of one small file, and a query where a worker is paused: after a restart the database alone
    knows why.
    """
    builders: dict[str, Pause] = {}
    trouble: tuple[str, ...] = ()
    try:
        builders = yield threads.deferToThread(read_paused, settings.state_dir)
    except FarmError as error:
        trouble = (f"perhaps builders: {error}",)
    rest = [name for name, one in master.workers.workers.items() if one.isPaused()]
    rows = (yield master.data.get(("workers",))) if rest else []
    reasons = {row["name"]: row["pause_reason"] or "" for row in rows}
    said = pause_words(
        planner=not master.scheduler_manager.namedServices[PLANNER].enabled,
        workers={name: reasons.get(name, "") for name in rest},
        hosts={host.name: host.worker_names for host in settings.docker_hosts},
        builders=builders,
    )
    return (*said, *trouble)


def hosts(settings: Settings, workers: Mapping[str, Any], builds: Iterable[Running]) -> tuple[Host, ...]:
    """Describe the Docker hosts, and this machine where it builds."""
    by_worker = {build.worker: build for build in builds}
    found = [_host(h.name, h.architecture, h.worker_names, workers, by_worker) for h in settings.docker_hosts]
    here = host_platform()
    if here and LOCAL_WORKER in workers:
        found.append(_host("this machine", here[1], [LOCAL_WORKER], workers, by_worker))
    return tuple(found)


def _host(
    name: str, architecture: str, names: Iterable[str], workers: Mapping[str, Any], builds: Mapping[str, Running]
) -> Host:
    mine = [(worker, workers[worker]) for worker in names if worker in workers]
    rests = bool(mine) and all(worker.quarantine_timer is not None for _, worker in mine)
    return Host(
        name=name,
        architecture=architecture,
        containers=tuple(_container(label, worker, builds.get(label)) for label, worker in mine),
        trouble="does not answer or cannot start a worker; it is tried again" if rests else "",
    )


def _container(name: str, worker: Any, build: Running | None) -> Container:
    instance = getattr(worker, "instance", None)
    number = str(instance["Id"])[:ID] if isinstance(instance, Mapping) and "Id" in instance else ""
    return Container(worker=name, state=_state(worker, build), container=number)


def _state(worker: Any, build: Running | None) -> str:
    if build is not None:
        return f"builds {build.builder} #{build.number}" + (f", CPython {build.what}" if build.what else "")
    return WORKER_STATES[worker_state(worker, builds=False)]


def worker_state(worker: Any, *, builds: bool) -> str:
    """Say what a worker does, as one of WORKER_STATES."""
    if builds:
        return "building"
    if worker.isPaused():
        return "paused"
    if worker.quarantine_timer is not None:
        return "resting"
    state = getattr(worker, "state", None)
    return "ending" if state in (States.INSUBSTANTIATING, States.INSUBSTANTIATING_SUBSTANTIATING) else "idle"
