"""What Buildbot's database has of build requests, many at once: its data API asks for each one's properties by itself.

Each function is one turn in the database's thread. What it costs follows the rows that it gives.
"""

import itertools
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa
from buildbot.db.model import Model
from buildbot.process.results import EXCEPTION, FAILURE, SKIPPED, SUCCESS, WARNINGS

GOOD = (SUCCESS, WARNINGS, SKIPPED)
"""Results of what went well."""

AT_ONCE = 500
"""Ids in one query; SQLite allows 999 in its older versions."""

Row = Mapping[str, Any]

_BUILDERS, _REQUESTS, _CLAIMS = Model.builders, Model.buildrequests, Model.buildrequest_claims
_SETS, _PROPERTIES = Model.buildsets, Model.buildset_properties
_BUILDS, _BUILD_PROPERTIES, _STEPS = Model.builds, Model.build_properties, Model.steps
_REQUEST_COLUMNS = (_REQUESTS.c.id, _REQUESTS.c.buildsetid, _REQUESTS.c.builderid)


def builder_names(master: Any) -> Any:
    """Name all builders that there ever were, by their ids."""

    def read(connection: sa.Connection) -> dict[int, str]:
        query = sa.select(_BUILDERS.c.id, _BUILDERS.c.name)
        return {row.id: row.name for row in connection.execute(query)}

    return master.db.pool.do(read)


def unfinished(master: Any) -> Any:
    """List the requests that are not complete, in the order in which they came."""
    query = sa.select(*_REQUEST_COLUMNS).where(_REQUESTS.c.complete == 0).order_by(_REQUESTS.c.id)
    return master.db.pool.do(_all, query)


def unfinished_of(master: Any, version: str) -> Any:
    """List those of them that were asked for with this `python_version`."""
    # A property's value and its source stand in one column, as JSON.
    of_version = sa.and_(
        _PROPERTIES.c.buildsetid == _REQUESTS.c.buildsetid,
        _PROPERTIES.c.property_name == "python_version",
        _PROPERTIES.c.property_value.startswith(json.dumps([version])[:-1] + ",", autoescape=True),
    )
    query = sa.select(*_REQUEST_COLUMNS).join(_PROPERTIES, of_version).where(_REQUESTS.c.complete == 0)
    return master.db.pool.do(_all, query)


def parent_of_only_build(master: Any, request: int) -> Any:
    """Give the id of the build that asked for a request; None if none did, or if not exactly one build of it exists."""
    begun = sa.select(sa.func.count()).where(_BUILDS.c.buildrequestid == request).scalar_subquery()
    of_request = sa.and_(_REQUESTS.c.buildsetid == _SETS.c.id, _REQUESTS.c.id == request)
    query = sa.select(_SETS.c.parent_buildid).join(_REQUESTS, of_request).where(begun == 1)
    return master.db.pool.do(lambda connection: connection.execute(query).scalar())


class Waiting(NamedTuple):
    """What nobody has begun, of one builder."""

    requests: int
    priority: int
    """The highest."""
    since: int
    """When the oldest was asked for (Unix)."""


def waiting(master: Any) -> Any:
    """Say what waits, by builder, in one query."""
    columns = (sa.func.count(), sa.func.max(_REQUESTS.c.priority), sa.func.min(_REQUESTS.c.submitted_at))
    query = (
        sa.select(_REQUESTS.c.builderid, *columns)
        .outerjoin(_CLAIMS, _CLAIMS.c.brid == _REQUESTS.c.id)
        .where(_REQUESTS.c.complete == 0, _CLAIMS.c.brid.is_(None))
        .group_by(_REQUESTS.c.builderid)
    )

    def read(connection: sa.Connection) -> dict[int, Waiting]:
        return {builder: Waiting(*values) for builder, *values in connection.execute(query)}

    return master.db.pool.do(read)


def finished(master: Any, since: int) -> Any:
    """List the requests that were completed at this time (Unix) or later, the first first."""
    query = (
        sa.select(*_REQUEST_COLUMNS, _REQUESTS.c.results, _REQUESTS.c.complete_at, _SETS.c.rebuilt_buildid)
        .join(_SETS, _SETS.c.id == _REQUESTS.c.buildsetid)
        .where(_REQUESTS.c.complete == 1, _REQUESTS.c.complete_at >= since)
        .order_by(_REQUESTS.c.id)
    )
    return master.db.pool.do(_all, query)


def properties(master: Any, buildsets: Collection[int]) -> Any:
    """Give what each of these buildsets was asked with: values by name."""

    def read(connection: sa.Connection) -> dict[int, dict[str, Any]]:
        found: dict[int, dict[str, Any]] = {number: {} for number in buildsets}
        for row in _chunked(connection, sa.select(_PROPERTIES), _PROPERTIES.c.buildsetid, buildsets):
            found[row["buildsetid"]][row["property_name"]] = json.loads(row["property_value"])[0]
        return found

    return master.db.pool.do(read)


def last_builds(master: Any, requests: Collection[int], names: Collection[str]) -> Any:
    """Give the last build of each of these requests that has one: its number, words, named properties and red step."""

    def read(connection: sa.Connection) -> dict[int, dict[str, Any]]:
        columns = [_BUILDS.c[name] for name in ("id", "buildrequestid", "builderid", "number", "state_string")]
        builds: dict[int, dict[str, Any]] = {}
        for row in _chunked(connection, sa.select(*columns), _BUILDS.c.buildrequestid, requests):
            if row["number"] >= builds.get(row["buildrequestid"], row)["number"]:
                builds[row["buildrequestid"]] = {**row, "properties": {}, "red": None}
        by_id = {build["id"]: build for build in builds.values()}
        values = sa.select(_BUILD_PROPERTIES).where(_BUILD_PROPERTIES.c.name.in_(names))
        for row in _chunked(connection, values, _BUILD_PROPERTIES.c.buildid, by_id):
            by_id[row["buildid"]]["properties"][row["name"]] = json.loads(row["value"])
        red = sa.select(_STEPS.c.buildid, _STEPS.c.number, _STEPS.c.name, _STEPS.c.state_string)
        red = red.where(_STEPS.c.results.in_([FAILURE, EXCEPTION]))
        for row in _chunked(connection, red, _STEPS.c.buildid, by_id):
            first = by_id[row["buildid"]]["red"]
            if first is None or row["number"] < first["number"]:
                by_id[row["buildid"]]["red"] = row
        return builds

    return master.db.pool.do(read)


def _all(connection: sa.Connection, query: Any) -> list[Row]:
    return [dict(row) for row in connection.execute(query).mappings()]


def _chunked(connection: sa.Connection, query: Any, column: Any, ids: Iterable[int]) -> Iterator[Row]:
    for some in _batches(ids):
        yield from _all(connection, query.where(column.in_(some)))


def _batches(ids: Iterable[int]) -> Iterator[Sequence[int]]:
    rest = iter(ids)
    while some := list(itertools.islice(rest, AT_ONCE)):
        yield some
