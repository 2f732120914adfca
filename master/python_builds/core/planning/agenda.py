"""The agenda: what the policy wants, product by product, how far each is, and what is to be asked for now."""

import datetime
import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from python_builds.core.planning.back_off import DAILY, OK, Attempt, BackOff, Inputs, back_off
from python_builds.core.planning.plan import BACKLOG_PRIORITY, Request, missing, priority, split_into_requests
from python_builds.core.publishing.artifacts import Product
from python_builds.core.upstream.releases import minor
from python_builds.core.upstream.tags import VARIANTS, Tag

PUBLISHED, PENDING, MISSING, WAITING, FAILED = "published", "asked for", "missing", "waiting", "failed"

Attempts = Mapping[Product | Tag, Sequence[Attempt]]
"""Of platform builds by product, of release builds by version and variant."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """One product that is wanted."""

    product: Product
    state: str
    back_off: BackOff | None = None


@dataclass(frozen=True, kw_only=True)
class PlannedRequest:
    """One request that the planner makes of the `release` builder."""

    request: Request
    external_id: str
    """Names what is wanted and which attempt it is: whoever meets it in Buildbot's database has been here before."""
    priority: int


@dataclass(frozen=True, kw_only=True)
class Agenda:
    """What is wanted, and what is to be done about it."""

    items: tuple[Item, ...]
    requests: tuple[PlannedRequest, ...]


def make_agenda(
    wanted: Iterable[Product],
    builders: Collection[str],
    *,
    published: Collection[Product],
    pending: Collection[Product],
    attempts: Attempts,
    inputs: Mapping[Product, Inputs],
    delays: Sequence[datetime.timedelta],
    now: datetime.datetime,
) -> Agenda:
    """Compare. One product that fails holds no other back."""
    items = []
    for product in wanted:
        against = None if product in published else _back_off(product, attempts, inputs, delays)
        items.append(Item(product=product, state=_state(product, published, pending, against, now), back_off=against))
    due = missing([item.product for item in items if item.state == MISSING], published=(), pending=())
    latest = _latest(item.product.tag for item in items)
    requests = [
        PlannedRequest(
            request=request,
            external_id=_external_id(request, attempts),
            priority=_priority(request.tag, latest),
        )
        for request in split_into_requests(due, builders)
    ]
    return Agenda(items=tuple(items), requests=tuple(sorted(requests, key=lambda r: -r.priority)))


def _state(
    product: Product,
    published: Collection[Product],
    pending: Collection[Product],
    against: BackOff | None,
    now: datetime.datetime,
) -> str:
    if product in published:
        return PUBLISHED
    if product in pending:
        return PENDING
    if against is not None and against.holds(now):
        return FAILED if against.given_up else WAITING
    return MISSING


def _back_off(
    product: Product, attempts: Attempts, inputs: Mapping[Product, Inputs], delays: Sequence[datetime.timedelta]
) -> BackOff | None:
    """Find what holds a product back for longest: its own failures or its release's."""
    own = back_off(attempts.get(product, ()), delays, inputs=inputs.get(product))
    release = back_off(_failures_of_release(product.tag, attempts), delays, again=DAILY)
    both = [found for found in (own, release) if found is not None]
    forever = datetime.datetime.max.replace(tzinfo=datetime.UTC)
    return max(both, key=lambda h: h.until or forever, default=None)


def _failures_of_release(tag: Tag, attempts: Attempts) -> list[Attempt]:
    """Keep what came after the last one that went well: that one has done all it could.

    Each variant's are counted for themselves, as both are asked for at once. Both want the same source, so what went
    well for one went well for the other.
    """
    every = [(one, variant) for variant in VARIANTS for one in attempts.get(Tag(tag.version, variant), ())]
    result: list[Attempt] = []
    for one, variant in sorted(every, key=lambda pair: (pair[0].ended, pair[0].request)):
        if one.result == OK:
            result = []
        elif variant == tag.variant:
            result.append(one)
    return result


def _priority(tag: Tag, latest: Collection[Tag]) -> int:
    """Let the back catalogue wait for what somebody waits for."""
    if tag.is_prerelease or tag in latest:
        return priority(tag.version)
    return BACKLOG_PRIORITY


def _latest(tags: Iterable[Tag]) -> set[Tag]:
    finals = sorted(tag for tag in tags if not tag.is_prerelease)
    return set({(minor(tag.version), tag.variant): tag for tag in finals}.values())


def _external_id(request: Request, attempts: Attempts) -> str:
    """Name the last attempt at each, whose number never comes twice: old attempts may be gone from the database."""
    release = max((one.request for one in attempts.get(request.tag, ()) if one.result != OK), default=0)
    last = [f"{p}#{max((one.request for one in attempts.get(p, ())), default=0)}" for p in request.products]
    digest = hashlib.sha256("\n".join([f"release#{release}", *sorted(last)]).encode()).hexdigest()
    return f"plan/{request.tag}/{digest[:20]}"
