"""Which builder is offered a free worker first: the one whose most urgent request is the most urgent of all.

It is Buildbot's own order. Buildbot asks for it with two queries for each builder whenever a request comes, which for
thousands of requests is most of what asking for them costs; this is one query.
"""

import math
from collections.abc import Sequence
from typing import Any

from twisted.internet import defer

from python_builds.farm.planning import request_rows


@defer.inlineCallbacks
def most_urgent_first(master: Any, builders: Sequence[Any]) -> Any:
    """Sort builders by the highest priority of what waits for each, then by how long it has waited, then by name."""
    ranked = []
    waiting = yield request_rows.waiting(master)
    for builder in builders:
        mine = waiting.get((yield builder.getBuilderId()))
        rank = (-mine.priority, mine.since) if mine else (math.inf, math.inf)
        ranked.append((*rank, builder.name, builder))
    return [builder for *_, builder in sorted(ranked, key=lambda one: one[:3])]
