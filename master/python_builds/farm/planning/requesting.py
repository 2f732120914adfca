"""Asking for builds, once: whoever is started again after a crash asks for nothing twice."""

from collections.abc import Mapping, Sequence
from typing import Any

from buildbot.data.resultspec import Filter
from buildbot.db.model import Model
from buildbot.process.properties import Properties
from twisted.internet import defer

from python_builds.farm.planning import request_rows

REASON: int = Model.buildsets.c.reason.type.length
"""Characters that Buildbot has room for. SQLite takes more, PostgreSQL refuses it all."""


@defer.inlineCallbacks
def request_once(
    scheduler: Any,
    external_id: str,
    *,
    builders: Sequence[str],
    reason: str,
    properties: Mapping[str, object],
    priority: int,
    parent: int | None = None,
) -> Any:
    """Ask some builders for the same, in one transaction; return the build requests' ids by builder.

    If the external id was asked for already, nothing is asked for, and what was then is returned.
    """
    master = scheduler.master
    names = yield request_rows.builder_names(master)
    before = yield master.data.get(("buildsets",), filters=[Filter("external_idstring", "eq", [external_id])])
    if before:
        asked = yield master.data.get(("buildrequests",), filters=[Filter("buildsetid", "eq", [before[0]["bsid"]])])
        return {names[one["builderid"]]: one["buildrequestid"] for one in asked}
    values = Properties()
    for name, value in properties.items():
        values.setProperty(name, value, scheduler.name)
    family = {} if parent is None else {"parent_buildid": parent, "parent_relationship": "Triggered from"}
    _, requests = yield scheduler.addBuildsetForSourceStampsWithDefaults(
        reason=reason if len(reason) <= REASON else f"{reason[: REASON - 1]}…",
        sourcestamps=[{"codebase": ""}],
        properties=values,
        builderNames=list(builders),
        external_idstring=external_id,
        priority=priority,
        **family,
    )
    return {names[builder]: request for builder, request in requests.items()}
