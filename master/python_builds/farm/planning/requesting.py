"""Asking for a build, once: whoever is started again after a crash asks for nothing twice."""

from collections.abc import Mapping
from typing import Any

from buildbot.data.resultspec import Filter
from buildbot.db.model import Model
from buildbot.process.properties import Properties
from twisted.internet import defer

REASON: int = Model.buildsets.c.reason.type.length
"""Characters that Buildbot has room for. SQLite takes more, PostgreSQL refuses it all."""


@defer.inlineCallbacks
def request_once(
    scheduler: Any,
    external_id: str,
    *,
    builder: str,
    reason: str,
    properties: Mapping[str, object],
    priority: int,
    parent: int | None = None,
) -> Any:
    """Ask in one transaction, unless the external id was asked for already; return the build request's id."""
    master = scheduler.master
    before = yield master.data.get(("buildsets",), filters=[Filter("external_idstring", "eq", [external_id])])
    if before:
        found = yield master.data.get(("buildrequests",), filters=[Filter("buildsetid", "eq", [before[0]["bsid"]])])
        return found[0]["buildrequestid"]
    values = Properties()
    for name, value in properties.items():
        values.setProperty(name, value, scheduler.name)
    family = {} if parent is None else {"parent_buildid": parent, "parent_relationship": "Triggered from"}
    _, brids = yield scheduler.addBuildsetForSourceStampsWithDefaults(
        reason=reason if len(reason) <= REASON else f"{reason[: REASON - 1]}…",
        sourcestamps=[{"codebase": ""}],
        properties=values,
        builderNames=[builder],
        external_idstring=external_id,
        priority=priority,
        **family,
    )
    (brid,) = brids.values()
    return brid
