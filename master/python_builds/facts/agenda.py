"""The agenda: what the policy wants, product by product, how far each is, and what is to be asked for now."""

import datetime
import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from packaging.version import Version

from python_builds.facts.artifacts import Product
from python_builds.facts.failures import DAILY, OK, Hold, Inputs, Try, hold
from python_builds.facts.plan import BACKLOG_PRIORITY, Ask, asks, missing, priority
from python_builds.facts.releases import minor

PUBLISHED, ASKED, MISSING, WAITING, FAILED = "published", "asked for", "missing", "waiting", "failed"

Tries = Mapping[Product | Version, Sequence[Try]]
"""Of platform builds by product, of release builds by version."""


@dataclass(frozen=True, kw_only=True)
class Item:
    """One product that is wanted."""

    product: Product
    state: str
    hold: Hold | None = None


@dataclass(frozen=True, kw_only=True)
class Request:
    """One request to make of the `release` builder."""

    ask: Ask
    external_id: str
    """Names what is wanted and which attempt it is: whoever meets it in Buildbot's database has been here before."""
    priority: int


@dataclass(frozen=True, kw_only=True)
class Agenda:
    """What is wanted, and what is to be done about it."""

    items: tuple[Item, ...]
    requests: tuple[Request, ...]


def make_agenda(
    wanted: Iterable[Product],
    builders: Collection[str],
    *,
    published: Collection[Product],
    asked: Collection[Product],
    tries: Tries,
    inputs: Mapping[Product, Inputs],
    waits: Sequence[datetime.timedelta],
    now: datetime.datetime,
) -> Agenda:
    """Compare. One product that fails holds no other back."""
    items = []
    for product in wanted:
        against = None if product in published else _hold(product, tries, inputs, waits)
        items.append(Item(product=product, state=_state(product, published, asked, against, now), hold=against))
    due = missing([item.product for item in items if item.state == MISSING], published=(), asked=())
    latest = _latest(item.product.version for item in items)
    requests = [
        Request(
            ask=ask,
            external_id=_external_id(ask, tries),
            priority=_priority(ask.version, latest),
        )
        for ask in asks(due, builders)
    ]
    return Agenda(items=tuple(items), requests=tuple(sorted(requests, key=lambda r: -r.priority)))


def _state(
    product: Product,
    published: Collection[Product],
    asked: Collection[Product],
    against: Hold | None,
    now: datetime.datetime,
) -> str:
    if product in published:
        return PUBLISHED
    if product in asked:
        return ASKED
    if against is not None and against.holds(now):
        return FAILED if against.given_up else WAITING
    return MISSING


def _hold(
    product: Product, tries: Tries, inputs: Mapping[Product, Inputs], waits: Sequence[datetime.timedelta]
) -> Hold | None:
    """Find what holds a product back for longest: its own failures or its release's."""
    own = hold(tries.get(product, ()), waits, inputs=inputs.get(product))
    release = hold(_failures_of_release(tries.get(product.version, ())), waits, again=DAILY)
    both = [found for found in (own, release) if found is not None]
    forever = datetime.datetime.max.replace(tzinfo=datetime.UTC)
    return max(both, key=lambda h: h.until or forever, default=None)


def _failures_of_release(tries: Sequence[Try]) -> list[Try]:
    """Keep what came after the last one that went well: that one has done all it could."""
    result: list[Try] = []
    for one in sorted(tries, key=lambda t: (t.ended, t.request)):
        result = [] if one.result == OK else [*result, one]
    return result


def _priority(version: Version, latest: Collection[Version]) -> int:
    """Let the back catalogue wait for what somebody waits for."""
    if version.is_prerelease or version in latest:
        return priority(version, rebuild=False)
    return BACKLOG_PRIORITY


def _latest(versions: Iterable[Version]) -> set[Version]:
    finals = sorted(v for v in versions if not v.is_prerelease)
    return set({minor(v): v for v in finals}.values())


def _external_id(ask: Ask, tries: Tries) -> str:
    """Count every try there ever was, so that a number never comes twice."""
    release = sum(one.result != OK for one in tries.get(ask.version, ()))
    counts = [f"{product}#{len(tries.get(product, ()))}" for product in ask.products]
    digest = hashlib.sha256("\n".join([f"release#{release}", *sorted(counts)]).encode()).hexdigest()
    return f"plan/{ask.version}/{digest[:20]}"
