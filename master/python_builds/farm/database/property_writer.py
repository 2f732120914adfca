"""A build's properties, written in one transaction: Buildbot has one for each, and writes dozens thrice in a build."""

import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from buildbot.db.model import Model
from twisted.internet import defer

_TABLE = Model.build_properties

Properties = Mapping[str, tuple[Any, str]]
"""Of each name the value and its source, as Buildbot has them."""


@defer.inlineCallbacks
def write_properties(master: Any, buildid: int, properties: Any) -> Any:
    """Write what has changed, and tell who listens."""
    real = properties.getProperties()
    said = yield real.render(real.asDict())
    changed = yield master.db.pool.do_with_transaction(write_changed, buildid, said)
    if changed:
        yield master.data.rtypes.property.generateUpdateEvent(buildid, {name: said[name] for name in changed})


def write_changed(connection: sa.Connection, buildid: int, properties: Properties) -> list[str]:
    """Write those that the table lacks or has otherwise; give their names."""
    of_build = sa.select(_TABLE.c.name, _TABLE.c.value, _TABLE.c.source).where(_TABLE.c.buildid == buildid)
    known = {row.name: (row.value, row.source) for row in connection.execute(of_build)}
    wanted = {name: (json.dumps(value), source) for name, (value, source) in properties.items()}
    changed = [name for name, row in wanted.items() if known.get(name) != row]
    rows = [(name, *wanted[name]) for name in changed]
    this = sa.and_(_TABLE.c.buildid == buildid, _TABLE.c.name == sa.bindparam("of"))
    if old := [{"of": name, "value": value, "source": source} for name, value, source in rows if name in known]:
        connection.execute(_TABLE.update().where(this), old)
    names = ("buildid", "name", "value", "source")
    if new := [dict(zip(names, (buildid, *row), strict=True)) for row in rows if row[0] not in known]:
        connection.execute(_TABLE.insert(), new)
    return changed
