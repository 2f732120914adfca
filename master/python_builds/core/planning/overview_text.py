"""The overview in a terminal: what an operator asks at a glance, on one screen, with where to read on."""

from collections.abc import Iterable, Sequence

from python_builds.core.planning import overview_words as words
from python_builds.core.planning.agenda import FAILED, PENDING, WAITING
from python_builds.core.planning.alerts import shown_as_cells
from python_builds.core.planning.overview import Cell, Host, Overview
from python_builds.core.planning.overview_making import PROFILE
from python_builds.core.planning.plan_report import Line, PlanReport, summary
from python_builds.core.publishing.trials import is_bad
from python_builds.core.upstream.tags import parse_tag, reading_order

SHOWN = 3
"""Builds, failures and the like that are named; of more there is the number."""

PLANNED = 15
"""Lines of a plan, below its head."""

Group = tuple[str, str, tuple[str, ...]]
"""State, words, and builders."""

NAME = 12
"""Characters of the first column."""

MAX_CHARACTERS = 180
"""Of a line, which is two of a narrow terminal; the page has all of it."""


def status_lines(overview: Overview, url: str) -> list[str]:
    """Say what the farm does; `url` is the web UI's, ending in a slash."""
    return [
        *_paragraph("missing", _missing(overview)),
        *_paragraph("failed", _failed(overview, url) or ["nothing"]),
        *_paragraph("overdue", [words.counted(overview.overdue) or "nothing"]),
        *_paragraph("building", _building(overview)),
        *_paragraph("queue", [words.queue_words(overview) + _longest(overview)]),
        *_paragraph("python.org", [words.poll_words(overview)]),
        *_paragraph("today", [_today(overview.today)]),
        *_paragraph("trials", _few(_trials(overview))),
        *_paragraph("paused", _few(overview.seen.paused)),
        *_paragraph("hosts", _few([_host(host) for host in overview.seen.hosts]) or ["none: nothing can be built"]),
        *_paragraph(
            "problem", _few([*overview.seen.problems, *(overview.seen.plan.problems if overview.seen.plan else ())])
        ),
        *_paragraph("alert", _few(_alerts(overview.seen.plan))),
    ]


def plan_lines(found: PlanReport, *, everything: bool = False) -> list[str]:
    """Say what is missing and why: what is alike in one line, and no more lines than a screen has unless asked for."""
    lines = [_line(state, said, tags, where) for (state, said, where), tags in _groups(found.lines).items()]
    lines += [f"  problem    {problem}" for problem in found.problems]
    lines += [f"  alert      {key}" for key in _alerts(found)]
    if not everything and len(lines) > PLANNED:
        lines = [*lines[: PLANNED - 1], f"  and {len(lines) - PLANNED + 1} more lines; `make plan ALL=1` has them"]
    return [f"{summary(found)} (looked at {found.made_at.astimezone():%Y-%m-%d %H:%M:%S})", *lines]


def _groups(lines: Iterable[Line]) -> dict[Group, list[str]]:
    """Put together of which the same is to be said: first the platforms of a version, then versions; failures first."""
    builders: dict[tuple[str, str, str], list[str]] = {}
    for one in sorted(lines, key=lambda line: (FAILED, WAITING, PENDING).index(line.state)):
        builders.setdefault((one.state, _words(one), one.version), []).append(f"{one.platform}-{one.architecture}")
    groups: dict[Group, list[str]] = {}
    for (state, said, version), where in builders.items():
        groups.setdefault((state, said, tuple(where)), []).append(version)
    return groups


def _line(state: str, said: str, versions: Sequence[str], builders: Sequence[str]) -> str:
    named = [str(tag) for tag in reading_order(map(parse_tag, versions))]
    what = ", ".join(named) if len(named) <= SHOWN else f"{len(named)} releases ({named[0]} … {named[-1]})"
    where = ", ".join(builders) if len(builders) <= SHOWN else f"{len(builders)} platforms"
    return f"  {state:<10} {what:<10} {where}{said and f': {said}'}"


def _alerts(plan: PlanReport | None) -> list[str]:
    """Name the alerts that say more than what failed and what is overdue, and those that somebody knows of."""
    if plan is None:
        return []
    places = [(one.version, f"{one.platform}-{one.architecture}") for one in (*plan.lines, *plan.others)]
    said = {key for version, where in places for key in shown_as_cells(version, where, PROFILE)}
    known = plan.acknowledged
    return [f"{key} ({known[key]})" if key in known else key for key in plan.alerts if key in known or key not in said]


def _words(one: Line) -> str:
    """Say why, and when again; the number of the build is no reason of its own where many fail alike."""
    if not one.failures:
        return ""
    times = "once" if one.failures == 1 else f"{one.failures} times"
    reason = one.failure.words if one.failure else one.reason
    if one.failure and one.failure.lacks_image:
        reason = words.LACKS_IMAGE
    if one.state not in (WAITING, FAILED):
        then = ""
    elif one.until is None:
        then = "; left until its inputs change or somebody asks for it"
    else:
        then = f"; again at {one.until.astimezone():%Y-%m-%d %H:%M}"
    return f"failed {times}: {reason}{then}"


def _paragraph(name: str, lines: Iterable[str]) -> list[str]:
    shown = [" ".join(line.split()) for line in lines]
    shown = [line if len(line) <= MAX_CHARACTERS else f"{line[: MAX_CHARACTERS - 1]}…" for line in shown]
    return [f"{name if number == 0 else '':<{NAME}}{line}" for number, line in enumerate(shown)]


def _few(lines: Sequence[str], most: int = SHOWN) -> list[str]:
    return [*lines[:most], *([f"and {len(lines) - most} more"] if len(lines) > most else [])]


def _missing(overview: Overview) -> list[str]:
    plan = overview.seen.plan
    if plan is None:
        return ["the planner has not looked yet; it does soon after the farm has started"]
    if plan.idle or not overview.missing:
        return [summary(plan) if plan.idle else f"nothing: {summary(plan)}"]
    return [summary(plan), words.counted(overview.missing)]


def _failed(overview: Overview, url: str) -> list[str]:
    lines = []
    groups = words.alike(overview.failed, by=lambda cell: (cell.tag, words.reason(cell)))
    for group in groups[:SHOWN]:
        again = words.again_words(group[0], overview.seen.now)
        lines.append(
            f"CPython {group[0].tag} on {words.places(group, 1)}: {words.reason(group[0])}{again and f'; {again}'}"
        )
        lines += [f"{url}{group[0].link}"] if group[0].link else []
    return [*lines, *([f"and {len(groups) - SHOWN} more"] if len(groups) > SHOWN else [])]


def _building(overview: Overview) -> list[str]:
    running = overview.seen.running
    if not running:
        return ["nothing: idle" if not overview.waiting else "nothing"]
    return _few(
        [
            f"{b.builder} #{b.number}{b.what and f' CPython {b.what}'}: {words.running_words(b, overview)}"
            for b in running
        ]
    )


def _longest(overview: Overview) -> str:
    lines = sorted((line for line in overview.seen.queue if line.waiting), key=lambda line: -line.waiting)
    named = ", ".join(f"{line.waiting} {line.builder}" for line in lines[:SHOWN])
    return f": {named}{f' and {len(lines) - SHOWN} more' if len(lines) > SHOWN else ''}" if named else ""


def _today(cells: Sequence[Cell]) -> str:
    return f"{len(cells)} published: {words.counted(cells)}" if cells else "nothing published"


def _trials(overview: Overview) -> list[str]:
    """Say how what is published does with today's updates, what is broken first."""
    trials = overview.seen.plan.trials if overview.seen.plan else {}
    said = [
        (not is_bad(one), f"{builder}: {words.trial_words(one, overview.seen.now)}") for builder, one in trials.items()
    ]
    return [sentence for _, sentence in sorted(said)]


def _host(host: Host) -> str:
    busy = sum(bool(one.container) or one.state.startswith("builds") for one in host.containers)
    trouble = f"; {host.trouble}" if host.trouble else ""
    return f"{host.name} ({host.architecture}): {busy} of {len(host.containers)} busy{trouble}"
