"""Removing what ended long ago from Buildbot's database: its own janitor removes logs, and nothing else.

Needed is what the planner would decide differently without: of each product and release what went wrong since it last
went well. A person's "cancel" holds until then too, and what was given up stays given up. And the last build of each
builder stays: the next one's number is one more.

Buildbot has SQLite check no references, so each table is said here; the order is theirs.
"""

import json
from collections.abc import Collection, Sequence
from typing import Any

import sqlalchemy as sa

from python_builds.farm.planning.request_rows import GOOD

AT_ONCE = 50
"""Requests that are looked at, and removed, in one transaction: Buildbot waits for it."""

NAMES = ("python_version", "variant", "profile")
"""The properties that say, with the builder, what a request is for."""


def remove_some(
    connection: Any, model: Any, *, before: int, after: int, planned: Collection[str]
) -> tuple[int, int | None]:
    """Look at the next few buildsets above the number `after` that ended before a time, in seconds; remove what may go.

    `planned` names the builders of which failures are needed. Return how many were removed, and the last number.
    """
    sets = model.buildsets
    rows = connection.execute(
        sa.select(sets.c.id, sets.c.complete_at)
        .where(sets.c.complete == 1, sets.c.complete_at < before, sets.c.id > after)
        .order_by(sets.c.id)
        .limit(AT_ONCE)
    ).fetchall()
    if not rows:
        return 0, None
    numbers = [row.id for row in rows]
    lasting = _with_a_last_build(connection, model, numbers)
    # Kept for a number alone: what it was asked for as may be asked for again.
    connection.execute(sets.update().where(sets.c.id.in_(lasting)).values(external_idstring=None))
    staying = lasting | _needed(connection, model, numbers, planned)
    going = [number for number in numbers if number not in staying]
    _remove(connection, model, going)
    connection.commit()
    return len(going), numbers[-1]


def _with_a_last_build(connection: Any, model: Any, buildsets: Sequence[int]) -> set[int]:
    """Find those of which a build is the last of its builder."""
    builds, requests = model.builds, model.buildrequests
    found = connection.execute(
        sa.select(requests.c.buildsetid, builds.c.builderid, builds.c.number)
        .join(requests, requests.c.id == builds.c.buildrequestid)
        .where(requests.c.buildsetid.in_(buildsets))
    ).fetchall()
    last = {
        builder: connection.execute(
            sa.select(sa.func.max(builds.c.number)).where(builds.c.builderid == builder)
        ).scalar()
        for builder in {row.builderid for row in found}
    }
    return {row.buildsetid for row in found if row.number == last[row.builderid]}


def _needed(connection: Any, model: Any, buildsets: Sequence[int], planned: Collection[str]) -> set[int]:
    """Find those that the planner knows, that ended badly, and of which none for the same has ended well since."""
    requests, builders = model.buildrequests, model.builders
    found = connection.execute(
        sa.select(requests.c.id, requests.c.builderid, requests.c.buildsetid)
        .join(builders, builders.c.id == requests.c.builderid)
        .where(requests.c.buildsetid.in_(buildsets), requests.c.results.notin_(GOOD), builders.c.name.in_([*planned]))
    ).fetchall()
    return {row.buildsetid for row in found if not _went_well_since(connection, model, *row)}


def _went_well_since(connection: Any, model: Any, request: int, builder: int, buildset: int) -> bool:
    requests, values = model.buildrequests, model.buildset_properties
    query = sa.select(requests.c.id).where(
        requests.c.builderid == builder, requests.c.id > request, requests.c.results.in_(GOOD)
    )
    asked = connection.execute(
        sa.select(values.c.property_name, values.c.property_value).where(
            values.c.buildsetid == buildset, values.c.property_name.in_(NAMES)
        )
    ).fetchall()
    for name, value in asked:
        same = values.alias()
        begin = f"[{json.dumps(json.loads(value)[0])}, "  # the value, before who has set it
        query = query.join(same, same.c.buildsetid == requests.c.buildsetid).where(
            same.c.property_name == name, same.c.property_value.startswith(begin, autoescape=True)
        )
    return connection.execute(query.limit(1)).first() is not None


def _remove(connection: Any, model: Any, buildsets: Sequence[int]) -> None:
    def numbers(column: Any, among: Any, wanted: Sequence[int]) -> list[int]:
        return list(connection.execute(sa.select(column).where(among.in_(wanted))).scalars())

    def delete(column: Any, wanted: Any) -> None:
        connection.execute(column.table.delete().where(column.in_(wanted)))

    requests = numbers(model.buildrequests.c.id, model.buildrequests.c.buildsetid, buildsets)
    builds = numbers(model.builds.c.id, model.builds.c.buildrequestid, requests)
    # Of these there are thousands: they are left to the database to find.
    steps = sa.select(model.steps.c.id).where(model.steps.c.buildid.in_(builds))
    delete(model.logchunks.c.logid, sa.select(model.logs.c.id).where(model.logs.c.stepid.in_(steps)))
    delete(model.logs.c.stepid, steps)
    delete(model.steps.c.buildid, builds)
    delete(model.build_properties.c.buildid, builds)
    delete(model.build_data.c.buildid, builds)
    for parent in (model.buildsets.c.parent_buildid, model.buildsets.c.rebuilt_buildid):
        connection.execute(model.buildsets.update().where(parent.in_(builds)).values({parent.name: None}))
    delete(model.builds.c.id, builds)
    delete(model.buildrequest_claims.c.brid, requests)
    delete(model.buildrequests.c.id, requests)
    delete(model.buildset_properties.c.buildsetid, buildsets)
    delete(model.buildset_sourcestamps.c.buildsetid, buildsets)
    delete(model.buildsets.c.id, buildsets)
