"""What the overview says in words, on the page and in a terminal alike: times, estimates, the poll, and the reasons."""

import datetime
from collections.abc import Callable, Iterable, Sequence

from python_builds.core.planning.estimates import Running
from python_builds.core.planning.overview import NO_IMAGE, Cell, Overview
from python_builds.core.publishing.trials import Trials, trials_words

LACKS_IMAGE = "its Docker host has no worker image for this build; `make images` there builds one"

MINUTE, HOUR, DAY = 60, 3600, 86400


def lasting(seconds: float) -> str:
    """Write how long something takes, as roughly as people say it."""
    for unit, name in ((365 * DAY, "years"), (30 * DAY, "months"), (2 * DAY, "d"), (2 * HOUR, "h"), (MINUTE, "min")):
        if seconds >= unit:
            size = DAY if name == "d" else HOUR if name == "h" else unit
            count = int(seconds // size)
            return f"{count} {name[:-1] if count == 1 and name.endswith('s') else name}"
    return "less than a minute"


def about(seconds: float) -> str:
    """Write an estimate."""
    return f"about {lasting(seconds)}" if seconds >= MINUTE else lasting(seconds)


def ago(then: datetime.datetime, now: datetime.datetime) -> str:
    """Write how long ago something was."""
    return f"{lasting(max((now - then).total_seconds(), 0))} ago"


def at(then: datetime.datetime, now: datetime.datetime) -> str:
    """Write a time by this machine's clock, with its day unless that is today."""
    here, today = then.astimezone(), now.astimezone().date()
    return f"{here:%H:%M}" if here.date() == today else f"{here:%Y-%m-%d %H:%M}"


def running_words(build: Running, overview: Overview) -> str:
    """Say how far a build is."""
    took = (overview.seen.now - build.began).total_seconds()
    usual = overview.estimates.usual.get(build.builder)
    words = f"{build.step or 'it begins'}, for {lasting(took)}"
    if usual is None:
        return words
    return f"{words}, {about(usual - took)} left" if usual > took else f"{words}, longer than usual"


def queue_words(overview: Overview) -> str:
    """Say how long the queue is."""
    if not overview.waiting:
        return "nothing waits"
    builds = "1 build waits" if overview.waiting == 1 else f"{overview.waiting} builds wait"
    whole = overview.estimates.whole
    return f"{builds}, {about(whole) if whole is not None else 'nobody knows yet how long'}"


def poll_words(overview: Overview) -> str:
    """Say how the last poll of python.org went."""
    seen, found = overview.seen, overview.seen.releases
    if not seen.polls:
        return "not polled: python.org is none of this farm's sources"
    if found is None or (found.last_success is None and not found.failures):
        return "not polled yet"
    last = ago(found.last_success, seen.now) if found.last_success else "never"
    if not found.failures:
        return f"polled {last}, all went well"
    again = f"; again at {at(found.next_try_at, seen.now)}" if found.next_try_at else ""
    times = "once" if found.failures == 1 else f"{found.failures} times"
    good = "none ever went well" if found.last_success is None else f"the last good one was {last}"
    return f"the poll failed {times}, {good}{again}: {found.last_problem or 'it did not say why'}"


def trial_words(found: Trials, now: datetime.datetime) -> str:
    """Say how what is published on a platform does with today's updates."""
    return f"{trials_words(found)}, looked at {ago(found.looked_at, now)}"


def reason(cell: Cell) -> str:
    """Say why something failed so that what is alike on many platforms is said once."""
    return LACKS_IMAGE if cell.state == NO_IMAGE else cell.words


def again_words(cell: Cell, now: datetime.datetime) -> str:
    """Say when a failed build is tried again."""
    if not cell.has_failed or cell.published:
        return ""
    if cell.until is None:
        return "left until its inputs change or somebody asks for it"
    return f"again at {at(cell.until, now)}" if cell.until > now else "again now"


def alike(cells: Iterable[Cell], *, by: Callable[[Cell], object]) -> list[list[Cell]]:
    """Put cells together of which the same is to be said."""
    found: dict[object, list[Cell]] = {}
    for cell in cells:
        found.setdefault(by(cell), []).append(cell)
    return list(found.values())


def places(cells: Sequence[Cell], most: int = 3) -> str:
    """Name where cells are, or how many there are."""
    if len(cells) <= most:
        return ", ".join(cell.where for cell in cells)
    return f"{len(cells)} platforms"


def counted(cells: Iterable[Cell], most: int = 3) -> str:
    """Name releases with where they are, as in "3.14.2 on 9 platforms, 3.13.1 on debian-12-amd64 and 3 more"."""
    groups = alike(cells, by=lambda cell: cell.tag)
    named = [f"{group[0].tag} on {places(group, 1)}" for group in groups[:most]]
    more = f" and {len(groups) - most} more" if len(groups) > most else ""
    return ", ".join(named) + more
