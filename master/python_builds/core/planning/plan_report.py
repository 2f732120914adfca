"""The planner's report: what it saw and what it does about it, for people and for `make plan`."""

import datetime
from collections.abc import Collection, Iterable, Mapping

from pydantic import AwareDatetime, BaseModel, ConfigDict

from python_builds.core.planning.agenda import FAILED, MISSING, PENDING, PUBLISHED, WAITING, Attempts, Item
from python_builds.core.planning.alert_ends import Acknowledged
from python_builds.core.planning.alerts import last_failures
from python_builds.core.planning.back_off import Failure
from python_builds.core.publishing.artifacts import Product
from python_builds.core.publishing.trials import Trials


class Line(BaseModel):
    """One product that is wanted and not published."""

    model_config = ConfigDict(frozen=True)

    version: str
    platform: str
    architecture: str
    state: str
    failures: int = 0
    reason: str = ""
    until: AwareDatetime | None = None
    failure: Failure | None = None
    """The last one, for whoever shows it apart."""


class PlanReport(BaseModel):
    """One look."""

    model_config = ConfigDict(frozen=True)

    made_at: AwareDatetime
    idle: str = ""
    """Why nothing is built by itself; empty where it is."""
    wanted: int = 0
    published: int = 0
    lines: tuple[Line, ...] = ()
    problems: tuple[str, ...] = ()
    """What could not be looked at."""
    alerts: Mapping[str, str] = {}
    by_builder: Mapping[str, tuple[str, ...]] = {}
    """All that is wanted, published or not: tags."""
    asked: Mapping[str, tuple[str, ...]] = {}
    """What unfinished requests will make, whoever asked: tags by builder."""
    others: tuple[Line, ...] = ()
    """What failed at the last try though it is published or nobody wants it: somebody asked for it."""
    acknowledged: Mapping[str, Acknowledged] = {}
    """Who knows of which alert, at the time of reading; behind the words of the alert it is said, too."""
    without_image: Mapping[str, str] = {}
    """Builders for which nothing is planned, as no Docker host has their image: what is lacking, and what to do."""
    trials: Mapping[str, Trials] = {}
    """What trials of what is published came to, by builder."""


def line(item: Item) -> Line:
    """Write an item down."""
    product, back_off = item.product, item.back_off
    return Line(
        version=str(product.tag),
        platform=product.platform.name,
        architecture=product.architecture,
        # What is missing is asked for right after the look.
        state=PENDING if item.state == MISSING else item.state,
        failures=back_off.failures if back_off else 0,
        reason=back_off.reason if back_off else "",
        until=back_off.until if back_off and item.state in (WAITING, FAILED) else None,
        failure=back_off.failure if back_off else None,
    )


def report(
    items: Iterable[Item], now: datetime.datetime, *, pending: Iterable[Product], attempts: Attempts, **rest: object
) -> PlanReport:
    """Write a look down; `pending` and `attempts` are of the profile that is planned."""
    every = tuple(items)
    missing = [item for item in every if item.state != PUBLISHED]
    values = {
        "wanted": len(every),
        "published": len(every) - len(missing),
        "lines": [line(i) for i in missing],
        "by_builder": _by_builder(item.product for item in every),
        "asked": _by_builder(pending),
        "others": _others(attempts, {item.product for item in missing}),
    }
    return PlanReport.model_validate({"made_at": now, **values, **rest})


def _by_builder(products: Iterable[Product]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for product in sorted(products, key=lambda p: p.tag):
        found.setdefault(product.builder, []).append(str(product.tag))
    return found


def _others(attempts: Attempts, missing: Collection[Product]) -> list[Line]:
    return [
        Line(
            version=str(what.tag),
            platform=what.platform.name,
            architecture=what.architecture,
            state=FAILED,
            failures=1,
            reason=last.reason,
            failure=last.failure,
        )
        for what, last in last_failures(attempts).items()
        if isinstance(what, Product) and what not in missing
    ]


def summary(found: PlanReport) -> str:
    """Say it in a line."""
    if found.idle:
        return f"nothing is built by itself: {found.idle}"
    counts = {state: sum(one.state == state for one in found.lines) for state in (PENDING, WAITING, FAILED)}
    shown = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    return f"{found.wanted} wanted, {found.published} published" + (f", {shown}" if shown else "")
