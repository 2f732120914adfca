"""A past for a master that was never started: what it built, and what waits, written into its database."""

import itertools
import json
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import sqlalchemy as sa
from buildbot.db.model import Model
from buildbot.process.results import FAILURE, SUCCESS
from buildbot.util.sautils import hash_columns

STEPS = 12
"""Of a build; a real one has about thirty."""

ASKED = {"variant": "", "profile": "optimized", "force": False, "retrain": False, "trust": "signed", "planned": True}
LEFT = ("recipe", "source_sha256", "workername", "uploaded", "checked")


@dataclass
class History:
    """Rows to be written, by the name of their table."""

    others: dict[str, int]
    """The ids of what they belong to."""
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))

    def add(self, number: int, builder: int, version: str, result: int) -> None:
        """Add one build, and what had asked for it."""
        at = int(time.time()) - 40_000_000 + number * 1000
        ended = {"submitted_at": at, "complete": 1, "complete_at": at + 900, "results": result}
        self._add_request(number, builder, version, ended)
        self._add_build(number, builder, at, result)

    def add_waiting(self, number: int, builder: int, version: str) -> None:
        """Add a request that nobody has begun."""
        open_still = {"submitted_at": int(time.time()), "complete": 0, "complete_at": None, "results": -1}
        self._add_request(number, builder, version, open_still)

    def _add_request(self, number: int, builder: int, version: str, state: Mapping[str, int | None]) -> None:
        self.rows["buildsets"].append({"id": number, "external_idstring": f"old/{number}", "reason": "old", **state})
        self.rows["buildset_sourcestamps"].append({"buildsetid": number, "sourcestampid": self.others["sourcestamps"]})
        for name, value in {"python_version": version, **ASKED}.items():
            asked = {"property_name": name, "property_value": json.dumps([value, "platforms"])}
            self.rows["buildset_properties"].append({"buildsetid": number, **asked})
        request = {"id": number, "buildsetid": number, "builderid": builder, "priority": 0, "waited_for": 0, **state}
        self.rows["buildrequests"].append(request)

    def _add_build(self, number: int, builder: int, at: int, result: int) -> None:
        times = {"started_at": at, "complete_at": at + 900}
        ids = {"builderid": builder, "workerid": self.others["workers"], "masterid": self.others["masters"]}
        build = {"id": number, "number": number, "buildrequestid": number, **ids, **times, "results": result}
        self.rows["builds"].append({**build, "locks_duration_s": 0, "state_string": "build successful"})
        for name in LEFT:
            value = {"name": name, "value": json.dumps("0" * 64), "source": "Build"}
            self.rows["build_properties"].append({"buildid": number, **value})
        for step in range(STEPS):
            ended = {"results": result if step == STEPS - 1 else SUCCESS, "state_string": "finished", **times}
            about = {"buildid": number, "number": step, "name": f"step {step}", "urls_json": "[]", "hidden": 0}
            self.rows["steps"].append({**about, **ended})


def write_history(
    url: str, builders: Sequence[str], versions: Sequence[str], builds: int, waiting: Mapping[str, int]
) -> None:
    """Write finished builds of versions: one in ten failed, the last of each product went well. And what waits."""
    with sa.create_engine(url).begin() as connection:
        history = History(_others(connection))
        ids = {n: _insert(connection, "builders", name=n, name_hash=hash_columns(n)) for n in {*builders, *waiting}}
        products = list(product(builders, versions))
        for number in range(1, builds + 1):
            builder, version = products[number % len(products)]
            failed = number % 10 == 0 and number + len(products) < builds
            history.add(number, ids[builder], version, FAILURE if failed else SUCCESS)
        left = itertools.chain.from_iterable(itertools.repeat(name, count) for name, count in waiting.items())
        for number, name in enumerate(left, builds + 1):
            history.add_waiting(number, ids[name], f"3.7.{number - builds}")
        for table, rows in history.rows.items():
            connection.execute(sa.insert(getattr(Model, table)), rows)


def _others(connection: sa.Connection) -> dict[str, int]:
    return {
        "masters": _insert(connection, "masters", name="old", name_hash="old", active=0, last_active=1),
        "workers": _insert(connection, "workers", name="old", info={}, paused=0, graceful=0),
        "sourcestamps": _insert(
            connection, "sourcestamps", ss_hash="old", repository="", codebase="", project="", created_at=1
        ),
    }


def _insert(connection: sa.Connection, table: str, **values: object) -> int:
    done = connection.execute(sa.insert(getattr(Model, table)).values(**values).returning(getattr(Model, table).c.id))
    return int(done.scalar_one())
