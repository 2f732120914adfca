"""The planner's report: what it saw and what it does about it, for people and for `make plan`."""

import datetime
from collections.abc import Iterable, Mapping

from pydantic import AwareDatetime, BaseModel, ConfigDict

from python_builds.core.planning.agenda import FAILED, MISSING, PENDING, PUBLISHED, WAITING, Item


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
    )


def report(items: Iterable[Item], now: datetime.datetime, **rest: object) -> PlanReport:
    """Write a look down."""
    every = tuple(items)
    missing = [item for item in every if item.state != PUBLISHED]
    values = {"wanted": len(every), "published": len(every) - len(missing), "lines": [line(i) for i in missing]}
    return PlanReport.model_validate({"made_at": now, **values, **rest})


def summary(found: PlanReport) -> str:
    """Say it in a line."""
    if found.idle:
        return f"nothing is built by itself: {found.idle}"
    counts = {state: sum(one.state == state for one in found.lines) for state in (PENDING, WAITING, FAILED)}
    shown = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    return f"{found.wanted} wanted, {found.published} published" + (f", {shown}" if shown else "")


def text(found: PlanReport) -> str:
    """Say it in full."""
    lines = [f"{summary(found)} (looked at {found.made_at.astimezone():%Y-%m-%d %H:%M:%S})"]
    for one in found.lines:
        lines.append(f"  {one.state:<9}  {one.version:<10} {one.platform}-{one.architecture}{_why(one)}")
    lines += [f"  problem: {problem}" for problem in found.problems]
    for key, words in found.alerts.items():
        lines.append(f"  alert: {key}: " + words.replace("\n", "\n    "))
    return "\n".join(lines)


def _why(one: Line) -> str:
    if not one.failures:
        return ""
    times = "once" if one.failures == 1 else f"{one.failures} times"
    if one.state not in (WAITING, FAILED):
        then = ""
    elif one.until is None:
        then = "; left until its inputs change or somebody asks for it"
    else:
        then = f"; again at {one.until.astimezone():%Y-%m-%d %H:%M:%S}"
    return f"  failed {times}: {one.reason}{then}"
