"""Many links of a step at once: Buildbot writes each by a transaction of its own, and tells of the step each time."""

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from buildbot.db.model import Model
from twisted.internet import defer

_STEPS = Model.steps


@defer.inlineCallbacks
def add_links(step: Any, links: Mapping[str, str]) -> Any:
    """Add links to a step that runs, in their order: URLs by what they are called."""
    found = [{"name": name, "url": url} for name, url in links.items()]
    mine = _STEPS.c.id == step.stepid

    def write(connection: sa.Connection) -> None:
        before = json.loads(connection.execute(sa.select(_STEPS.c.urls_json).where(mine)).scalar_one())
        every = [*before, *(link for link in found if link not in before)]
        connection.execute(sa.update(_STEPS).where(mine).values(urls_json=json.dumps(every)))

    if found:
        yield step.master.db.pool.do_with_transaction(write)
        yield step.master.data.getResourceType("step").generateEvent(step.stepid, "updated")
