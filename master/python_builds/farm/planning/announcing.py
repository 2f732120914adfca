"""Telling what changed since the last look: notices on Buildbot's message queue, for the reporters."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from twisted.internet import defer
from twisted.python import log

from python_builds.core.planning import alerts
from python_builds.core.publishing.artifacts import Product

NOTICE = ("notices", "planner", "new")
"""On Buildbot's message queue, for the reporters."""


@defer.inlineCallbacks
def announce(planner: Any, found: Mapping[str, str], published: Collection[Product]) -> Any:
    """Hand the reporters what changed since the last time; a crash just now may lose or repeat some of it."""
    told: Sequence[str] = yield planner.getState("told", [])
    announced: Sequence[str] | None = yield planner.getState("announced", None)
    # What a store holds that this farm has just been given is no news.
    changes = [*alerts.notices(told, found), *(() if announced is None else alerts.news(announced, published))]
    for notice in changes:
        log.msg(f"{notice.subject}: {notice.text}")
        planner.master.mq.produce(NOTICE, {**asdict(notice), "subject": notice.subject})
    if changes or announced is None:
        yield planner.setState("told", sorted(found))
        yield planner.setState("announced", sorted({*(announced or ()), *map(str, published)}))
