"""Which builder is offered a free worker first: the one whose most urgent request is the most urgent of all.

It is Buildbot's own order. Buildbot asks for it with two queries for each builder whenever a request comes, which for
thousands of requests is most of what asking for them costs; this is one query. And a builder that can start nothing is
left out: to see that it cannot, Buildbot would read all that waits for it. It comes back by itself, since whatever
changes that, a request that comes or a worker that is free again, makes Buildbot ask anew.
"""

from collections.abc import Sequence
from typing import Any

from twisted.internet import defer

from python_builds.farm.planning import request_rows


@defer.inlineCallbacks
def most_urgent_first(master: Any, builders: Sequence[Any]) -> Any:
    """Sort those that can start a build by the highest priority that waits, then by how long it has, then by name."""
    ready = [builder for builder in builders if builder.getAvailableWorkers()]
    waiting = (yield request_rows.waiting(master)) if ready else {}
    ranked = []
    for builder in ready:
        mine = waiting.get((yield builder.getBuilderId()))
        if mine is not None:
            ranked.append((-mine.priority, mine.since, builder.name, builder))
    return [builder for *_, builder in sorted(ranked, key=lambda one: one[:3])]
